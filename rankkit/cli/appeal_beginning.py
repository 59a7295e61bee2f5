"""What `rankkit appeal open` reads: the grades, the rules, the calendar, and who acts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rankkit.cli.options import named_columns, named_numbers

if TYPE_CHECKING:
    from rankkit.calibration import AppealLog, WorkingCalendar

_STEPS = ("admission", "investigation", "re_rating", "decision", "approval", "notice")


def begin(path: Path, session: Path | None, grades: Path | None, options: Mapping[str, Any]) -> AppealLog:
    """Make the log the options ask for.

    Parameters
    ----------
    path : Path
        The new file.
    session, grades : Path or None
        The one of them that is given.
    options : mapping
        Of the command.

    Returns
    -------
    AppealLog
    """
    from rankkit.calibration import AppealLog, AppealPolicy, CalibrationSession
    from rankkit.result import Result
    from rankkit.tables import reading

    columns = named_columns(options["columns"]) or None
    people = None if options["people"] is None else reading.read_people(options["people"], columns)
    ratings = None if options["ratings"] is None else reading.read_ratings(options["ratings"])
    policy = AppealPolicy(
        evidence=options["evidence"],
        version=options["policy_version"],
        filing_days=options["filing_days"], effects=options["effects"], re_raters=options["re_raters"], rating_se=options["rating_se"],
        **_step_days(options["step_days"]),
    )  # fmt: skip
    basis: Any = Result.from_json(grades) if grades is not None else CalibrationSession.open(session or "", write=False)
    more: dict[str, Any] = {"policy": policy, "calendar": calendar(options["calendar"]), "people": people, "ratings": ratings}
    return AppealLog.create(path, basis, staff(options["staff"], options["family"]), title=options["title"], **more)


def calendar(name: str) -> WorkingCalendar:
    """Read a calendar: one that comes along, weekends alone, or a table."""
    from rankkit.calibration import WorkingCalendar, working_calendar

    if name == "weekends":
        return WorkingCalendar.weekends()
    return WorkingCalendar.from_table(Path(name)) if Path(name).suffix else working_calendar(name)


def _step_days(text: str) -> dict[str, Any]:
    """Read admission=3,decision=5."""
    found = named_numbers(text) if text else {}
    strange = [k for k, v in found.items() if k not in _STEPS or v != int(v)]
    if strange:
        raise click.UsageError(f"{', '.join(strange)}: {', '.join(f'{s}=DAYS' for s in _STEPS)}")
    return {f"{k}_days": int(v) for k, v in found.items()}


def staff(given: tuple[str, ...], family: tuple[str, ...]) -> list[Any]:
    """Read ID=NAME and STAFF:PERSON."""
    from rankkit.calibration import Participant

    related: dict[str, list[str]] = {}
    for pair in family:
        who, colon, person = pair.partition(":")
        if not (who and colon and person):
            raise click.UsageError(f"{pair!r}: STAFF:PERSON")
        related.setdefault(who, []).append(person)
    out = []
    for text in given:
        ident, _, label = text.partition("=")
        out.append(Participant(id=ident, label=label, family=tuple(related.pop(ident, ()))))
    if related:
        raise click.UsageError(f"{', '.join(related)}: STAFF:PERSON")
    return out
