"""Where a calibration session stands, for the committee while it meets: the same facts in a notebook and in a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rankkit.calibration.sessions.session_record import SessionRecord
from rankkit.errors import Lang, language
from rankkit.report import session_grids, session_page
from rankkit.report.plain import aligned
from rankkit.report.session_page import phrase, section

if TYPE_CHECKING:
    from rankkit.report.grids import Grid
    from rankkit.tables.attributes import Attributes

_MOVES, _CASES = 10, 12  # rows that can be read at a glance


@dataclass(frozen=True, eq=False, repr=False)
class LiveView:
    """A session as it stands; shown as a page in a notebook, as text elsewhere.

    Attributes
    ----------
    session : SessionRecord
        What is shown.
    sections : list of (str, str, Grid or None)
        Heading, sentence and table.
    lang : {"en", "zh"}
        Language.
    """

    session: SessionRecord
    sections: list[tuple[str, str, Grid | None]]
    lang: Lang

    def _repr_html_(self) -> str:
        return session_page.render("session_live.html.jinja", self.session, self.lang, sections=self.sections)

    def __repr__(self) -> str:
        colon, stop = ("：", "。") if self.lang == "zh" else (": ", ".")
        facts = [f"{name}{colon}{value}" for name, value in session_page.facts_of(self.session, self.lang)]
        title = self.session.title or phrase("untitled", self.lang)
        lines = [title, (" · ").join(facts)]
        lines += [
            f"- {begun}{stop}{'' if self.lang == 'zh' else ' '}{fix}".rstrip()
            for begun, fix in session_page.notes_of(self.session, self.lang)
        ]
        for heading, text, grid in self.sections:
            lines += ["", f"== {heading} ==", *([text] if text else []), *([columns(grid)] if grid else [])]
        return "\n".join(lines)


def columns(grid: Grid) -> str:
    """Set a table in columns; Chinese characters are two wide."""
    rows = [[cell.text for cell in row] for row in grid.rows]
    return "\n".join(aligned([h.text for h in grid.headings], rows, [h.number for h in grid.headings]))


def view(session: SessionRecord, *, attributes: Attributes | None = None, lang: Lang | None = None) -> LiveView:
    """Show where a session stands.

    Parameters
    ----------
    session : SessionRecord
        A session, an export, or a state of one.
    attributes : Attributes, optional
        Adds how groups fare at both ends, before and after each move; the session keeps nothing of it.
    lang : {"en", "zh"}, optional
        Language; the session's by default.

    Returns
    -------
    LiveView
    """
    lang = lang or language()
    sections = [section("quota", lang, session_grids.quota(session, lang))]
    if session.phase != "prepare":
        sections.append(session_page.agenda_section(session, lang, _CASES))
    sections += [
        section("managers", lang, session_grids.before_after(session, lang), phrase("managers_say", lang, level="95 %")),
        section("move_log", lang, session_grids.moves(session, lang, _MOVES)),
    ]
    if session.state.standing:
        sections.append(section("moved_cuts", lang, session_grids.moved_cuts(session, lang, _MOVES), phrase("moved_cuts_say", lang)))
    sections.append(section("boundary", lang, session_grids.boundary(session, lang, _MOVES)))
    if attributes is not None:
        moved = session_grids.moves_and_groups(session.impact_of_moves(attributes), lang, 3 * _MOVES)
        sections.append(section("impact", lang, session_grids.impact(session.impact(attributes), lang), phrase("impact_say", lang)))
        sections.append(section("impact_moves", lang, moved, phrase("impact_moves_say", lang)))
    return LiveView(session, sections, lang)
