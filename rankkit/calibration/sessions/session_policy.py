"""What a committee agrees on before it meets, and who is in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from rankkit.errors import PolicyError, Problem, SessionError, SettingsError
from rankkit.tables.text import as_text

Phase = Literal["prepare", "discuss", "propose", "ratify", "close"]
PHASES: tuple[Phase, ...] = ("prepare", "discuss", "propose", "ratify", "close")
PHASES_ZH: dict[str, str] = {"prepare": "准备", "discuss": "讨论", "propose": "提议", "ratify": "批准", "close": "结束"}
Role = Literal["member", "chair", "observer"]


@dataclass(frozen=True, kw_only=True)
class SessionPolicy:
    """Rules of a session, fixed when it is created.

    Parameters
    ----------
    reason_length : int
        Fewest characters of a reason, 20 by default and never fewer.
    clear : float
        Probability of the given grade from which a case counts as clear. Clear cases whose votes all agree with the grade are
        ratified together, without discussion.
    evidence : {"warn", "require"}
        Whether a move without evidence is taken with a warning, or refused.
    quorum : int, optional
        How many members must ratify before the session can be closed; all by default.
    law : str
        Jurisdiction whose words impact is described in, see :func:`rankkit.calibration.adverse_impact.jurisdiction.names`.
    version : str
        Version of the written policy the committee works under.

    Raises
    ------
    PolicyError
        If a rule is impossible.

    Examples
    --------
    >>> SessionPolicy(quorum=3).clear
    0.9
    """

    reason_length: int = 20
    clear: float = 0.9
    evidence: Literal["warn", "require"] = "warn"
    quorum: int | None = None
    law: str = "none"
    version: str = ""

    def __post_init__(self) -> None:
        bad = []
        if isinstance(self.reason_length, bool) or not isinstance(self.reason_length, int) or not 20 <= self.reason_length <= 2000:
            bad.append(Problem("E-SETTING", None, None, None, {"name": "reason_length", "value": self.reason_length, "allowed": "20–2000"}))
        if not isinstance(self.clear, (int, float)) or not 0.5 <= self.clear <= 1:
            bad.append(Problem("E-SETTING", None, None, None, {"name": "clear", "value": self.clear, "allowed": "0.5–1"}))
        if self.evidence not in ("warn", "require"):
            bad.append(Problem("E-SETTING", None, None, None, {"name": "evidence", "value": self.evidence, "allowed": ["warn", "require"]}))
        if self.quorum is not None and (isinstance(self.quorum, bool) or not isinstance(self.quorum, int) or self.quorum < 1):
            bad.append(Problem("E-SETTING", None, None, None, {"name": "quorum", "value": self.quorum, "allowed": "1, 2, …"}))
        if bad:
            raise PolicyError(bad)

    def record(self) -> dict[str, Any]:
        """As the log keeps it."""
        return {**asdict(self), "clear": repr(float(self.clear))}

    @classmethod
    def of_record(cls, record: Mapping[str, Any]) -> Self:
        """Read what the log keeps."""
        known = {f.name for f in fields(cls)}
        return cls(**{**{k: v for k, v in record.items() if k in known}, "clear": float(record["clear"])})


@dataclass(frozen=True, kw_only=True)
class Participant:
    """Somebody who takes part.

    Parameters
    ----------
    id : str
        Staff number, the same as in the grades if the participant is graded too.
    label : str
        Display name; the id by default.
    role : {"member", "chair", "observer"}
        With a chair, only the chair moves the session to its next phase. Observers watch.
    family : sequence of str
        Ids of close relatives among the people graded: the participant takes no part in their cases.

    Examples
    --------
    >>> Participant(id="m1", label="王伟", family=("e07",)).role
    'member'
    """

    id: str
    label: str = ""
    role: Role = "member"
    family: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.role not in ("member", "chair", "observer"):
            raise SettingsError("E-SETTING", name="role", value=self.role, allowed=["member", "chair", "observer"])
        ident = as_text(self.id)
        if ident is None:
            raise SettingsError("E-SETTING", name="id", value=self.id, allowed="text")
        family: Any = [self.family] if isinstance(self.family, str) else self.family  # type: ignore[unreachable]
        object.__setattr__(self, "id", ident)
        object.__setattr__(self, "label", as_text(self.label) or ident)
        object.__setattr__(self, "family", tuple(t for t in map(as_text, family) if t is not None))


def as_participants(given: Iterable[str | Participant]) -> tuple[Participant, ...]:
    """Read participants: ids, or :class:`Participant`.

    Raises
    ------
    SettingsError
        If there is none, one twice, or something else; or two chairs.
    """
    listed = [given] if isinstance(given, (str, Participant)) else list(given)
    found = tuple(p if isinstance(p, Participant) else Participant(id=p) for p in listed)
    if not any(p.role != "observer" for p in found):
        raise SessionError("E-NOPARTICIPANTS")
    twice = sorted({p.id for p in found if sum(q.id == p.id for q in found) > 1})
    if twice:
        raise SettingsError("E-PARTICIPANTTWICE", who=twice)
    if sum(p.role == "chair" for p in found) > 1:
        raise SettingsError("E-SETTING", name="role", value="chair, chair", allowed="one chair")
    return found
