"""The command line on confidential ratings, incidents and texts."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

import rankkit as rk
from rankkit.cli import main


@pytest.fixture(autouse=True)
def _english():
    yield
    rk.use_language("en")


@pytest.fixture
def run():
    runner = CliRunner()
    return lambda *args: runner.invoke(main, [str(a) for a in args], catch_exceptions=False)


def two_teams():
    frame = rk.datasets.load("service_team").frame
    return frame[frame["ratee"].isin([f"A{k:02d}" for k in range(1, 60) if k % 8 in (1, 2)])]


def test_feedback_of_one_person_from_an_archive(run, tmp_path):
    two_teams().to_csv(tmp_path / "all.csv", index=False)
    rk.datasets.load("service_team_incidents").frame.to_csv(tmp_path / "log.csv", index=False)
    archive, page = tmp_path / "r.json", tmp_path / "a01.html"
    done = run("fit", "multi_source_feedback", tmp_path / "all.csv", "--scale", 1, 5, "--json", archive)
    assert done.exit_code == 0, done.output
    done = run("feedback", archive, "A01", page, "--incidents", tmp_path / "log.csv", "--lang", "zh")
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    assert "您的总体位置" in text
    assert "A02" not in text
    refused = run("feedback", archive, "nobody", page)
    assert refused.exit_code == 1
    assert "Traceback" not in refused.output


def test_report_for_a_manager_shows_the_team_only(run, tmp_path):
    two_teams().to_csv(tmp_path / "all.csv", index=False)
    rk.datasets.load("service_team_people").frame.reset_index().to_csv(tmp_path / "people.csv", index=False)
    archive, page = tmp_path / "r.json", tmp_path / "team.html"
    assert run("fit", "multi_source_feedback", tmp_path / "all.csv", "--scale", 1, 5, "--json", archive).exit_code == 0
    done = run("report", archive, page, "--audience", "manager", "--manager", "L1", "--people", tmp_path / "people.csv")
    assert done.exit_code == 0, done.output
    text = page.read_text(encoding="utf-8")
    labels = rk.datasets.load("service_team_people").labels
    assert labels["A01"] in text
    assert labels["A10"] not in text
    assert run("report", archive, page, "--audience", "manager").exit_code == 1


def test_incidents_and_texts_are_fitted(run, tmp_path):
    rk.datasets.load("service_team_incidents").frame.to_csv(tmp_path / "log.csv", index=False)
    rk.datasets.load("service_team_narratives").frame.to_csv(tmp_path / "texts.csv", index=False)
    for method, file in (("critical_incidents", "log.csv"), ("narrative_appraisal", "texts.csv")):
        done = run("fit", method, tmp_path / file)
        assert done.exit_code == 0, done.output
        assert "not scored" in done.output.lower()
