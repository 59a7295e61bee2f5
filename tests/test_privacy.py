from __future__ import annotations

import pandas as pd
import pytest

from rankkit.errors import DisclosureError, SettingsError
from rankkit.privacy.audience import pseudonyms, restrict

SCORES = pd.DataFrame({"label": ["王", "李"], "score": [1.0, 2.0]}, index=pd.Index(["a", "b"], name="ratee"))
BOTH = pd.DataFrame(
    {"label": ["王", "王", "李"], "score": [1.0, 2.0, 3.0]},
    index=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y"), ("b", "x")], names=["ratee", "dimension"]),
)


def test_ratee_sees_the_own_row_only() -> None:
    assert restrict(SCORES, "ratee", "a").index.tolist() == ["a"]
    assert restrict(BOTH, "ratee", "a").index.tolist() == [("a", "x"), ("a", "y")]
    with pytest.raises(DisclosureError):
        restrict(SCORES, "ratee")
    with pytest.raises(SettingsError):
        restrict(SCORES, "ratee", "nobody")
    with pytest.raises(SettingsError):
        restrict(SCORES, "ratee", "王")


@pytest.mark.parametrize("audience", ["committee", "hr"])
def test_committee_and_hr_see_all(audience: str) -> None:
    pd.testing.assert_frame_equal(restrict(SCORES, audience), SCORES)  # type: ignore[arg-type]


def test_research_sees_neither_names_nor_ids() -> None:
    for frame in (SCORES, BOTH):
        out = restrict(frame, "research", key=b"secret")
        text = out.to_csv()
        assert "王" not in text
        assert not {"a", "b"} & set(out.index.get_level_values("ratee"))
        assert sorted(out["score"]) == sorted(frame["score"])
        assert out.index.get_level_values("ratee").is_monotonic_increasing  # the order of ids would give them away
        assert out.index.get_level_values("ratee").nunique() == 2
    assert sorted(restrict(BOTH, "research", key=b"k").index.get_level_values("dimension")) == ["x", "x", "y"]


def test_unknown_audience() -> None:
    for audience in ("public", "", None):
        with pytest.raises(SettingsError):
            restrict(SCORES, audience)  # type: ignore[arg-type]


def test_pseudonyms_depend_on_the_key_and_never_fall_together() -> None:
    many = tuple(str(k) for k in range(5000))
    first, second = pseudonyms(many, b"one"), pseudonyms(many, b"two")
    assert len(set(first.values())) == 5000
    assert {len(v) for v in first.values()} == {12}
    assert not set(first.values()) & set(second.values())
    assert pseudonyms(("7",), b"one")["7"] == first["7"]
    assert pseudonyms((), b"one") == {}


def test_namesakes_never_carry_each_others_pseudonym():
    import rankkit as rk
    from rankkit.report.views import view

    names = {"1": "王伟", "2": "王伟", "3": "李娜"}
    rows = [("r1", p, s) for p, s in zip("123", (3, 2, 5), strict=True)] + [("r2", p, s) for p, s in zip("123", (4, 3, 4), strict=True)]
    frame = pd.DataFrame(rows, columns=["rater", "ratee", "score"])
    shown = view(rk.GraphicRatingScale(scale=(1, 5)).fit(frame.assign(ratee_label=frame["ratee"].map(names))), "research", "en", key=b"k")
    labels = shown.drawn.labels
    assert sorted(labels.values()).count("…") == 2
    assert all(label in ("…", person) for person, label in labels.items())
