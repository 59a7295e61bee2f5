"""The four-question form for written appraisals, to fill in on paper, in a browser's print, or in a workbook that reads back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import xlsxwriter

from rankkit.errors import Lang, language, writing
from rankkit.report.html import environment
from rankkit.tables.narratives import SECTIONS
from rankkit.tables.people import People

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_COLUMNS = ("narrative", "cycle", "ratee", "ratee_label", "author", "source", "section", "question", "text", "lang")
_WIDTHS = (14, 8, 10, 14, 10, 12, 10, 60, 90, 6)
_QUESTIONS: dict[str, tuple[str, str]] = {
    "should": ("What should have been done? Duties and goals of the period.", "应该做什么？本周期的职责与目标。"),
    "did": (
        "What was done? When, in which situation, with what result; numbers of incidents.",
        "做了什么？时间、情境、结果；相关事件编号。",
    ),
    "why": ("Why did it turn out so? What helped, what hindered.", "为什么？有利与不利的原因。"),
    "improve": ("How is it to be improved? What to do, and by when.", "如何改进？做什么、何时完成。"),
    "free": ("Anything else.", "其他。"),
}
_WORDS: dict[str, tuple[str, str]] = {
    "title": ("Written appraisal", "书面评价表"),
    "hint": (
        "Describe what was done, not what somebody is. No names or numbers of customers.",
        "请写行为，不写性格；不写客户的姓名与号码。",
    ),
    "signed": ("Read and signed", "已阅并签字"),
}


def narrative_form(path: str | Path, people: People | Sequence[str] = (), *, cycle: str = "", lang: Lang | None = None) -> Path:
    """Write the form: a workbook (``.xlsx``) with a row a person and question, or a page (``.html``) to print.

    Filled in, the workbook is read by ``Narratives.from_frame(pandas.read_excel(path, dtype=str, engine="calamine"))``.

    Parameters
    ----------
    path : path-like
        Where to write; its ending says what.
    people : People or sequence of str, optional
        Whom the texts are about; one blank form by default.
    cycle : str
        Appraisal period.
    lang : {"en", "zh"}, optional
        Language of the questions; the session's by default.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    SettingsError
        For another ending, or if the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     page = narrative_form(f"{folder}/form.html", ["王雨桐"], lang="zh").read_text(encoding="utf-8")
    >>> "王雨桐" in page, "如何改进" in page
    (True, True)
    """
    chosen = lang or language()
    k = int(chosen == "zh")
    labels = dict(people.labels) if isinstance(people, People) else {str(p): str(p) for p in people}
    whom = list(labels.items()) or [("", "")]
    with writing(path, [".xlsx", ".html"]) as target:
        if target.suffix.lower() == ".html":
            questions = [(s, q[k]) for s, q in _QUESTIONS.items()]
            words = {name: text[k] for name, text in _WORDS.items()}
            page = (
                environment()
                .get_template("narrative_form.html.jinja")
                .render(lang="zh-Hans" if k else "en", people=whom, cycle=cycle, questions=questions, words=words)
            )
            target.write_text(page, encoding="utf-8")
        else:
            _workbook(target, whom, cycle, chosen)
    return target


def _workbook(target: Path, whom: list[tuple[str, str]], cycle: str, lang: Lang) -> None:
    """One row a person and question; the text column is left to be written."""
    with xlsxwriter.Workbook(str(target), dict(_OPTIONS)) as book:
        sheet = book.add_worksheet("narratives")
        head, wrap = book.add_format({"bold": True, "bottom": 1}), book.add_format({"text_wrap": True, "valign": "top"})
        for column, (name, width) in enumerate(zip(_COLUMNS, _WIDTHS, strict=True)):
            sheet.write_string(0, column, name, head)
            sheet.set_column(column, column, width, wrap)
        sheet.freeze_panes(1, 0)
        row = 1
        for ident, label in whom:
            for section in SECTIONS:
                question = _QUESTIONS[section][lang == "zh"]
                cells = (f"N-{ident}" if ident else "", cycle, ident, label, "", "supervisor", section, question, "", lang)
                for column, text in enumerate(cells):
                    sheet.write_string(row, column, text, wrap)
                row += 1
