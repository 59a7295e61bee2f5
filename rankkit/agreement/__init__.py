"""Agreement between raters: tidy ratings in, DataFrames out, the form of every coefficient named."""

from __future__ import annotations

from rankkit.agreement.concordance import kendall_w
from rankkit.agreement.generalizability import generalizability
from rankkit.agreement.group_icc import group_icc
from rankkit.agreement.gwet import gwet_ac
from rankkit.agreement.internal_consistency import cronbach_alpha, omega
from rankkit.agreement.intraclass_correlation import icc
from rankkit.agreement.kappa import cohen_kappa, fleiss_kappa
from rankkit.agreement.krippendorff import krippendorff_alpha
from rankkit.agreement.measurement_error import test_retest
from rankkit.agreement.scale_anchors import anchor_quality
from rankkit.agreement.within_group import rwg, rwg_j

__all__ = [
    "anchor_quality",
    "cohen_kappa",
    "cronbach_alpha",
    "fleiss_kappa",
    "generalizability",
    "group_icc",
    "gwet_ac",
    "icc",
    "kendall_w",
    "krippendorff_alpha",
    "omega",
    "rwg",
    "rwg_j",
    "test_retest",
]
