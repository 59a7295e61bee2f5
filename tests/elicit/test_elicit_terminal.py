"""The terminal front end of alternation: what is typed, what is said, and that nothing is lost however it ends."""

import errno
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pandas as pd
import pytest

import rankkit as rk
from rankkit.cli import terminal
from rankkit.elicit import AlternationSession, EventLog, event_log

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"e01": "王伟", "e02": "李娜", "e03": "张敏", "e04": "王伟", "e05": "赵磊"}


def _alternation(path="people-alternation-boss.jsonl"):
    return AlternationSession.read(path)


# --- alternation -------------------------------------------------------------------------------------------------------


def test_a_list_is_ranked_from_both_ends(run):
    out = run("alternation", "people.csv", "--rater", "boss", typed=["1", "2", "1", "2", ""])
    assert "Alternation ranking of 5 people by boss" in out
    assert "Step 1 of at most 4: who is the BEST of these 5?" in out
    assert "Step 2 of at most 4: who is the WORST of these 4?" in out
    assert "Step 4 of at most 4: who is the WORST of these 2?" in out
    assert "1st from the top: " in out
    assert "2nd from the bottom: " in out
    assert "Left over, placed without a choice: " in out
    assert "The table is in people-alternation-boss-table.csv" in out
    assert "rankkit elicit gather . --out rankings.csv" in out
    table = rk.read_rankings("people-alternation-boss-table.csv")
    session = _alternation()
    assert session.state == "done"
    pd.testing.assert_series_equal(table.frame.set_index("ratee")["rank"], session.rankings().frame.set_index("ratee")["rank"])
    assert table.labels == NAMES
    assert table.has_picks
    assert session.ladder()["response_ms"].notna().sum() == 4
    assert table.raters == ("boss",)


def test_the_numbers_are_those_of_the_list_shown(run):
    start = AlternationSession.start(list(NAMES), rater="boss", session="people-alternation-boss")
    shown = start.remaining
    start.pick([shown[1], shown[3]])
    second = start.remaining
    run("alternation", "people.csv", "--rater", "boss", typed=["２ 4", "3"], code=130)
    assert _alternation().ladder()["ratee"].tolist() == [*sorted([shown[1], shown[3]]), second[2]]


def test_every_command(run):
    out = run(
        "alternation", "people.csv", "--rater", "boss",
        typed=["?", "x e05", "2", "x e99", "x", "e01", "李娜", "u", "u 1", "r", "r", "r", "s", "n 难以比较", "王伟", "l", "w",
               "w e03", "u", "99", "e01", "u x", "u 9", "f", "", "f t", ""],
    )  # fmt: skip
    for said in (
        "pick 2 and 5 together",
        "Crossed out (absent): 赵磊 (e05)",
        "There is no e99 in the list",
        "Say who: x 3",
        "1st from the top: 王伟 (e01)",
        "1st from the bottom: 李娜 (e02)",
        "Taken back: pick of 李娜 (e02)",
        "Taken back: pick of 王伟 (e01)",
        "Brought back: pick of 王伟 (e01)",
        "there is nothing to redo",
        "Noted.",
        "王伟 is the name of several people: e01, e04",
        "… 2 not placed yet …",
        "Crossed out or withdrawn: 赵磊 (e05)",
        "Say who: w 3",
        "Withdrawn: 张敏 (e03)",
        "Taken back: withdrawing 张敏 (e03)",
        "There is no 99 in the list",
        "王伟 (e01) is already placed 1st from the top. Undo to step 1 or choose another",
        "x: not understood",
        "to = 9 is not possible",
        "2 are not placed. t: they cannot be separated",
    ):
        assert said in out, said
    frame = _alternation().frame().set_index("ratee")
    assert frame["rank"].dropna().to_dict() == {"e01": 1, "e03": 2, "e04": 2, "e02": 4}
    assert frame.loc["e05", "status"] == "not_presented"
    kinds = [e["event"] for e in _alternation().log.events]
    assert kinds.count("undo") == 3
    assert {"note", "switch_end", "withdraw", "finish"} <= set(kinds)


def test_finishing_early_without_judging_the_rest(run):
    run("alternation", "people.csv", "--rater", "boss", typed=["e01", "f", "n", ""])
    frame = _alternation().frame().set_index("ratee")
    assert frame["status"].tolist().count("unranked") == 4
    out = run("alternation", "people.csv", "--rater", "boss", typed=["u", "f n", ""])  # finished sessions can be gone on with
    assert "Taken back: the finish" in out


def test_giving_up_can_be_taken_back(run):
    out = run("alternation", "people.csv", "--rater", "boss", typed=["e01", "s", "u", "a", "n", "a", "y", "u", "a", "y", ""])
    assert "Taken back: change of end" in out
    assert "Taken back: giving up" in out
    assert "This list was given up" in out
    assert _alternation().state == "abandoned"
    assert not Path("people-alternation-boss-table.csv").exists()


def test_pausing_and_going_on(run):
    out = run("alternation", "people.csv", "--rater", "boss", typed=["e01", "p"])
    command = re.search(r"^  (rankkit elicit .*)$", out, flags=re.MULTILINE).group(1)
    assert command == "rankkit elicit alternation people.csv --session people-alternation-boss.jsonl"
    assert _alternation().state == "paused"
    out = run(*shlex.split(command)[2:], typed=["e02", "e03", "e04", ""])
    assert "Going on with the session of boss: 1 of 5 people are placed." in out
    assert _alternation().rankings().frame.set_index("ratee")["rank"].to_dict() == {"e01": 1, "e03": 2, "e05": 3, "e04": 4, "e02": 5}


@pytest.mark.parametrize("stop", [click.Abort, KeyboardInterrupt, EOFError])
def test_ctrl_c_at_any_question_keeps_every_answer(run, monkeypatch, stop):
    answers = ["x e05", "3", "e01", "e02", "u", "r", ""]
    for k in range(len(answers)):
        for file in Path().glob("*.jsonl"):
            file.unlink()
        lines = iter(answers[:k])

        def prompt(*_args, lines=lines, **_options):
            line = next(lines, None)
            if line is None:
                raise stop
            return line

        with monkeypatch.context() as patch:
            patch.setattr(terminal.click, "prompt", prompt)
            out = run("alternation", "people.csv", "--rater", "boss", "-c", "label=label", code=130)
        assert "Everything is kept in people-alternation-boss.jsonl" in out
        assert "rankkit elicit alternation people.csv --session people-alternation-boss.jsonl -c label=label" in out
        events = [e["event"] for e in EventLog.read("people-alternation-boss.jsonl").events]
        assert events == ["start", "exclude", "pick", "pick", "undo", "redo"][: max(1, k)]
        run("alternation", "--session", "people-alternation-boss.jsonl", typed=["f t", ""])
        assert _alternation().state == "done"


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_a_real_interrupt(people):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "rankkit", "elicit", "alternation", "people.csv", "--rater", "boss", "--lang", "zh"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd=people.parent)
    process.stdin.write(b"e01\n")
    process.stdin.flush()
    log = people.parent / "people-alternation-boss.jsonl"
    for _ in range(600):
        if log.exists() and log.read_bytes().count(b"\n") == 3:
            break
        time.sleep(0.05)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out = process.communicate()[0].decode()
    assert process.returncode == 130
    assert "继续请运行" in out
    assert len(AlternationSession.read(log).ladder()) == 1


@pytest.mark.parametrize("what", ["alternation", "pairs"])
@pytest.mark.skipif(os.name != "posix", reason="open files can be deleted")
def test_a_session_whose_file_is_deleted_ends_at_once(run, monkeypatch, what):
    def prompt(*_args, **_options):
        Path(f"people-{what}-boss.jsonl").unlink()
        return "1"

    with monkeypatch.context() as patch:
        patch.setattr(terminal.click, "prompt", prompt)
        assert "was moved, deleted or changed" in run(what, "people.csv", "--rater", "boss", code=1)


@pytest.mark.parametrize("what", ["alternation", "pairs"])
def test_a_full_disk_is_said_and_the_step_can_be_repeated(run, monkeypatch, what):
    lines = iter(["1", "1", "p"])
    write = os.write
    refused = []

    def prompt(*_args, **_options):
        return next(lines)

    def full(descriptor, data):
        if len(refused) < 1 and (b'"pick"' in data or b'"answer"' in data):
            refused.append(data)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(descriptor, data)

    with monkeypatch.context() as patch:
        patch.setattr(terminal.click, "prompt", prompt)
        patch.setattr(event_log.os, "write", full)
        out = run(what, "people.csv", "--rater", "boss")
    assert "could not be written (No space left on device)" in out
    events = [e["event"] for e in EventLog.read(f"people-{what}-boss.jsonl").events]
    assert [e for e in events if e != "start"] == ["pick" if what == "alternation" else "answer", "pause"]


def test_resuming_needs_no_people_and_refuses_other_raters(run, tmp_path):
    run("alternation", "people.csv", "--rater", "boss", "--session", "s.jsonl", typed=["e01"], code=130)
    out = run("alternation", "--session", "s.jsonl", "--rater", "someone", code=2)
    assert "is of boss, not of someone" in out
    out = run("alternation", "--session", "none.jsonl", "--rater", "boss", code=2)
    assert "rankkit elicit alternation people.csv" in out
    pd.DataFrame({"person": ["a", "b", "c"]}).to_csv(tmp_path / "other.csv", index=False)
    out = run("alternation", "other.csv", "--session", "s.jsonl", typed=["f n", ""])
    assert "The people of other.csv are not those of the session" in out
    assert len(_alternation("s.jsonl").standing.items) == 5


def test_the_rater_is_asked_for(run):
    out = run("alternation", "people.csv", typed=["赵 主管", "e01"], code=130)
    assert "Your name or staff number" in out
    assert _alternation("people-alternation-赵_主管.jsonl").rater == "赵 主管"


def test_a_session_killed_while_it_wrote_is_mended(run):
    run("alternation", "people.csv", "--rater", "boss", typed=["e01"], code=130)
    with Path("people-alternation-boss.jsonl").open("ab") as file:
        file.write(b'{"n": 3, "ev')
    out = run("alternation", "people.csv", "--rater", "boss", typed=["e02"], code=130)
    assert "was incomplete" in out
    assert [e["event"] for e in _alternation().log.events] == ["start", "pick", "pick"]
    header = Path("people-alternation-boss.jsonl").read_bytes().split(b"\n")[0]
    Path("people-alternation-boss.jsonl").write_bytes(header[:30])  # killed before anything was kept
    assert "Alternation ranking of 5" in run("alternation", "people.csv", "--rater", "boss", typed=["e01"], code=130)


def test_files_that_are_no_session_are_left_alone(run, people):
    before = people.read_bytes()
    assert "is not a session" in run("alternation", "people.csv", "--rater", "b", "--session", "people.csv", code=1)
    assert "file of people" in run("alternation", "people.csv", "--rater", "b", "--out", "people.csv", code=2)
    assert "*.csv" in run("alternation", "people.csv", "--rater", "b", "--out", "r.pdf", code=1)
    assert people.read_bytes() == before
    assert not list(Path().glob("*.jsonl"))
    run("pairs", "people.csv", "--rater", "b", "--session", "p.jsonl", typed=["1"], code=130)
    assert "kind pairing, not alternation" in run("alternation", "people.csv", "--rater", "b", "--session", "p.jsonl", code=1)


def test_bad_lists_are_one_message(run, tmp_path):
    pd.DataFrame({"person": ["a", "b"]}).to_csv(tmp_path / "two.csv", index=False)
    assert "use a single comparison" in run("alternation", "two.csv", "--rater", "r", code=1)
    pd.DataFrame({"工号": ["1", "2", "3"]}).to_csv(tmp_path / "zh.csv", index=False)
    assert "missing column person" in run("alternation", "zh.csv", "--rater", "r", code=1)
    assert "of these 3?" in run("alternation", "zh.csv", "--rater", "r", "-c", "person=工号", typed=[], code=130)
    assert "names no column" in run("alternation", "zh.csv", "--rater", "r", "-c", "person", code=2)
    pd.DataFrame({"person": [f"p{k}" for k in range(40)]}).to_csv(tmp_path / "long.csv", index=False)
    assert "40 people are many for one list" in run("alternation", "long.csv", "--rater", "r", code=130)


def test_first_end_seed_dimension_and_out(run):
    args = [
        "alternation",
        "people.csv",
        "--rater",
        "r",
        "--first-end",
        "worst",
        "--seed",
        3,
        "--dimension",
        "quality",
        "--out",
        "out/t.csv",
    ]
    out = run(*args, typed=["e01", "f t", ""])
    assert "who is the WORST of these 5" in out
    table = rk.read_rankings("out/t.csv")
    assert table.dimensions == ("quality",)
    assert table.frame.set_index("ratee").loc["e01", "rank"] == 5


def test_chinese(run):
    out = run(
        "alternation", "people.csv", "--rater", "张三", "--lang", "zh",
        typed=["帮助", "x 3", "", "e01", "撤销", "e01", "e01", "f", "n", "u", "p"],
    )  # fmt: skip
    for said in ("对 5 人作交替排序", "谁最好", "谁最差", "已剔除（不够了解）", "正数第 1：王伟 (e01)", "已撤销：选择 王伟 (e01)",
                 "已排在正数第 1。请撤销到第 1 步", "还有 3 人未排", "全部排完", "继续请运行", "--lang zh"):  # fmt: skip
        assert said in out, said
    assert not re.search(r"\b(best|worst|Step|Crossed|Taken)\b", out)


def test_names_cannot_drive_the_terminal(run, tmp_path):
    evil = "\x1b[2J\x1b]0;owned\x07\u202eevil\x9b31m"
    path = tmp_path / "evil.jsonl"
    with AlternationSession.start(["a", "b", "c"], rater="r\x1b[1m", path=path) as session:
        session.pick("b")
    text = path.read_text(encoding="utf-8").replace(
        '"labels": {}', '"labels": {"a": "\\u001b[2J\\u001b]0;owned\\u0007\\u202eevil\\u009b31m"}'
    )
    path.write_text(text, encoding="utf-8")
    assert _alternation(path).standing.labels["a"] == evil
    out = run("alternation", "--session", path, typed=["l", "\x1b[2J", "n \x1b[31m", "a", "u", ""], code=130)
    assert "evil" in out
    shown = re.sub(re.escape("\x1b[2J\n"), "", out)  # the runner's own echo of what was typed
    assert not set(terminal.plain(shown)) ^ set(shown) - {"\x1b"}
    assert "\x07" not in out
    assert "\u202e" not in out
    assert "\x9b" not in out
    assert "\x1b]" not in out


# --- gathering ---------------------------------------------------------------------------------------------------------


def test_sessions_are_gathered_into_one_table(run):
    for rater, order in (("甲", ["e01", "e02", "e03", "e04"]), ("乙", ["e05", "e02", "e03", "e04"])):
        run("alternation", "people.csv", "--rater", rater, typed=[*order, ""])
    run("pairs", "people.csv", "--rater", "丙", typed=["1"], code=130)
    out = run("gather", ".")
    assert "<Rankings: 10 rows, 5 people, 2 raters>" in out
    assert "rankkit fit alternation_ranking rankings.csv" in out
    table = rk.read_rankings("rankings.csv")
    assert table.lists.size == 2
    assert table.has_picks
    run("alternation", "people.csv", "--rater", "丁", typed=["e01"], code=130)
    assert "is not finished: 4 people" in run("gather", ".", code=1)
    assert "15 rows" in run("gather", ".", "--partial", "--out", "all.csv")
