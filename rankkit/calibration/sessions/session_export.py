"""A session read back from its export."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rankkit.calibration.event_log.chain import Head
from rankkit.calibration.event_log.log_export import read_events
from rankkit.calibration.sessions.session_record import SessionRecord


class ExportedSession(SessionRecord):
    """A session read back from an export; verified.

    Attributes
    ----------
    head : Head
        Number of events and hash of the last.
    """

    def __init__(self, events: Sequence[Any], head: Head) -> None:
        super().__init__(events)
        self.head = head


def read_export(path: str | Path, head: Head | str | None = None) -> ExportedSession:
    """Read an export of a session, and check every byte of it.

    Parameters
    ----------
    path : path-like
        Written by :meth:`rankkit.calibration.sessions.session.CalibrationSession.export`.
    head : Head or str, optional
        A head printed or kept elsewhere.

    Returns
    -------
    ExportedSession

    Raises
    ------
    ReadingError
        ``E-FILE`` if there is none, ``E-EXPORT`` if a line is not what an export writes, ``E-OTHERLOG`` if it is not of a session.
    SessionError
        As :meth:`~rankkit.calibration.event_log.event_store.EventStore.verify`.
    """
    return ExportedSession(*read_events(path, head))
