"""Every method × every data set of its kind × every check of the contract, and how many of them really ran."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit import datasets
from rankkit.assessment import Assessment
from rankkit.methods import HOME
from rankkit.methods.alternation_ranking import AlternationRanking
from rankkit.methods.critical_incidents import CriticalIncidents
from rankkit.methods.forced_distribution import ForcedDistribution
from rankkit.methods.graphic_rating_scale import GraphicRatingScale
from rankkit.methods.many_facet_rasch import ManyFacetRasch
from rankkit.methods.multi_source_feedback import MultiSourceFeedback
from rankkit.methods.narrative_appraisal import NarrativeAppraisal
from rankkit.methods.paired_comparison import PairedComparison
from rankkit.tables.ratings import Ratings
from rankkit.testing import check_assessment, checks

RATINGS, AVERAGED, COMPARISONS, RANKINGS = "ratings", "averaged_ratings", "comparisons", "rankings"
INCIDENTS, NARRATIVES = "incidents", "narratives"

# What is checked of each method: a name, the settings, the method in between, and the kinds of data sets it reads.
# A new method needs its line here.
SOURCES = {"supervisor": 0.15, "peer": 0.25, "subordinate": 0.2, "customer": 0.2, "expert": 0.2}
Line = tuple[Assessment, Assessment | None, tuple[str, ...]]
METHODS: dict[str, dict[str, Line]] = {
    "GraphicRatingScale": {
        "plain": (GraphicRatingScale(), None, (RATINGS, AVERAGED)),
        "center": (GraphicRatingScale(adjust="center", assume="equal_teams"), None, (RATINGS,)),
        "z": (GraphicRatingScale(adjust="z", assume="equal_teams"), None, (RATINGS,)),
    },
    "ManyFacetRasch": {
        "joint": (ManyFacetRasch(estimation="joint"), None, (RATINGS,)),
        "marginal": (ManyFacetRasch(), None, (RATINGS,)),
    },
    "MultiSourceFeedback": {"plain": (MultiSourceFeedback(scale=(1, 5), weights=SOURCES), None, (RATINGS,))},
    "PairedComparison": {
        "auto": (PairedComparison(), None, (COMPARISONS,)),
        "jeffreys": (PairedComparison(penalty="jeffreys", ties="half", judges="model"), None, (COMPARISONS,)),
    },
    "AlternationRanking": {
        "auto": (AlternationRanking(), None, (RANKINGS,)),
        "from the top": (AlternationRanking(model="plackett_luce", judges="model"), None, (RANKINGS,)),
        "counted": (AlternationRanking(model="kemeny"), None, (RANKINGS,)),
    },
    "CriticalIncidents": {
        "index": (CriticalIncidents(score="evidence_index", period=("2026-01-01", "2026-12-31")), None, (INCIDENTS,)),
    },
    "NarrativeAppraisal": {
        "texts": (NarrativeAppraisal(), None, (NARRATIVES,)),
    },
    "ForcedDistribution": {
        "of ratings": (ForcedDistribution(), GraphicRatingScale(), (RATINGS, AVERAGED)),
        "of comparisons": (ForcedDistribution(ties="up", prior="flat"), PairedComparison(), (COMPARISONS,)),
        "of rankings": (ForcedDistribution(), AlternationRanking(), (RANKINGS,)),
    },
}

# Each student rated one section only, so standardising within students leaves nothing to score, and no shared student links
# the sections: no method can.
CANNOT = {
    *(("MultiSourceFeedback", "plain", d) for d in datasets.names(RATINGS) if d != "service_team"),  # no sources
    ("GraphicRatingScale", "z", "instructor_gender_ratings"),
    *(("ManyFacetRasch", how, "instructor_gender_ratings") for how in ("joint", "marginal")),
}

# Two cycles in one table: every method refuses them together, and one by one they are like service_team.
CYCLES = {"service_team_feedback"}

# The largest data set is left to the plain methods: adjusting is checked on all others, and this keeps the suite short.
LONG = {
    ("GraphicRatingScale", "center", "service_team"),
    ("GraphicRatingScale", "z", "service_team"),
    ("ManyFacetRasch", "marginal", "service_team"),
    # the slowest of the others, whose comparisons go through "auto" anyway
    ("PairedComparison", "jeffreys", "service_team_pairs"),
    ("PairedComparison", "jeffreys", "bradley_terry_pork"),
    ("ForcedDistribution", "of comparisons", "service_team_pairs"),
    ("ForcedDistribution", "of comparisons", "bradley_terry_pork"),
}

# Checks that ran and passed, not counting those that do not apply; written down so that skipping is noticed.
_RATINGS = (
    "gleser_symptom_ratings",
    "guilford_creativity",
    "instructor_gender_ratings",
    "krippendorff_canonical",
    "service_team",
    "shrout_fleiss",
)
_AVERAGED = ("supervisor_attitude", "us_judge_ratings")  # no raters: no intervals, no duplication, no plain table
_PAIRS = ("baseball_1987", "bradley_terry_pork", "guilford_vegetables", "journal_citations")  # standard errors of the model
RAN: dict[tuple[str, str], dict[str, int]] = {
    ("GraphicRatingScale", "plain"): {**dict.fromkeys(_RATINGS, 31), **dict.fromkeys(_AVERAGED, 26)},
    # centring one rater's one rating leaves equal scores and no covariance
    ("GraphicRatingScale", "center"): {**dict.fromkeys(set(_RATINGS) - {"service_team"}, 31), "instructor_gender_ratings": 27},
    ("GraphicRatingScale", "z"): dict.fromkeys(set(_RATINGS) - {"service_team", "instructor_gender_ratings"}, 31),
    # logits have no origin that ratings move, and errors are the model's; with six people the best of all has no finite measure
    ("ManyFacetRasch", "joint"): {**dict.fromkeys(set(_RATINGS) - {"instructor_gender_ratings"}, 29), "shrout_fleiss": 28},
    ("ManyFacetRasch", "marginal"): dict.fromkeys(set(_RATINGS) - {"service_team", "instructor_gender_ratings"}, 29),
    ("MultiSourceFeedback", "plain"): {"service_team": 31},
    # no origin to move; six judges make the standard errors of service_team_pairs theirs
    ("PairedComparison", "auto"): {**dict.fromkeys(_PAIRS, 29), "service_team_pairs": 30},
    ("PairedComparison", "jeffreys"): dict.fromkeys(set(_PAIRS) - {"bradley_terry_pork"}, 29),
    # eight raters make the standard errors of service_team_rankings theirs
    ("AlternationRanking", "auto"): {"service_team_rankings": 30},
    # choices from the top are no mirror image of choices from the bottom
    ("AlternationRanking", "from the top"): {"service_team_rankings": 28},
    # counting gives no standard errors
    ("AlternationRanking", "counted"): {"service_team_rankings": 26},
    # an order without errors or origin; texts alone give nobody a score (compared texts: tests/methods/test_narrative_appraisal.py)
    ("CriticalIncidents", "index"): {"service_team_incidents": 24},
    ("NarrativeAppraisal", "texts"): {"service_team_narratives": 19},
    ("ForcedDistribution", "of rankings"): {"service_team_rankings": 30},
    ("ForcedDistribution", "of ratings"): {**dict.fromkeys(_RATINGS, 31), **dict.fromkeys(_AVERAGED, 26)},
    ("ForcedDistribution", "of comparisons"): dict.fromkeys(set(_PAIRS) - {"bradley_terry_pork"}, 29),
}
RAN_IN_ALL = 1519

TRIALS = [
    (method, name, dataset)
    for method, lines in METHODS.items()
    for name, (_, _, kinds) in lines.items()
    for kind in kinds
    for dataset in datasets.names(kind)
    if dataset not in CYCLES and (method, name, dataset) not in CANNOT | LONG
]


# Methods that read forms of their own, checked in test_behavioural_scales.py
ELSEWHERE = {"BARS", "BehaviouralObservationScale", "MixedStandardScale"}


def test_every_method_is_checked():
    assert set(METHODS) | ELSEWHERE == set(HOME)


@pytest.mark.parametrize(("method", "name", "dataset"), TRIALS, ids=["-".join(t) for t in TRIALS])
def test_contract(method, name, dataset):
    assessment, through, _ = METHODS[method][name]
    table = datasets.load(dataset)
    if dataset == "service_team":  # the largest: two teams and four leads are enough
        kept = {f"A{k:02d}" for k in range(1, 60) if k % 8 in (1, 2)} | {"L1", "L2", "L3", "L4"}
        table = table.where(np.isin(np.array(table.people), sorted(kept))[table.ratee])
        if through is not None:  # grades of protected ratings rest on what may be shown of them: tests/privacy
            table = Ratings.from_frame(table.frame.drop(columns="source"))
    found = check_assessment(assessment, table, through=through)
    assert tuple(found["check"]) == checks()
    skipped = found[found["outcome"] != "passed"]
    assert skipped["reason"].str.len().gt(0).all()
    assert len(found) - len(skipped) == RAN[method, name][dataset]  # skips cannot hollow it out
    if method in ("PairedComparison", "AlternationRanking") and RAN[method, name][dataset] == len(checks()) - 1:
        assert list(skipped["check"]) == ["shift"]


def test_the_numbers_written_down_are_of_all_trials():
    written = {(method, name, dataset) for (method, name), line in RAN.items() for dataset in line}
    assert written == set(TRIALS)
    assert sum(n for line in RAN.values() for n in line.values()) == RAN_IN_ALL
    best = {method: max(max(RAN[method, name].values()) for name in lines) for method, lines in METHODS.items()}
    everything = len(checks())
    no_origin = dict.fromkeys(("PairedComparison", "AlternationRanking"), everything - 1) | {"ManyFacetRasch": everything - 2}
    unscored = {"CriticalIncidents": 24, "NarrativeAppraisal": 19}
    assert best == {
        **unscored,
        **dict.fromkeys(("GraphicRatingScale", "MultiSourceFeedback", "ForcedDistribution"), everything),
        **no_origin,
    }


@pytest.mark.parametrize(("method", "name", "dataset"), sorted(CANNOT), ids=["-".join(t) for t in sorted(CANNOT)])
def test_what_cannot_be_fitted_says_why(method, name, dataset):
    from rankkit.errors import RankkitError

    assessment, _, _ = METHODS[method][name]
    with pytest.raises(RankkitError):
        assessment.fit(datasets.load(dataset))
