"""Clearance: the one way from a subject to a reader.

What reports, workbooks, notebooks and terminals write is a :class:`Released`, and only :func:`clear` makes one: it asks the
subject for the form an audience may see, so that no writer ever holds the exact scores of protected ratings.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Generic, Protocol, TypeVar, final, get_args, runtime_checkable

from rankkit.errors import DisclosureError, SettingsError
from rankkit.privacy.audience import Audience
from rankkit.privacy.policy import require_purpose

S = TypeVar("S")
_SEAL = object()


@runtime_checkable
class Releasable(Protocol):
    """Something that knows what of itself an audience may see."""

    def for_audience(self, audience: Audience, /) -> Any:
        """Return a copy without what the audience must not see."""


@final
class Released(Generic[S]):
    """A subject in the form one audience may see; made by :func:`clear` alone.

    Attributes
    ----------
    subject : object
        The result, comparison, findings or table, cut to the audience.
    audience : str
    ratee : str or None
        Whose report it is, for a ratee.
    team : tuple of str or None
        Whom it is about, for a manager.

    Raises
    ------
    DisclosureError
        ``E-UNCLEARED`` if anything but :func:`clear` makes one.
    """

    __slots__ = ("audience", "ratee", "subject", "team")
    subject: S
    audience: Audience
    ratee: str | None
    team: tuple[str, ...] | None

    def __init__(self, seal: object, subject: S, audience: Audience, ratee: str | None, team: tuple[str, ...] | None) -> None:
        if seal is not _SEAL:
            raise DisclosureError("E-UNCLEARED")
        for name, value in (("subject", subject), ("audience", audience), ("ratee", ratee), ("team", team)):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise DisclosureError("E-UNCLEARED")

    def __reduce__(self) -> Any:
        raise DisclosureError("E-UNCLEARED")  # a copy from elsewhere would be one that nothing cleared

    def __repr__(self) -> str:
        return f"<Released: {type(self.subject).__name__} for {self.audience}>"


def clear(
    subject: S, audience: Audience, *, ratee: str | None = None, team: Collection[str] | None = None, use: str | None = None
) -> Released[S]:
    """Clear a subject for an audience.

    Parameters
    ----------
    subject : Result, MethodComparison, Findings, …
        Anything with ``for_audience`` is asked for its own form; anything else holds nothing protected.
    audience : {"ratee", "manager", "committee", "hr", "research"}
        Who will read it.
    ratee : str, optional
        Whose report it is; needed for ``ratee``.
    team : collection of str, optional
        Ids of the team; needed for ``manager``.
    use : str, optional
        What it is for; refused if the data were collected for something else.

    Returns
    -------
    Released

    Raises
    ------
    SettingsError
        If there is no such audience.
    DisclosureError
        ``E-AUDIENCE``, ``E-TEAM`` if nobody says whose report it is.
    PolicyError
        ``E-POLICY`` if the use is another than what the data were collected for.
    """
    if audience not in get_args(Audience):
        raise SettingsError("E-SETTING", name="audience", value=audience, allowed=list(get_args(Audience)))
    if audience == "ratee" and ratee is None:
        raise DisclosureError("E-AUDIENCE")
    if audience == "manager" and team is None:
        raise DisclosureError("E-TEAM")
    if use is not None:
        require_purpose(getattr(subject, "purpose", None), use)
    shown: Any = subject.for_audience(audience) if isinstance(subject, Releasable) else subject
    return Released(_SEAL, shown, audience, ratee if audience == "ratee" else None, tuple(team) if audience == "manager" and team else None)
