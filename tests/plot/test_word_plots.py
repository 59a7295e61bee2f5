"""Plots of incidents, evidence and texts: the numbers drawn, the words, both languages."""

from __future__ import annotations

import pytest

import rankkit as rk
from rankkit import datasets, plot, simulate


@pytest.fixture(scope="module")
def subjects():
    incidents = datasets.load("service_team_incidents")
    ratings = datasets.load("service_team")
    superiors = ratings.where(ratings.source == ratings.sources.index("supervisor"))
    return {
        "incidents": rk.CriticalIncidents(period=("2026-01-01", "2026-12-31")).fit(incidents),
        "evidence": rk.evidence_coverage(superiors, incidents),
        "texts": rk.NarrativeAppraisal().fit(simulate.service_team_narratives().table),
    }


KINDS = [
    ("incidents", "incident_timeline"), ("incidents", "lag_histogram"), ("incidents", "logger_map"), ("evidence", "evidence_map"),
    ("texts", "code_confusion"), ("texts", "text_length"),
]  # fmt: skip


@pytest.mark.parametrize(("subject", "kind"), KINDS)
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_they_are_drawn_in_both_languages(subjects, subject, kind, lang):
    assert kind in plot.kinds(subjects[subject])
    data = plot.data(subjects[subject], kind, lang=lang)
    assert data.title
    svg = plot.svg(subjects[subject], kind, lang=lang)
    assert svg.startswith("<svg")
    assert data.title in svg


def test_the_numbers_drawn_are_those_of_the_tables(subjects):
    lag = plot.data(subjects["incidents"], "lag_histogram").table
    assert lag["n"].sum() == subjects["incidents"].texts["lag"].notna().sum()
    assert lag.loc[lag["late"], "n"].sum() == subjects["incidents"].texts["late"].sum()
    line = plot.data(subjects["incidents"], "incident_timeline", ratees=["A14"])
    assert line.table["n"].tolist() == [len(line.more["incidents"])]
    cells = plot.data(subjects["evidence"], named=99).table
    assert (
        cells[["supported", "unsupported", "contradicted"]].sum().to_dict()
        == subjects["evidence"].ratings["state"].value_counts().to_dict()
    )
    assert plot.data(subjects["texts"], "code_confusion").table.to_numpy().trace() > 0
    assert plot.data(subjects["incidents"], "logger_map").table.shape[1] == 11
