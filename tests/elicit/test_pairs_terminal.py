"""The terminal front end of pairs, and its phrases."""

import os
import re
import shlex
import string
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import rankkit as rk
from rankkit.cli import main, phrases
from rankkit.elicit import PairingSession

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"e01": "王伟", "e02": "李娜", "e03": "张敏", "e04": "王伟", "e05": "赵磊"}


# --- pairs -------------------------------------------------------------------------------------------------------------


def _pairs():
    return PairingSession.read("people-pairs-boss.jsonl")


def test_pairs_are_compared(run):
    out = run("pairs", "people.csv", "--rater", "boss", "--repeats", 0, typed=["1", "2", "=", "s", *["1"] * 6, ""])
    assert "10 comparisons of 5 people by boss" in out
    assert "1 of 10 · about" in out
    assert "Every comparison is made" in out
    assert "rankkit fit paired_comparison people-pairs-boss-table.csv" in out
    table = rk.read_comparisons("people-pairs-boss-table.csv")
    assert table.frame["outcome"].tolist()[:4] == ["left", "right", "tie", "skip"]
    assert table.labels == NAMES
    assert len(table) == 10


def test_every_command_of_pairs(run):
    out = run("pairs", "people.csv", "--rater", "boss", typed=["?", "1", "u", "u", "foo", "", "平", "w", "w e99", "w e05", "u", "w 1", "f"])
    for said in ("they cannot be separated", "Taken back: ", "there is no step to undo", "foo: not understood", "Say who: w 1",
                 "There is no e99", "Withdrawn: 赵磊 (e05)", "Taken back: withdrawing 赵磊 (e05)", "The table is in"):  # fmt: skip
        assert said in out, said
    assert len(rk.read_comparisons("people-pairs-boss-table.csv")) == 1
    assert _pairs().state.paused


def test_pairs_can_be_stopped_and_gone_on_with(run):
    out = run("pairs", "people.csv", "--rater", "boss", typed=["1", "2"], code=130)
    command = re.search(r"^  (rankkit elicit .*)$", out, flags=re.MULTILINE).group(1)
    before = _pairs().next
    out = run(*shlex.split(command)[2:], typed=["u", "2", "p"])
    assert "Going on with the session of boss: 2 of " in out
    assert _pairs().next == before
    out = run("pairs", "people.csv", "--rater", "boss", typed=["1"] * 20, code=130)
    assert _pairs().next is None
    assert "谁更好" not in out
    run("pairs", "people.csv", "--rater", "boss", typed=["u", "2", ""])
    assert "is of boss" in run("pairs", "people.csv", "--rater", "x", "--session", "people-pairs-boss.jsonl", code=2)
    assert "people.csv" in run("pairs", "--rater", "nobody", code=2)


def test_pairs_by_dimension_design_and_conflict(run):
    args = [
        "pairs",
        "people.csv",
        "--rater",
        "boss",
        "--design",
        "random_regular",
        "-k",
        2,
        "--dimension",
        "quality",
        "--dimension",
        "speed",
    ]
    out = run(*args, "--conflict", "e05", "--repeats", 0, "--lang", "zh", typed=["左", "右", "1", "跳过", "u", "1"], code=130)
    assert "8 次比较" in out
    assert "· quality ·" in out
    assert "· speed ·" in out
    assert "已撤销：" in out
    assert "跳过" in out
    assert "e05" not in {i for a in _pairs().state.answers for i in (a.left, a.right)}


def test_a_session_open_elsewhere_is_refused(run, people):
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    run("alternation", "people.csv", "--rater", "boss", typed=["e01"], code=130)
    hold = "from rankkit.elicit.event_log import EventLog\nlog = EventLog.open('people-alternation-boss.jsonl', kind='alternation')\n"
    process = subprocess.Popen(
        [sys.executable, "-c", hold + "print('open', flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=env,
        cwd=people.parent,
    )
    process.stdout.readline()
    assert "open in another program" in run("alternation", "people.csv", "--rater", "boss", code=1)
    process.communicate(b"\n")
    run("alternation", "people.csv", "--rater", "boss", typed=["e02"], code=130)


# --- phrases -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(phrases.PHRASES))
def test_phrases_fill_the_same_blanks_in_both_languages(name):
    en, zh = phrases.PHRASES[name]
    fields = [{f for _, f, _, _ in string.Formatter().parse(text) if f} for text in (en, zh)]
    assert fields[0] == fields[1]
    assert re.search(r"[\u4e00-\u9fff]", zh) or not re.search(r"[A-Za-z]{4}", re.sub(r"\{\w+\}", "", en))


def test_every_phrase_is_used():
    source = "".join(p.read_text(encoding="utf-8") for p in (ROOT / "rankkit" / "cli").glob("*.py") if p.name != "phrases.py")
    for name in phrases.PHRASES:
        stem = re.sub(r"_(best|worst|pick|exclude|withdraw|switch_end|finish|abandon)$", "_", name)
        assert f'"{name}"' in source or f'f"{stem}' in source, name


def test_other_commands_take_rankings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    frame = pd.DataFrame({"rater": ["a"] * 3 + ["b"] * 3, "ratee": list("xyz") * 2, "rank": [1, 2, 3, 2, 1, 3]})
    frame.to_csv("r.csv", index=False)
    out = runner.invoke(main, ["check", "r.csv"], catch_exceptions=False)
    assert "<Rankings: 6 rows, 3 people, 2 raters>" in out.output
    frame.rename(columns={"rank": "名次", "rater": "评价人", "ratee": "被评价人"}).to_csv("zh.csv", index=False)
    out = runner.invoke(main, ["check", "zh.csv"], catch_exceptions=False)
    assert "RankingsError" in out.output
    assert "'rank': '名次'" in out.output
    out = runner.invoke(main, ["check", "zh.csv", "-c", "rank=名次", "-c", "rater=评价人", "-c", "ratee=被评价人"], catch_exceptions=False)
    assert out.exit_code == 0
    for kind in ("rankings", "ratings", "comparisons"):
        out = runner.invoke(main, ["template", kind], catch_exceptions=False)
        assert out.exit_code == 0
        assert Path(f"{kind}.xlsx").exists()
