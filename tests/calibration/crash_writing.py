"""Write moves in processes that are killed at random moments, or in eight at once; prints what was lost as JSON."""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from pathlib import Path

import pandas as pd

import rankkit as rk
from rankkit import simulate
from rankkit.calibration import CalibrationSession

PEOPLE = 24
REASON = "Written by a process that may be killed at any moment."
AFRESH = 100  # kills after which a new file is begun, so that checking it stays quick
RECORD = 4 + 32  # bytes of an acknowledgement: number of the event, hash


def begin(path: Path) -> list[str]:
    """Make a session in which grades can be moved."""
    scores = rk.GraphicRatingScale().fit(simulate.ratings(PEOPLE, 4, seed=1).table)
    grades = rk.ForcedDistribution(shares={"A": 0.25, "B": 0.5, "C": 0.25}, ties="up").fit(scores)
    people = pd.DataFrame({"person": list(grades.people), "manager": [f"M{k % 3}" for k in range(PEOPLE)]})
    with CalibrationSession.create(path, grades, [f"w{k}" for k in range(8)], people=people) as session:
        session.advance("w0")
        session.advance("w0")
    return list(grades.people)


def write(path: Path, who: str, people: list[str], moves: int, pipe: int) -> None:
    """Move people to and fro, and say after each move which event it was."""
    with CalibrationSession.open(path) as session:
        for k in range(moves):
            person = people[k % len(people)]
            to = "A" if session.grades.loc[person, "grade"] == "B" else "B"
            second = ("scope_change", f"{REASON} That is the second one.")
            n = session.move(who, person, to, "other", REASON, [f"e{k}"], second).n
            os.write(pipe, n.to_bytes(4, "big") + bytes.fromhex(session.events[n - 1].hash))


def child(path: Path, who: str, people: list[str], moves: int) -> tuple[int, int]:
    """Fork a writer; its process id and the pipe it acknowledges on."""
    read, send = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(read)
            write(path, who, people, moves, send)
            code = 0
        finally:
            os._exit(code)
    os.close(send)
    return pid, read


def heard(pipe: int) -> list[tuple[int, str]]:
    """Return everything a writer acknowledged, once it is gone."""
    data = b""
    while part := os.read(pipe, 1 << 16):
        data += part
    os.close(pipe)
    whole = len(data) - len(data) % RECORD
    return [(int.from_bytes(data[k : k + 4], "big"), data[k + 4 : k + RECORD].hex()) for k in range(0, whole, RECORD)]


def kill_at_random(folder: Path, kills: int, seed: int) -> dict[str, int]:
    """Kill a writer again and again, and check the file after each time."""
    rng = random.Random(seed)  # noqa: S311 - moments to kill at
    found = {"kills": 0, "acknowledged": 0, "lost": 0, "extra": 0, "unverified": 0, "during_opening": 0}
    for k in range(kills):
        if k % AFRESH == 0:
            path = folder / f"killed{k}.session"
            people, before = begin(path), 3
        pid, pipe = child(path, "w0", people, 10_000)
        if rng.random() < 0.8:  # from the first acknowledgement on, so that most kills fall into writing
            select.select([pipe], [], [], 10)
        time.sleep(rng.uniform(0, 0.02))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        said = heard(pipe)
        found["kills"] += 1
        found["acknowledged"] += len(said)
        found["during_opening"] += not said
        with CalibrationSession.open(path) as session:
            try:
                count = session.verify().count
            except rk.errors.RankkitError:
                found["unverified"] += 1
                continue
            kept = {e.n: e.hash for e in session.events}
            found["lost"] += sum(kept.get(n) != digest for n, digest in said)
            found["extra"] += count - before - len(said) > 1  # at most one written that nobody heard of
            before = count
    return found


def eight_at_once(folder: Path, moves: int) -> dict[str, int]:
    """Let eight processes write one file, each its own people."""
    path = folder / "eight.session"
    people = begin(path)
    writers = [child(path, f"w{k}", people[3 * k : 3 * k + 3], moves) for k in range(8)]
    said = [heard(pipe) for _, pipe in writers]
    failed = sum(os.waitpid(pid, 0)[1] != 0 for pid, _ in writers)
    with CalibrationSession.open(path) as session:
        kept = {e.n: e.hash for e in session.events if e.kind == "move"}
        every = [pair for part in said for pair in part]
        lost = sum(kept.get(n) != digest for n, digest in every)
        return {"failed": failed, "acknowledged": len(every), "kept": len(kept), "lost": lost, "events": session.verify().count}


if __name__ == "__main__":
    folder = Path(sys.argv[2])
    result = (
        kill_at_random(folder, int(sys.argv[3]), int(sys.argv[4])) if sys.argv[1] == "kill" else eight_at_once(folder, int(sys.argv[3]))
    )
    sys.stdout.write(json.dumps(result))
