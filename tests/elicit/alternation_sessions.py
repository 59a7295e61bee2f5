"""What the tests of alternation sessions share."""

import random

import pandas as pd
import pytest

from rankkit.elicit import AlternationSession
from rankkit.errors import RankingsError, ReadingError, SessionError

SEVEN = [f"e0{k}" for k in range(1, 8)]


def started(items=SEVEN, **options):
    return AlternationSession.start(items, rater=options.pop("rater", "r1"), **options)


def rng_of(seed):
    return random.Random(seed)  # noqa: S311 - seeded, not secret


def ranks_of(session):
    frame = session.frame(partial=True)
    return {i: None if pd.isna(r) else int(r) for i, r in zip(frame["ratee"], frame["rank"], strict=True)}


def refused(code, call, en=None, zh=None):
    with pytest.raises((SessionError, RankingsError, ReadingError)) as caught:
        call()
    error = caught.value
    assert error.codes == (code,)
    said, chinese = error.text("en"), error.text("zh")
    assert "…" not in said + chinese
    assert any("\u4e00" <= c <= "\u9fff" for c in chinese)
    if en:
        assert en in said
    if zh:
        assert zh in chinese
    return error
