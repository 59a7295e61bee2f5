"""A bonus pool divided, and what successful appeals are paid from the reserve: nobody else's amount ever changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import pandas as pd

from rankkit import show
from rankkit.assessment import Fixed
from rankkit.calibration.pay import bonus_archive, bonus_intake
from rankkit.calibration.pay.bonus_intake import Share
from rankkit.calibration.pay.bonus_plan import BonusPlan
from rankkit.errors import DisclosureError, Lang, PolicyError, Problem, SettingsError, writing
from rankkit.kernels.grading.water_filling import water_filling
from rankkit.tables.money import rounded

if TYPE_CHECKING:
    from rankkit.calibration.pay.bonus_reserve import Rate, ReserveAdvice

BonusAudience = Literal["hr", "ratee"]


@dataclass(frozen=True)
class TopUp:
    """What a better grade on appeal brings.

    Attributes
    ----------
    ratee, from_grade, to_grade : str
        Whose, from which grade to which.
    before, after, amount : Decimal
        Paid so far, due now, and the difference, which comes from the reserve.
    reserve_left : Decimal
        The reserve after it; negative where it does not hold enough.
    """

    ratee: str
    from_grade: str
    to_grade: str
    before: Decimal
    after: Decimal
    amount: Decimal
    reserve_left: Decimal


@dataclass(frozen=True, eq=False, repr=False)
class BonusAllocation:
    """A pool divided by a :class:`~rankkit.calibration.pay.bonus_plan.BonusPlan`.

    Attributes
    ----------
    plan : BonusPlan
        What it follows.
    shares : tuple of Share
        Everybody, by id: grade, pay, claim, bounds.
    cents : tuple of int
        Minor units of each from the pool.
    bound : tuple of str
        ``"floor"`` or ``"cap"`` where that decides the amount.
    level : Fraction
        Minor units for one unit of claim (base · coefficient · months / 12): fixed by this allocation for every later appeal.
    kept, surplus : int
        Minor units equal remainders could not share, and what the caps left: both stay in the reserve.
    awarded : mapping of ratee to grade
        Grades after successful appeals.
    preview : bool
        Whether the grades were not final.
    source : str
        Where the grades come from; the head of a session.
    notes : tuple of Problem
        What to keep in mind.
    """

    plan: BonusPlan
    shares: tuple[Share, ...]
    cents: tuple[int, ...]
    bound: tuple[str, ...]
    level: Fraction
    kept: int = 0
    surplus: int = 0
    awarded: Mapping[str, str] = field(default_factory=lambda: Fixed(()))
    preview: bool = False
    source: str = ""
    notes: tuple[Problem, ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """Ids of everybody, sorted."""
        return tuple(s.person for s in self.shares)

    @property
    def rate(self) -> Fraction:
        """Money for one unit of claim, exactly."""
        return self.level / self.plan.scale

    @property
    def table(self) -> pd.DataFrame:
        """One row a person, indexed by ``ratee``.

        ``label, grade, base, coefficient, months, share`` (of all claims), ``amount`` (from the pool), ``capped, floored,
        new_grade`` (after an appeal), ``top_up`` (from the reserve), ``total, reason`` (why somebody does not share). Money is Decimal.
        """
        whole = sum((s.claim for s in self.shares), Fraction(0))
        top_ups = self._top_ups
        rows = []
        for share, cents, bound in zip(self.shares, self.cents, self.bound, strict=True):
            top_up = top_ups.get(share.person, 0)
            rows.append(
                {
                    "label": share.label,
                    "grade": share.grade or None,
                    "base": share.base,
                    "coefficient": self.plan.coefficients.get(share.grade),
                    "months": share.months,
                    "share": float(share.claim / whole),
                    "amount": self.plan.money(cents),
                    "capped": bound == "cap",
                    "floored": bound == "floor",
                    "new_grade": self.awarded.get(share.person),
                    "top_up": self.plan.money(top_up),
                    "total": self.plan.money(cents + top_up),
                    "reason": share.excluded,
                }
            )
        frame = pd.DataFrame(rows, index=pd.Index(list(self.people), name="ratee", dtype=object), dtype=object)
        return frame.astype({"share": "float64", "capped": "bool", "floored": "bool"})

    @property
    def totals(self) -> pd.Series:
        """Pool, what of it is paid, kept and left by caps; the reserve, what of it is spent and left. All add up to the cent."""
        plan, spent = self.plan, sum(self._top_ups.values())
        cents = {
            "pool": plan.pool_cents,
            "paid": sum(self.cents),
            "kept": self.kept,
            "surplus": self.surplus,
            "reserve": self._reserve,
            "topped_up": spent,
            "reserve_left": self._reserve - spent,
        }
        return pd.Series({name: plan.money(c) for name, c in cents.items()}, name="amount", dtype=object)

    @property
    def by_grade(self) -> pd.DataFrame:
        """Indexed by ``grade``: ``n, coefficient, amount`` of all, ``capped`` how many."""
        rows = []
        for grade, coefficient in self.plan.coefficients.items():
            mine = [(c, b) for s, c, b in zip(self.shares, self.cents, self.bound, strict=True) if s.grade == grade and not s.excluded]
            total = self.plan.money(sum(c for c, _ in mine))
            rows.append(
                {"grade": grade, "n": len(mine), "coefficient": coefficient, "amount": total, "capped": sum(b == "cap" for _, b in mine)}
            )
        return pd.DataFrame(rows).set_index("grade")

    @property
    def reserve_left(self) -> Decimal:
        """What is left of the reserve, with what stayed of the pool."""
        return self.plan.money(self._reserve - sum(self._top_ups.values()))

    @property
    def _reserve(self) -> int:
        return self.plan.reserve_cents + self.kept + self.surplus

    @property
    def _top_ups(self) -> dict[str, int]:
        """Minor units above the pool's amount of everybody whose appeal succeeded."""
        place = {p: k for k, p in enumerate(self.people)}
        return {p: self._more(self.shares[place[p]], self.cents[place[p]], grade) for p, grade in self.awarded.items()}

    def due(self, share: Share, grade: str) -> int:
        """Minor units a person would be due under a grade at the rate of this allocation, rounded up."""
        if share.base is None or share.months is None:
            return 0
        claim = self.plan.claim(share.base, share.months, grade)
        if not claim:
            return 0
        cents = max(rounded(self.level * claim, up=True), share.floor)
        return cents if share.cap is None else min(cents, share.cap)

    def _more(self, share: Share, cents: int, grade: str) -> int:
        if share.base is None or share.months is None or self.plan.claim(share.base, share.months, grade) <= share.claim:
            return 0
        return max(self.due(share, grade) - cents, 0)

    def top_up(self, ratee: str, grade: str) -> TopUp:
        r"""What a grade on appeal would bring; nothing is changed.

        The person gets what the *original* allocation paid a unit of claim, so nobody else's amount changes:

        .. math:: \min\{u, \max\{l, \lambda\, b\, c(g_\text{new})\, m/12\}\}

        with the rate λ of the allocation (:attr:`rate`), rounded up to the cent so that nobody upheld has less than a colleague of
        equal claim. A lower grade leaves the amount as it was: an appeal makes nobody worse off.

        Raises
        ------
        PolicyError
            If there is no such person, the person has no pay, or the grade has no coefficient.
        """
        problems = self._unknown(ratee, grade)
        if problems:
            raise PolicyError(problems)
        k = self.people.index(ratee)
        share, cents = self.shares[k], self.cents[k]
        paid = self._top_ups.get(ratee, 0)
        due = max(self._more(share, cents, grade), paid)
        held, money = self.awarded.get(ratee, share.grade), self.plan.money
        left = self._reserve - sum(self._top_ups.values()) - (due - paid)
        return TopUp(ratee, held, grade, money(cents + paid), money(cents + due), money(due - paid), money(left))

    def after_appeal(self, upheld: Mapping[str, str] | pd.Series) -> Self:
        """Pay successful appeals from the reserve.

        Parameters
        ----------
        upheld : mapping or Series of ratee to grade
            Grades after the appeals (of an appeal log: ``final.loc[final["by"] == "appeal", "grade"]``); giving them again changes
            nothing. A grade worth less than the one held changes nothing, and a note says so.

        Returns
        -------
        BonusAllocation
            With the top-ups; everybody else's amount is untouched.

        Raises
        ------
        PolicyError
            With everybody unknown and every grade without a coefficient; or ``E-BONUSRESERVE`` with what is missing and what can be
            done, if the reserve does not hold enough. The pool is never divided anew.
        """
        given = {str(ratee): str(grade) for ratee, grade in upheld.items()}
        problems = [p for ratee, grade in given.items() for p in self._unknown(ratee, grade)]
        if problems:
            raise PolicyError(problems)
        worth = self.plan.coefficients
        shares = dict(zip(self.people, self.shares, strict=True))
        better, notes = dict(self.awarded), list(self.notes)
        for ratee, grade in given.items():
            held = self.awarded.get(ratee, shares[ratee].grade)
            known = Decimal(worth[held]) if held in worth and not (shares[ratee].excluded and ratee not in self.awarded) else None
            if known is not None and Decimal(worth[grade]) < known:
                notes.append(Problem("I-BONUSNOWORSE", None, None, None, {"who": shares[ratee].label, "grade": grade}))
            else:
                better[ratee] = grade
        after = replace(self, awarded=Fixed.of(dict(sorted(better.items()))), notes=tuple(notes))
        top_ups, shown = after._top_ups, self.plan.shown  # noqa: SLF001 - its own kind
        spent, held_back = sum(top_ups.values()), self._reserve
        if spent > held_back:
            who = [f"{shares[r].label} {shown(cents)}" for r, cents in top_ups.items() if cents]
            raise PolicyError("E-BONUSRESERVE", needed=shown(spent), reserve=shown(held_back), left=shown(spent - held_back), who=who)
        return after

    def _unknown(self, ratee: str, grade: str) -> list[Problem]:
        problems = []
        share = next((s for s in self.shares if s.person == ratee), None)
        if share is None:
            problems.append(Problem("E-BONUSPERSON", None, None, None, {"who": ratee}))
        elif share.base is None:
            problems.append(Problem("E-BONUSNOPAY", None, None, None, {"who": share.label}))
        if grade not in self.plan.coefficients:
            details = {"grade": grade, "who": ratee if share is None else share.label, "known": list(self.plan.coefficients)}
            problems.append(Problem("E-BONUSGRADE", None, None, None, details))
        return problems

    def reserve_needed(self, appeal_rate: Rate, overturn_rate: Rate, *, level: float = 0.95, steps: int = 1) -> ReserveAdvice:
        """Say how large a reserve should be; parameters as :func:`rankkit.calibration.pay.bonus_reserve.reserve_needed`."""
        from rankkit.calibration.pay import bonus_reserve  # noqa: PLC0415 - it reads allocations

        return bonus_reserve.reserve_needed(self, appeal_rate, overturn_rate, level=level, steps=steps)

    def table_for(self, audience: BonusAudience, ratee: str | None = None) -> pd.DataFrame:
        """Cut the table to what an audience may see: amounts are personal.

        Raises
        ------
        DisclosureError
            For anybody but ``hr`` and the ``ratee``, or if nobody says which ratee.
        PolicyError
            If there is no such person.
        """
        if audience == "hr":
            return self.table
        if audience != "ratee":
            raise DisclosureError("E-BONUSAUDIENCE", audience=audience)
        if ratee is None:
            raise DisclosureError("E-AUDIENCE")
        if ratee not in self.people:
            raise PolicyError("E-BONUSPERSON", who=ratee)
        return self.table.loc[[ratee]].drop(columns="share")  # a share of the whole would tell the sum of other people's pay

    def to_report(self, path: str | Path, audience: BonusAudience = "hr", lang: Lang = "en", ratee: str | None = None) -> Path:
        """Write a self-contained HTML page for HR, or for one person about the own amount; raises as :meth:`table_for`."""
        return show.bonus_report(self, path, audience=audience, lang=lang, ratee=ratee)

    def to_excel(self, path: str | Path, audience: BonusAudience = "hr", lang: Lang = "en", ratee: str | None = None) -> Path:
        """Write an Excel workbook; raises as :meth:`table_for`."""
        return show.bonus_workbook(self, path, audience=audience, lang=lang, ratee=ratee)

    def to_json(self, path: str | Path | None = None) -> str:
        """Write everything as JSON, money as text; returns the text."""
        text = bonus_archive.text_of(self)
        if path is not None:
            with writing(path) as target:
                target.write_text(text, encoding="utf-8")
        return text

    @classmethod
    def from_json(cls, source: str | Path) -> Self:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        DataError
            If it is another kind of archive, or its amounts do not add up to its pool.
        """
        return cls(**bonus_archive.parts_of(source))

    def __repr__(self) -> str:
        return show.bonus_text(self)

    def _repr_html_(self) -> str:
        return show.bonus_html(self)


def allocate(
    plan: BonusPlan, grades: Any, payroll: Any, *, columns: Mapping[str, str] | None, excluded: Mapping[str, str], preview: bool
) -> BonusAllocation:
    """Divide the pool of a plan; parameters as :meth:`BonusPlan.allocate`."""
    if not isinstance(excluded, Mapping):
        raise SettingsError("E-SETTING", name="excluded", value=excluded, allowed="{'007': 'reason'}")
    taken = bonus_intake.take_in(plan, grades, payroll, columns, excluded, preview=preview)
    shares = taken.shares
    if not any(s.claim for s in shares):
        raise PolicyError("E-BONUSNOCLAIM" if any(not s.excluded for s in shares) else "E-BONUSNOBODY")
    scale = lcm(*(s.claim.denominator for s in shares))
    done = water_filling(
        plan.pool_cents,
        [int(s.claim * scale) for s in shares],
        caps=[s.cap for s in shares],
        floors=[s.floor if s.claim else 0 for s in shares],
        order=taken.order,
    )
    if done.shortfall:
        floors = plan.pool_cents + done.shortfall
        raise PolicyError("E-BONUSFLOORS", floors=plan.shown(floors), pool=plan.shown(plan.pool_cents), left=plan.shown(done.shortfall))
    if done.surplus and plan.surplus == "refuse":
        caps = plan.pool_cents - done.surplus
        raise PolicyError("E-BONUSCAPS", caps=plan.shown(caps), pool=plan.shown(plan.pool_cents), left=plan.shown(done.surplus))
    notes = list(taken.notes)
    if done.kept:
        notes.append(Problem("I-BONUSKEPT", None, None, None, {"kept": plan.shown(done.kept), "n": len(done.tied)}))
    if done.surplus:
        notes.append(Problem("I-BONUSSURPLUS", None, None, None, {"left": plan.shown(done.surplus)}))
    if n := done.bound.count("cap"):
        notes.append(Problem("I-BONUSCAPPED", None, None, None, {"n": n}))
    return BonusAllocation(
        plan, shares, done.amounts, done.bound, done.rate * scale, done.kept, done.surplus,
        preview=bool(taken.held.phase), source=taken.held.source, notes=tuple(notes),
    )  # fmt: skip
