"""Agreement between raters: tidy ratings in, DataFrames out, the form of every coefficient named."""

from __future__ import annotations

from rankkit.agreement.concordance import kendall_w
from rankkit.agreement.intraclass_correlation import icc

__all__ = ["icc", "kendall_w"]
