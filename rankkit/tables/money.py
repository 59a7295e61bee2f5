"""Exact decimal numbers as people and spreadsheets write them: read from their text, never through a float's bits."""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from typing import Any, Literal

from rankkit.errors import Problem
from rankkit.tables.text import as_text

Fault = Literal["E-PERCENT", "E-NOTANUMBER", "E-DECIMALS"]
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d{1,2})?")
_LONGEST = 20  # digits before the point that any money has


def exact_decimal(cell: Any, places: int | None = None) -> Decimal | Fault | None:
    """Read one number exactly as it is written.

    Parameters
    ----------
    cell : object
        Text (``"12345.67"``, ``"12,345.67"``, full-width digits), Decimal, whole number, or a float, which means the decimal it
        prints as: 0.1 is a tenth, and 0.1 + 0.2 is 0.30000000000000004, which has too many decimals for money.
    places : int, optional
        Most decimals allowed; any by default.

    Returns
    -------
    Decimal, str or None
        The number; the code of what is wrong with it (``E-PERCENT``, ``E-NOTANUMBER``, ``E-DECIMALS``); ``None`` where blank.

    Examples
    --------
    >>> exact_decimal("１２,345.60", 2), exact_decimal(0.1 + 0.2, 2), exact_decimal("150%"), exact_decimal(" ")
    (Decimal('12345.60'), 'E-DECIMALS', 'E-PERCENT', None)
    """
    if isinstance(cell, Decimal):
        if cell.is_nan():
            return None
        cell = f"{cell:f}"
    text = as_text(cell)
    if text is None:
        return None
    text = text.replace("−", "-")
    if text.endswith("%"):
        return "E-PERCENT"
    if not (_NUMBER.fullmatch(text) or _GROUPED.fullmatch(text)):
        return "E-NOTANUMBER"
    number = text.replace(",", "")
    whole, _, part = number.partition(".")
    if len(whole.lstrip("-0")) > _LONGEST:
        return "E-NOTANUMBER"
    if places is not None and len(part.rstrip("0")) > places:
        return "E-DECIMALS"
    return Decimal(number)


def fault(code: Fault, cell: Any, *, row: int | None, column: str | None, name: str = "", places: int | None = None) -> Problem:
    """Say what is wrong with a number.

    Parameters
    ----------
    code : str
        As :func:`exact_decimal` gave it.
    cell : object
        The cell.
    row, column : int and str, optional
        Where it stands.
    name : str
        What the number is, where it is no cell of a table.
    places : int, optional
        Decimals allowed.

    Returns
    -------
    Problem

    Examples
    --------
    >>> fault("E-PERCENT", "150%", row=3, column="base").message("en")
    "is a percentage ('150%')"
    """
    shown = f"{cell:f}" if isinstance(cell, Decimal) and cell.is_finite() else str(cell)
    column = name or column
    return Problem(code, row, column, None, {"shown": f"'{shown}'", "places": places})


def in_minor_units(amount: Decimal, places: int) -> int:
    """Whole cents of an amount that has no more decimals than the currency.

    >>> in_minor_units(Decimal("12.30"), 2)
    1230
    """
    return int(Fraction(amount) * 10**places)


def of_minor_units(cents: int, places: int) -> Decimal:
    """Amount of so many cents, with the decimals of the currency.

    >>> of_minor_units(1230, 2)
    Decimal('12.30')
    """
    return Decimal(cents).scaleb(-places)


def rounded(value: Fraction, *, up: bool) -> int:
    """Whole part of an exact fraction, or the next whole number above it.

    >>> rounded(Fraction(7, 2), up=True), rounded(Fraction(7, 2), up=False), rounded(Fraction(4), up=True)
    (4, 3, 4)
    """
    return -(-value.numerator // value.denominator) if up else value.numerator // value.denominator


def grouped(amount: Decimal, currency: str = "") -> str:
    """Write an amount with thousands separators.

    >>> grouped(Decimal("1234567.50"), "CNY")
    'CNY 1,234,567.50'
    """
    return f"{currency} {amount:,f}".strip()
