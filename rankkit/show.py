"""The one module that looks upward: results ask it for pictures, reports and workbooks, and it imports them only then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from pandas import DataFrame

    from rankkit.errors import Lang, RankkitError
    from rankkit.privacy.audience import Audience
    from rankkit.privacy.policy import DisclosurePolicy
    from rankkit.tables.incidents import Incidents
    from rankkit.tables.narratives import Narratives
    from rankkit.tables.people import People


class Shown:
    """What can be looked at: plots, reports, workbooks, and how it prints."""

    def plot(self, kind: str | None = None, ax: Axes | None = None, **options: Any) -> Axes:
        """Draw it; an unknown ``kind`` is answered with the list of those that exist."""
        return plot(self, kind, ax, **options)

    def plot_data(self, kind: str | None = None, **options: Any) -> Any:
        """Return the exact numbers and labels a plot shows."""
        return plot_data(self, kind, **options)

    def to_report(
        self,
        path: str | Path,
        audience: Audience = "committee",
        lang: Lang = "en",
        ratee: str | None = None,
        key: bytes | None = None,
        *,
        manager: str | None = None,
        people: People | DataFrame | None = None,
        use: str | None = None,
    ) -> Path:
        """Write a self-contained HTML report for an audience, in English or Chinese, through the disclosure audit.

        Parameters
        ----------
        path : path-like
            Where to write.
        audience : {"committee", "hr", "manager", "ratee", "research"}
            A ratee sees the own row only, a manager the own team; research sees pseudonyms. Single protected ratings are seen by
            none of them.
        lang : {"en", "zh"}
            Language.
        ratee : str, optional
            Whose report it is; needed for ``audience="ratee"``.
        key : bytes, optional
            Secret of the pseudonyms; a random one, thrown away, by default.
        manager : str, optional
            Whose team it is; needed for ``audience="manager"``, with ``people``.
        people : People or DataFrame, optional
            Who reports to whom (column ``manager``).
        use : {"development", "administration", "research"}, optional
            What it is for: refused if protected data were collected for something else.

        Returns
        -------
        pathlib.Path
            The file written.

        Raises
        ------
        DisclosureError
            If the audience is a ratee or a manager and nobody says which.
        PolicyError
            If the use is refused.
        """
        team = _team(audience, manager, people)
        return report(self, path, audience=audience, lang=lang, ratee=ratee, key=key, team=team, use=use)

    def to_excel(
        self,
        path: str | Path,
        audience: Audience = "committee",
        lang: Lang = "en",
        ratee: str | None = None,
        key: bytes | None = None,
        *,
        manager: str | None = None,
        people: People | DataFrame | None = None,
        use: str | None = None,
    ) -> Path:
        """Write an Excel workbook for an audience; parameters as :meth:`to_report`."""
        team = _team(audience, manager, people)
        return workbook(self, path, audience=audience, lang=lang, ratee=ratee, key=key, team=team, use=use)

    def __repr__(self) -> str:
        return as_text(self)

    def _repr_html_(self) -> str:
        return as_html(self)


class ShownOfPeople(Shown):
    """What can also be told to one person at a time."""

    def to_feedback(
        self,
        path: str | Path,
        ratee: str,
        lang: Lang = "en",
        *,
        incidents: Incidents | None = None,
        narratives: Narratives | None = None,
        comments: Mapping[str, Sequence[str]] | None = None,
        goals: DataFrame | None = None,
        policy: DisclosurePolicy | None = None,
        use: str | None = None,
    ) -> Path:
        """Write the feedback report of one person, for that person and the conversation about it.

        Standing with interval and rank set, groups of raters as far as they may be shown, blind spots and hidden strengths where
        the difference is reliable, incidents, the four questions of the interview (should, did, why, improve) with what the data
        say to each, and a table of goals.

        Parameters
        ----------
        path : path-like
            The file to write (``.html``).
        ratee : str
            Whose it is.
        lang : {"en", "zh"}
            Language.
        incidents : Incidents, optional
            Those about this person are listed, of authors whose group is not protected (``author_source``; without it, all).
        narratives : Narratives, optional
            Answers to the four questions; those of the person and of groups that are not protected are quoted.
        comments : mapping of group to sequence of str, optional
            Free comments, one a rater; shown from ``min_comments`` on, shuffled, without dates.
        goals : DataFrame, optional
            ``goal`` and perhaps ``measure, due, support``; empty rows are left for the conversation.
        policy : DisclosurePolicy, optional
            For texts; the result brings its own for numbers.
        use : str, optional
            What the report is for; refused if the ratings were collected for something else.

        Returns
        -------
        pathlib.Path
            The file written.

        Raises
        ------
        SettingsError
            If there is no such person or language, or the file cannot be written.
        PolicyError
            If the use is refused.
        """
        given = {"incidents": incidents, "narratives": narratives, "comments": comments, "goals": goals, "policy": policy}
        return feedback(self, path, ratee, {k: v for k, v in given.items() if v is not None}, lang=lang, use=use)


def _team(audience: Audience, manager: str | None, people: People | DataFrame | None) -> tuple[str, ...] | None:
    """Find whom a manager may read about."""
    if audience != "manager":
        return None
    from rankkit.privacy.audience import team_of

    return team_of(manager, people)


def plot(subject: Any, kind: str | None = None, ax: Axes | None = None, **options: Any) -> Axes:
    """Draw a result, a comparison of methods or a design."""
    from rankkit import plot as plotting

    return plotting.draw(subject, kind, ax=ax, **options)


def plot_data(subject: Any, kind: str | None = None, **options: Any) -> Any:
    """Return the numbers and labels a plot shows."""
    from rankkit import plot as plotting

    return plotting.data(subject, kind, **options)


def report(subject: Any, path: str | Path, **options: Any) -> Path:
    """Write an HTML report."""
    from rankkit.report import html

    return html.write(subject, Path(path), **options)


def feedback(subject: Any, path: str | Path, ratee: str, material: Mapping[str, Any], **options: Any) -> Path:
    """Write the report of one person."""
    from rankkit.report import feedback_page

    return feedback_page.write(subject, Path(path), ratee, feedback_page.Material(**material), **options)


def workbook(subject: Any, path: str | Path, **options: Any) -> Path:
    """Write an Excel workbook."""
    from rankkit.report import excel

    return excel.write(subject, Path(path), **options)


def scale_card(card: Any, path: str | Path, **options: Any) -> Path:
    """Write the printable card of a behaviourally anchored rating scale."""
    from rankkit.report import scale_card as cards

    return cards.write(card, Path(path), **options)


def session_report(session: Any, path: str | Path, **options: Any) -> Path:
    """Write the final report of a calibration session."""
    from rankkit.report import session_page

    return session_page.write(session, Path(path), **options)


def appeals_report(log: Any, path: str | Path, **options: Any) -> Path:
    """Write the committee's summary of appeals."""
    from rankkit.report import appeals_page

    return appeals_page.write(log, Path(path), **options)


def appeal_letter(log: Any, path: str | Path, appeal: int, **options: Any) -> Path:
    """Write the letter an appellant gets."""
    from rankkit.report import appeal_letter as letters

    return letters.write(log, Path(path), appeal, **options)


def appeals_html(log: Any) -> str:
    """Show a log of appeals in a notebook."""
    from rankkit.report import appeals_page

    return appeals_page.live(log)


def session_view(session: Any, **options: Any) -> Any:
    """Show where a calibration session stands."""
    from rankkit.report import session_view as views

    return views.view(session, **options)


def bonus_report(allocation: Any, path: str | Path, **options: Any) -> Path:
    """Write the page of a bonus allocation."""
    from rankkit.report import bonus_page

    return bonus_page.write(allocation, Path(path), **options)


def bonus_workbook(allocation: Any, path: str | Path, **options: Any) -> Path:
    """Write the workbook of a bonus allocation."""
    from rankkit.report import bonus_workbook as book

    return book.write(allocation, Path(path), **options)


def bonus_html(allocation: Any) -> str:
    """Show a bonus allocation in a notebook."""
    from rankkit.report import bonus_page

    return bonus_page.live(allocation)


def bonus_text(allocation: Any) -> str:
    """Show a bonus allocation in a terminal."""
    from rankkit.report import bonus_page

    return bonus_page.text(allocation)


def reserve_text(advice: Any) -> str:
    """Show an advice on the reserve in a terminal."""
    from rankkit.report import bonus_page

    return bonus_page.advice_text(advice)


def proposal_report(proposal: Any, path: str | Path, **options: Any) -> Path:
    """Write the page of a proposal."""
    from rankkit.report import proposal_page

    return proposal_page.write(proposal, Path(path), **options)


def proposal_workbook(proposal: Any, path: str | Path, **options: Any) -> Path:
    """Write the workbook of a proposal."""
    from rankkit.report import proposal_page

    return proposal_page.workbook(proposal, Path(path), **options)


def proposal_html(proposal: Any) -> str:
    """Show a proposal in a notebook."""
    from rankkit.report import proposal_page

    return proposal_page.live(proposal)


def proposal_text(proposal: Any) -> str:
    """Show a proposal in a terminal."""
    from rankkit.report import proposal_page

    return proposal_page.text(proposal)


def as_html(subject: Any) -> str:
    """Show a result in a notebook."""
    from rankkit.report import notebook

    return notebook.html(subject)


def as_text(subject: Any) -> str:
    """Show a result in a terminal."""
    from rankkit.report import plain

    return plain.text(subject)


def write_marked_sheet(error: RankkitError, path: Path) -> Path:
    """Write the user's sheet back with the bad cells marked."""
    from rankkit.tables import workbook as sheets

    return sheets.write_marked_sheet(error, path)


def load_result_types() -> None:
    """Import every method, so that archives of their results can be read."""
    from rankkit import methods

    for name in methods.HOME:
        methods.named(name)
