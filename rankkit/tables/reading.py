"""Files and frames into validated tables: the public ``read_…`` functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from rankkit.errors import DataError, SettingsError
from rankkit.tables import grade_words
from rankkit.tables.attributes import Attributes
from rankkit.tables.comparisons import Comparisons
from rankkit.tables.incidents import Incidents
from rankkit.tables.narratives import Narratives
from rankkit.tables.people import People
from rankkit.tables.rankings import Rankings
from rankkit.tables.ratings import Ratings
from rankkit.tables.sheets import read_sheet, with_rows

T = TypeVar("T")


def read_ratings(
    source: Any,
    columns: Mapping[str, str] | None = None,
    scale: tuple[float, float] | None = None,
    *,
    words: Mapping[str, float] | str | None = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Ratings:
    """Read ratings: one row says who rated whom, on what, how high.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        csv, tsv, txt, xlsx, xls, ods or parquet file, or a frame of any engine.
    columns : mapping, optional
        Our column name to the file's own: ``{"rater": "评价人", "ratee": "姓名", "score": "得分"}``. Needed are ``rater,
        ratee, score``; ``dimension, source, cycle, order, ratee_label, rater_label`` may be there.
    scale : (float, float), optional
        Lowest and highest score of the form; a score outside is an error.
    words : mapping or str, optional
        Grade words and the number each stands for, or the name of a set in :mod:`rankkit.tables.grade_words`.
    encoding : str, optional
        Of a text file, where the detected one is wrong.
    sheet : str or int, optional
        Of a workbook.

    Returns
    -------
    Ratings
        Validated; ``notes`` says what was read how.

    Raises
    ------
    RatingsError
        With every problem of the table: row, column, value and fix.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"评价人": ["r1", "r2"], "姓名": ["王伟", "王伟"], "得分": ["优秀", "良好"]})
    >>> table = read_ratings(frame, {"rater": "评价人", "ratee": "姓名", "score": "得分"}, (1, 5), words="quality5")
    >>> table.score.tolist()
    [5.0, 4.0]
    """
    return read_as(Ratings, source, columns, encoding, sheet, scale=scale, words=known_words(words))


def read_comparisons(
    source: Any,
    columns: Mapping[str, str] | None = None,
    *,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Comparisons:
    """Read paired comparisons: ``winner, loser`` or ``left, right, outcome``, perhaps ``rater, dimension, count``.

    ``outcome`` is ``left``, ``right``, ``tie`` or ``skip``, or 左优, 右优, 相当, 未判断.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`read_ratings`.
    columns : mapping, optional
        Our column name to the file's own.
    encoding : str, optional
        Of a text file.
    sheet : str or int, optional
        Of a workbook.

    Returns
    -------
    Comparisons
        Validated.

    Raises
    ------
    ComparisonsError
        With every problem of the table.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> read_comparisons(pd.DataFrame({"胜": ["甲"], "负": ["乙"]}), {"winner": "胜", "loser": "负"}).people
    ('乙', '甲')
    """
    return read_as(Comparisons, source, columns, encoding, sheet)


def read_rankings(
    source: Any,
    columns: Mapping[str, str] | None = None,
    *,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Rankings:
    """Read rankings: ``rater, ratee, rank`` (1 = best), perhaps ``dimension``, and how it was done: ``status, pick, end, forced``.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`read_ratings`.
    columns : mapping, optional
        Our column name to the file's own.
    encoding : str, optional
        Of a text file.
    sheet : str or int, optional
        Of a workbook.

    Returns
    -------
    Rankings
        Validated.

    Raises
    ------
    RankingsError
        With every problem of the table.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"rater": ["r1", "r1"], "ratee": ["007", "008"], "rank": [1, 2]})
    >>> read_rankings(frame).people
    ('007', '008')
    """
    return read_as(Rankings, source, columns, encoding, sheet)


def read_people(
    source: Any,
    columns: Mapping[str, str] | None = None,
    *,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> People:
    """Read organisational facts: ``person`` and perhaps ``label, unit, manager, level``.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`read_ratings`.
    columns : mapping, optional
        Our column name to the file's own.
    encoding : str, optional
        Of a text file.
    sheet : str or int, optional
        Of a workbook.

    Returns
    -------
    People
        Validated; protected attributes among the columns are refused.

    Raises
    ------
    PeopleError
        With every problem of the table.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> len(read_people(pd.DataFrame({"工号": ["007"], "部门": ["客服"]}), {"person": "工号", "unit": "部门"}))
    1
    """
    return read_as(People, source, columns, encoding, sheet)


def read_attributes(
    source: Any,
    columns: Mapping[str, str] | None = None,
    *,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Attributes:
    """Read protected attributes: ``person, attribute, value``; no scoring call accepts them.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`read_ratings`.
    columns : mapping, optional
        Our column name to the file's own.
    encoding : str, optional
        Of a text file.
    sheet : str or int, optional
        Of a workbook.

    Returns
    -------
    rankkit.tables.attributes.Attributes
        Validated.

    Raises
    ------
    PeopleError
        With every problem of the table.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"person": ["007", "008"], "attribute": ["group", "group"], "value": ["a", "b"]})
    >>> len(read_attributes(frame))
    2
    """
    return read_as(Attributes, source, columns, encoding, sheet)


def read_incidents(
    source: Any,
    columns: Mapping[str, str] | None = None,
    *,
    as_of: Any = None,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Incidents:
    """Read a log of incidents: ``ratee, occurred_on, valence`` or ``effectiveness``, and perhaps who wrote it, when, and the words.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`read_ratings`.
    columns : mapping, optional
        Our column name to the file's own.
    as_of : date, optional
        The day of reading; later dates are refused.
    encoding, sheet
        As :func:`read_people`.

    Returns
    -------
    Incidents

    Raises
    ------
    DataError
        With every problem of the table.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"工号": ["007"], "日期": ["2026-03-01"], "效价": [1]})
    >>> read_incidents(frame, {"ratee": "工号", "occurred_on": "日期", "valence": "效价"})
    <Incidents: 1 of 1 people, 2026-03-01 to 2026-03-01>
    """
    return read_as(Incidents, source, columns, encoding, sheet, as_of=as_of)


def read_narratives(
    source: Any,
    columns: Mapping[str, str] | None = None,
    *,
    encoding: str | None = None,
    sheet: str | int | None = None,
) -> Narratives:
    """Read texts about people: ``narrative, ratee, section, text`` and perhaps ``author, source, cycle, lang``.

    Parameters
    ----------
    source : path-like, DataFrame, or any frame narwhals supports
        As :func:`read_ratings`.
    columns : mapping, optional
        Our column name to the file's own.
    encoding, sheet
        As :func:`read_people`.

    Returns
    -------
    Narratives

    Raises
    ------
    DataError
        With every problem of the table.
    ReadingError
        If the file cannot be read as a table.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"narrative": ["n1"], "ratee": ["007"], "section": ["did"], "text": ["Answered 40 calls a day."]})
    >>> len(read_narratives(frame))
    1
    """
    return read_as(Narratives, source, columns, encoding, sheet)


def known_words(words: Mapping[str, float] | str | None) -> Mapping[str, float] | None:
    """Look up a set of grade words by name.

    Parameters
    ----------
    words : mapping, str or None
        Words and numbers, the name of a set, or nothing.

    Returns
    -------
    mapping or None
        Words and numbers.

    Raises
    ------
    SettingsError
        If there is no such set.

    Examples
    --------
    >>> known_words("letters5") == {"A": 5, "B": 4, "C": 3, "D": 2, "E": 1}
    True
    """
    if words is None or isinstance(words, Mapping):
        return words
    if isinstance(words, str):
        return dict(grade_words.words(words))
    raise SettingsError("E-SETTING", name="words", value=type(words).__name__, allowed="a mapping or a name")


def read_as(
    cls: type[T],
    source: Any,
    columns: Mapping[str, str] | None,
    encoding: str | None,
    sheet: str | int | None,
    **more: Any,
) -> T:
    """Read a table of one kind; one that is validated already comes back as it is.

    An error gets the rows of the spreadsheet, so that the marked sheet has the same ones.
    """
    if isinstance(source, cls) and columns is None and all(v is None for v in more.values()):
        return source
    kind: Any = cls
    found = read_sheet(source, encoding=encoding, sheet=sheet)
    try:
        made = kind.from_frame(found.frame, columns=columns, source_name=found.name, row_numbers=found.row_numbers, **more)
    except DataError as e:
        e.table = with_rows(found)
        raise
    # facts about people keep no notes
    table: T = replace(made, notes=(*found.notes, *made.notes)) if hasattr(made, "notes") else made
    return table
