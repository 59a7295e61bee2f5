"""What to say beside a chance-corrected coefficient: why a number is missing, and where kappa misleads."""

from __future__ import annotations

from typing import Any

import numpy as np

from rankkit.errors import Problem
from rankkit.kernels.arrays import Floats, Ints

_PREVALENT = 0.75  # share of one category from which kappa can be low at high agreement
_AGREED = 0.75  # observed agreement that is called high
_ZERO = 1e-9  # kappa of a rater who used one category is 0 but for rounding
_GAP = 0.2  # between observed agreement and kappa


def say(code: str, **details: Any) -> str:
    """Text of a code, in the language in use."""
    return Problem(code, None, None, None, details).note()


def why(value: float, se: float, observed: float, n: int) -> str:
    """Why a coefficient or its interval is missing, from n units two raters coded; blank if neither is."""
    if n < 1:
        return say("S-NOTSHARED", needed=1)
    if not np.isfinite(value):
        return say("S-ONECATEGORY")
    if n < 3:
        return say("S-NOTSHARED", needed=3)
    if not se > 0 and abs(value) < _ZERO:
        return say("S-CONSTANTRATER")
    if not se > 0:
        return say("S-FULLAGREEMENT" if observed > 1 - 1e-9 else "S-FULLDISAGREEMENT")
    return ""


def prevalence(value: float, observed: float, expected: float, use: Floats | Ints, categories: tuple[str, ...]) -> str:
    """Explain a coefficient that is low although raters agree because most codings are in one category; blank if it is not so.

    References
    ----------
    Feinstein & Cicchetti (1990), Journal of Clinical Epidemiology 43, 543-549.
    """
    share = use / max(use.sum(), 1)
    top = int(np.argmax(share))
    if not (share[top] >= _PREVALENT and observed >= _AGREED and observed - value >= _GAP):
        return ""
    shown = {"share": f"{share[top]:.0%}", "observed": f"{observed:.0%}", "expected": f"{expected:.0%}", "value": f"{value:.2f}"}
    return say("I-PREVALENCE", category=categories[top], **shown)
