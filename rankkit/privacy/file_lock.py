"""A lock on an open file that the operating system holds and drops with the program: it cannot go stale."""

from __future__ import annotations

import errno
import os
import sys

_HELD = frozenset({errno.EACCES, errno.EAGAIN, errno.EWOULDBLOCK, errno.EDEADLK})
_FAR = 1 << 40  # where Windows locks a byte, so that reading the file stays possible


def lock(descriptor: int) -> bool:
    """Take the lock of an open file, without waiting.

    Parameters
    ----------
    descriptor : int
        Of a file open for writing; closing it gives the lock up.

    Returns
    -------
    bool
        False if another program holds it. On systems and network drives that know no locks, True.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryFile() as file:
    ...     lock(file.fileno())
    True
    """
    try:
        _system_lock(descriptor)
    except OSError as error:
        return error.errno not in _HELD
    return True


if sys.platform == "win32":

    def _system_lock(descriptor: int) -> None:
        """Lock one byte far behind the end."""
        import msvcrt  # noqa: PLC0415 - there is none elsewhere

        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)

else:

    def _system_lock(descriptor: int) -> None:
        """Lock the file, as this opening of it."""
        try:
            import fcntl  # noqa: PLC0415 - some systems have none
        except ImportError:
            return
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
