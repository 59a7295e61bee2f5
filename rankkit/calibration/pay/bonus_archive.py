"""A bonus allocation as text and back: money and fractions as written numbers, never as floats."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from rankkit import archive
from rankkit.assessment import Fixed
from rankkit.calibration.pay.bonus_intake import Share
from rankkit.calibration.pay.bonus_plan import BonusPlan
from rankkit.errors import DataError, RankkitError

_KIND = "bonus"
_OWN = ("kept", "surplus", "awarded", "preview", "source")


def text_of(allocation: Any) -> str:
    """Write an allocation as JSON text.

    Parameters
    ----------
    allocation : BonusAllocation
        What to write.

    Returns
    -------
    str
    """
    plan = {f.name: _plain(getattr(allocation.plan, f.name)) for f in fields(BonusPlan)}
    shares = [{f.name: _plain(getattr(s, f.name)) for f in fields(Share)} for s in allocation.shares]
    own = {name: _plain(getattr(allocation, name)) for name in _OWN}
    done = {"cents": list(allocation.cents), "bound": list(allocation.bound), "level": str(allocation.level)}
    return archive.dumps({"kind": _KIND, "plan": plan, "shares": shares, **done, **own, "notes": list(allocation.notes)})


def parts_of(source: str | Path) -> dict[str, Any]:
    """Read the parts of an allocation.

    Parameters
    ----------
    source : path-like or str
        A file, or its text.

    Returns
    -------
    dict
        What a BonusAllocation is made of.

    Raises
    ------
    DataError
        If it is another kind of archive, is damaged, or its amounts do not add up to its pool.
    """
    kept = archive.loads(archive.text_of(source))
    if not isinstance(kept, Mapping) or kept.get("kind") != _KIND:
        raise DataError("E-ARCHIVE", reason="not a bonus allocation")
    try:
        plan = BonusPlan(**kept["plan"])
        shares = tuple(_share(entry) for entry in kept["shares"])
        cents, bound = tuple(int(c) for c in kept["cents"]), tuple(kept["bound"])
        parts: dict[str, Any] = {"plan": plan, "shares": shares, "cents": cents, "bound": bound, "level": Fraction(kept["level"])}
        parts |= {name: kept[name] for name in _OWN} | {"awarded": Fixed.of(kept["awarded"]), "notes": tuple(kept["notes"])}
    except (KeyError, TypeError, ValueError, ArithmeticError, RankkitError) as error:
        raise DataError("E-ARCHIVE", reason=f"{type(error).__name__}: {error}") from error
    if len(cents) != len(shares) or len(bound) != len(shares) or sum(cents) + parts["kept"] + parts["surplus"] != plan.pool_cents:
        raise DataError("E-ARCHIVE", reason="amounts and pool differ")
    return parts


def _plain(value: Any) -> Any:
    """Exact numbers as text; mappings and tuples of them likewise."""
    if isinstance(value, (Decimal, Fraction)):
        return f"{value:f}" if isinstance(value, Decimal) else str(value)
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _share(entry: Mapping[str, Any]) -> Share:
    plain: dict[str, Any] = {k: entry[k] for k in ("person", "label", "grade", "floor", "cap", "excluded")}
    base, months = (None if entry[k] is None else Decimal(entry[k]) for k in ("base", "months"))
    return Share(base=base, months=months, claim=Fraction(entry["claim"]), **plain)
