"""AppealLog: appeals against grades, from the written reasons to the letter, in an append-only log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rankkit.calibration.appeals import appeal_decisions, appeal_effects, appeal_pack, appeal_steps
from rankkit.calibration.appeals.appeal_evaluation import ReRating
from rankkit.calibration.appeals.appeal_filing import LOG, AppealFiling
from rankkit.calibration.appeals.appeal_pack import BlindPack
from rankkit.calibration.appeals.appeal_people import AppealNames
from rankkit.calibration.appeals.appeal_record import AppealRecord
from rankkit.calibration.appeals.appeal_state import AppealState
from rankkit.calibration.appeals.appeal_steps import When
from rankkit.calibration.event_log.chain import Head
from rankkit.calibration.event_log.event_store import Draft, Event
from rankkit.calibration.event_log.log_export import read_events
from rankkit.errors import Problem
from rankkit.tables.incidents import Incidents


@dataclass(frozen=True)
class Decision:
    """What was proposed for an appeal; it counts once approved.

    Attributes
    ----------
    n : int
        Number of the appeal.
    outcome : str
        ``confirmed, adjusted`` or ``process_defect``.
    grade : str or None
        New grade.
    displaced : tuple of str
        Who would go down (``re_rank`` only); the approval has to name exactly these.
    notes : tuple of Problem
        ``I-APPEALNOWORSE``, ``W-APPEALUNSUPPORTED``, ``W-APPEALSUPPORTED``, ``I-APPEALBEYOND``, ``W-APPEALTOLDAPART``.
    """

    n: int
    outcome: str
    grade: str | None
    displaced: tuple[str, ...] = ()
    notes: tuple[Problem, ...] = ()


class AppealLog(AppealFiling):
    """Appeals in a file; make it with :meth:`create` or :meth:`open`.

    Stages: ``submitted`` → ``accepted`` (or ``rejected``) → ``investigating`` → ``re_evaluated`` → ``decided`` → ``approved`` →
    ``notified`` → ``closed``; ``withdrawn`` by the appellant until something is decided. Steps out of order are refused. The log is
    append-only: a step is taken back by a further event. Several programs may write one file at once.

    Examples
    --------
    >>> import rankkit as rk
    >>> from rankkit import calibration
    >>> scores = rk.GraphicRatingScale().fit(rk.datasets.load("guilford_creativity"))
    >>> grades = rk.ForcedDistribution(shares={"A": 0.3, "B": 0.4, "C": 0.3}, ties="up").fit(scores)
    >>> log = calibration.AppealLog.create(
    ...     None, grades, ["HR"], policy=calibration.AppealPolicy(filing_days=5), calendar=calibration.working_calendar("cn"))
    >>> who = grades.people[0]
    >>> log.deliver(who, "2026-03-02", "signed by hand", by="HR")
    >>> log.submit(who, "evidence_ignored", "Two projects of the spring are missing.", ["project-7"], on="2026-03-09")
    1
    >>> log.case(1)["last_day"], log.case(1)["stage"]
    ('2026-03-09', 'submitted')
    """

    def blind_pack(
        self, appeal: int, by: str, evidence_ids: Sequence[str] = (), incidents: Incidents | None = None, *, on: When = None
    ) -> BlindPack:
        """Make what a re-rater gets: the same evidence, without score, grade, raters or proposals. The log records that it was made.

        Raises
        ------
        SessionError
            As :meth:`admit`; ``E-APPEALPACKEMPTY``, ``E-APPEALPACKLATE`` once somebody has rated.
        """
        made: list[BlindPack] = []

        def build(s: AppealState, n: AppealNames) -> Draft:
            pack = appeal_pack.blind_pack(s, n, appeal_steps.case_of(s, appeal), appeal_steps.listed_ids(evidence_ids), incidents)
            made.append(pack)
            return appeal_steps.pack(s, n, appeal, by, list(pack.evidence.index), pack.sha256, on)

        self._do(build)
        return made[-1]

    def re_rate(
        self,
        appeal: int,
        rater: str,
        score: float,
        *,
        se: float | None = None,
        evidence_ids: Iterable[str] | None = None,
        text: str = "",
        on: When = None,
    ) -> ReRating | None:
        """Record a blind re-rating.

        Parameters
        ----------
        appeal : int
            Number of the appeal.
        rater : str
            Who rates again: not an original rater, supervisor, investigator, relative, nor anybody who voted on or moved the person.
        score : float
            On the scale of the original scores.
        se : float, optional
            Its standard error; the policy's ``rating_se`` by default. Several re-raters need none: their spread tells.
        evidence_ids : iterable of str, optional
            What was looked at, of the pack; all of it by default.
        text : str
            Reasons.
        on : date, datetime or str, optional
            Day.

        Returns
        -------
        ReRating or None
            None until all re-raters have rated.

        Raises
        ------
        SessionError
            ``E-APPEALNOPACK`` before a blind pack was made, ``E-APPEALCONFLICT, E-APPEALRERATED, E-APPEALSTRANGE, E-APPEALSE``.
        """
        self._do(lambda s, n: appeal_steps.re_rate(s, n, appeal, rater, score, se, evidence_ids, text, on))
        return self.re_rating(appeal)

    def decide(
        self, appeal: int, by: str, outcome: str, text: str, grade: str | None = None, *, exception: bool = False, on: When = None
    ) -> Decision:
        """Propose the decision; somebody else approves it.

        Parameters
        ----------
        appeal, by : int and str
            Number of the appeal, and who decides: nobody with a part in it.
        outcome : {"confirmed", "adjusted", "process_defect"}
            The grade stands; another grade; the procedure was at fault (a better grade may follow, and none need to).
        text : str
            The reasons.
        grade : str, optional
            The new grade.
        exception : bool
            Under ``re_rank``: displace nobody this time.
        on : date, datetime or str, optional
            Day.

        Returns
        -------
        Decision

        Raises
        ------
        SessionError
            ``E-APPEALSTEP, E-APPEALCONFLICT, E-APPEALUNHEARD, E-APPEALGRADE, E-REASONSHORT``, and ``E-APPEALWORSE``: nobody loses by
            appealing.
        """
        self._do(lambda s, n: appeal_decisions.decide(s, n, appeal, by, outcome, text, grade, on, exception=exception))
        return self._decision(int(appeal))

    def approve(self, appeal: int, by: str, displaced: Iterable[str] = (), *, on: When = None) -> None:
        """Approve a decision: grades change now. Under ``re_rank`` name exactly who goes down; each has to be told and may appeal.

        Raises
        ------
        SessionError
            ``E-APPEALSTEP, E-APPEALCONFLICT``, ``E-APPEALDISPLACED`` if others would go down than are named.
        """
        self._do(lambda s, n: appeal_decisions.approve(s, n, appeal, by, displaced, on))

    def notify(self, appeal: int, by: str, proof: str, *, on: When = None) -> None:
        """Record that the appellant was told, with the proof.

        Raises
        ------
        SessionError
            ``E-APPEALSTEP``, ``E-APPEALPROOF``.
        """
        self._do(lambda s, n: appeal_decisions.notify(s, n, appeal, by, proof, on))

    def close_case(self, appeal: int, by: str, *, on: When = None) -> None:
        """Close an appeal nothing is left to do of.

        Raises
        ------
        SessionError
            ``E-APPEALSTEP``, ``E-APPEALUNTOLD`` while somebody displaced has not been told.
        """
        self._do(lambda s, n: appeal_decisions.close(s, n, appeal, by, on))

    def withdraw(self, appeal: int, by: str | None = None, text: str = "", *, on: When = None) -> None:
        """Take an appeal back; only the appellant, and before it is decided.

        Raises
        ------
        SessionError
            ``E-APPEALSTEP``, ``E-APPEALOTHER``.
        """
        self._do(lambda s, n: appeal_steps.withdraw(s, n, appeal, by, text, on))

    def undo(self, appeal: int, by: str, reason: str) -> None:
        """Take back the last step of a case by a further event: an admission, rejection, decision or approval nobody was told of.

        Raises
        ------
        SessionError
            ``E-APPEALUNDO`` for any other step, ``E-REASONSHORT``.
        """
        self._do(lambda s, n: appeal_decisions.undo(s, n, appeal, by, reason))

    def _decision(self, appeal: int) -> Decision:
        state, names = self._state, AppealNames(self._state)
        case = state.cases[appeal]
        changes = appeal_effects.changes_of(state, names, case)
        return Decision(
            appeal, case.outcome, case.grade, tuple(sorted(names.id(c[0]) for c in changes if c[3] == "displaced")),
            appeal_effects.notes_of(state, names, case, changes),
        )  # fmt: skip


class ExportedAppeals(AppealRecord):
    """A log of appeals read back from an export; verified.

    Attributes
    ----------
    head : Head
        Number of events and hash of the last.
    """

    def __init__(self, events: Sequence[Event], head: Head) -> None:
        super().__init__(events)
        self.head = head


def read_appeals(path: str | Path, head: Head | str | None = None) -> ExportedAppeals:
    """Read an export of appeals, and check every byte of it; raises as :func:`rankkit.calibration.read_export`."""
    events, found = read_events(path, head, log=LOG)
    return ExportedAppeals(events, found)
