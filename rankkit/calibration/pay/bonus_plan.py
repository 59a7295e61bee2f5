"""Plan of a bonus: the pool, the reserve for appeals, what each grade is worth, and the bounds of one person's amount."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from rankkit.assessment import Fixed
from rankkit.errors import Problem, SettingsError
from rankkit.tables import money
from rankkit.tables.text import as_text

if TYPE_CHECKING:
    from rankkit.calibration.pay.bonus_allocation import BonusAllocation
    from rankkit.calibration.pay.bonus_grades import Grades
    from rankkit.tables.payroll import Payroll
    from rankkit.tables.people import People

Surplus = Literal["refuse", "reserve"]
Amount = Decimal | int | str | float
_MOST_UNITS = 6


@dataclass(frozen=True, kw_only=True)
class BonusPlan:
    r"""How a pool becomes amounts.

    .. math:: \text{bonus}_i = P \cdot \frac{b_i\, c(g_i)\, m_i/12}{\sum_j b_j\, c(g_j)\, m_j/12}

    of base pay b, the coefficient c of the grade and months m, between a floor and a cap where there are any
    (:func:`~rankkit.kernels.grading.water_filling.water_filling`). All of it in exact arithmetic: money is text, Decimal or a whole
    number, cents go by largest remainder, equal remainders to the larger claim, then by ``tiebreak``. What is still equal gets
    the same cents; the few cents too few for everybody stay in the reserve. The order of rows or names decides nothing.

    Parameters
    ----------
    pool : Decimal, int or str
        What is divided. A float means the decimal it prints as, and is refused if that is finer than a cent.
    reserve : Decimal, int or str
        Money *outside* the pool from which successful appeals are paid, so that nobody else's amount changes.
    coefficients : mapping of grade to number
        What a grade is worth, best grade first; 0 for grades without a bonus.
    cap, floor : number or str, optional
        Most and least of one person with a claim: a multiple of base pay, or the column of the payroll with amounts (a blank cell
        = none). Neither is reduced by months.
    surplus : {"refuse", "reserve"}
        What happens where the caps cannot hold the pool: it is refused in numbers, or what is left goes to the reserve.
    tiebreak : sequence of str
        Columns of the payroll (numbers or dates) that decide who gets a cent where claims are equal: the smaller value first, or the
        larger for a column with "-" before its name.
    currency : str
        Code of the currency, for reports.
    minor_units : int
        Decimals of the currency: 2 for cents or 分, 0 for yen.

    Raises
    ------
    SettingsError
        With everything that is wrong with the settings at once.

    See Also
    --------
    rankkit.tables.payroll.Payroll

    Examples
    --------
    >>> import pandas as pd, rankkit as rk
    >>> from rankkit.calibration import BonusPlan
    >>> plan = BonusPlan(pool="100000", reserve="5000", coefficients={"A": "1.5", "B": "1"})
    >>> payroll = pd.DataFrame({"person": ["007", "008"], "base": ["9000", "9000"], "months": [12, 12]})
    >>> given = plan.allocate({"007": "A", "008": "B"}, payroll)
    >>> given.table["amount"].to_dict()
    {'007': Decimal('60000.00'), '008': Decimal('40000.00')}
    >>> given.after_appeal({"008": "A"})
    Traceback (most recent call last):
    ...
    rankkit.errors.PolicyError: the top-ups come to CNY 20,000.00 and the reserve holds CNY 5,000.00: CNY 15,000.00 is missing ...
    """

    pool: Amount
    coefficients: Mapping[str, Amount]
    reserve: Amount = 0
    cap: Amount | None = None
    floor: Amount | None = None
    surplus: Surplus = "refuse"
    tiebreak: Sequence[str] = ()
    currency: str = "CNY"
    minor_units: int = 2

    def __post_init__(self) -> None:
        problems: list[Problem] = []
        units = self.minor_units
        if not isinstance(units, int) or isinstance(units, bool) or not 0 <= units <= _MOST_UNITS:
            problems.append(_setting("minor_units", units, f"0 … {_MOST_UNITS}"))
            units = 2
        fixed: dict[str, Any] = {
            "pool": _amount("pool", self.pool, units, problems, above=True),
            "reserve": _amount("reserve", self.reserve, units, problems),
            "coefficients": _coefficients(self.coefficients, problems),
            "cap": _bound("cap", self.cap, problems),
            "floor": _bound("floor", self.floor, problems),
        }
        if self.surplus not in ("refuse", "reserve"):
            problems.append(_setting("surplus", self.surplus, ["refuse", "reserve"]))
        if isinstance(self.tiebreak, str) or not all(isinstance(c, str) for c in self.tiebreak):
            problems.append(_setting("tiebreak", self.tiebreak, "['column', '-column']"))
        else:
            fixed["tiebreak"] = tuple(self.tiebreak)
        if not isinstance(self.currency, str) or not self.currency.strip():
            problems.append(_setting("currency", self.currency, "CNY, EUR, …"))
        if problems:
            raise SettingsError(problems)
        for name, value in fixed.items():
            object.__setattr__(self, name, value)

    def allocate(
        self,
        grades: Grades,
        payroll: Payroll | People | Any,
        *,
        columns: Mapping[str, str] | None = None,
        excluded: Mapping[str, str] | None = None,
        preview: bool = False,
    ) -> BonusAllocation:
        """Divide the pool.

        Parameters
        ----------
        grades : ForcedDistributionResult, CalibrationSession, DataFrame, Series or mapping
            Grades of people: of a forced distribution, of a closed session (or its export), or a table ``ratee, grade``.
        payroll : Payroll, People or anything :func:`~rankkit.tables.payroll.read_payroll` reads
            ``person, base, months`` and columns of caps.
        columns : mapping, optional
            Our name to the payroll's own name.
        excluded : mapping of person to reason, optional
            Who does not share, and why; they stay in the table with nothing.
        preview : bool
            Whether a session that is still open may be tried out; the allocation says so.

        Returns
        -------
        BonusAllocation

        Raises
        ------
        PolicyError
            One error with every problem: rows of the payroll that cannot be read, people without a grade or without pay, grades
            without a coefficient, caps that cannot hold the pool, floors that exceed it. Also if the ratings behind the grades were
            collected for development only.
        """
        from rankkit.calibration.pay import bonus_allocation  # noqa: PLC0415 - the plan is what the allocation is made of

        return bonus_allocation.allocate(self, grades, payroll, columns=columns, excluded=excluded or {}, preview=preview)

    def cents(self, amount: Decimal) -> int:
        """Whole minor units of an amount."""
        return money.in_minor_units(amount, self.minor_units)

    def money(self, cents: int) -> Decimal:
        """Amount of so many minor units."""
        return money.of_minor_units(cents, self.minor_units)

    def shown(self, cents: int) -> str:
        """Amount of so many minor units, in words of the currency."""
        return money.grouped(self.money(cents), self.currency)

    @property
    def scale(self) -> int:
        """Minor units in one unit of the currency."""
        return int(10**self.minor_units)

    @property
    def pool_cents(self) -> int:
        """The pool in minor units."""
        return self.cents(Decimal(self.pool))

    @property
    def reserve_cents(self) -> int:
        """The reserve in minor units."""
        return self.cents(Decimal(self.reserve))

    def claim(self, base: Decimal, months: Decimal, grade: str) -> Fraction:
        """Claim of a person: base pay · coefficient · months / 12, exactly."""
        return Fraction(base) * Fraction(Decimal(self.coefficients[grade])) * Fraction(months) / 12


def _setting(name: str, value: Any, allowed: Any) -> Problem:
    return Problem("E-SETTING", None, None, None, {"name": name, "value": value, "allowed": allowed})


def _amount(name: str, value: Any, places: int | None, problems: list[Problem], *, above: bool = False) -> Decimal:
    """Read an amount among the settings."""
    found = money.exact_decimal(value, places)
    if found is None:
        problems.append(_setting(name, value, "12345.67"))
    elif isinstance(found, str):
        problems.append(money.fault(found, value, row=None, column=None, name=name, places=places))
    elif found < 0 or (above and not found):
        problems.append(Problem("E-BONUSAMOUNT" if above else "E-BONUSNEGATIVE", None, None, None, {"name": name, "shown": f"{found:f}"}))
    else:
        return found
    return Decimal(1)


def _coefficients(given: Any, problems: list[Problem]) -> Fixed:
    if not isinstance(given, Mapping) or not given:
        problems.append(_setting("coefficients", given, "{'A': '1.5', 'B': '1', …}"))
        return Fixed(())
    before = len(problems)
    read = {as_text(g) or str(g): _amount(f"coefficients[{g!r}]", c, None, problems) for g, c in given.items()}
    if len(read) < len(given):  # the same grade in two spellings
        problems.append(_setting("coefficients", list(map(str, given)), "every grade once"))
    if len(problems) == before and not any(read.values()):
        problems.append(Problem("E-BONUSNOCOEFFICIENTS"))
    return Fixed.of(read)


def _bound(name: str, given: Any, problems: list[Problem]) -> Decimal | str | None:
    """Read a cap or floor: a multiple of base pay, or the name of a column."""
    if given is None:
        return None
    if isinstance(given, str) and money.exact_decimal(given) == "E-NOTANUMBER":
        return given.strip()
    return _amount(name, given, None, problems, above=True)
