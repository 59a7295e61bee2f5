"""Narratives: golden agreement, no score from texts, scores from comparisons, models only as evidence; and what a toy gets wrong."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import rankkit as rk
from rankkit import agreement, datasets, simulate
from rankkit.errors import DataError, InsufficientDataError, SettingsError
from rankkit.tables.attributes import Attributes
from rankkit.tables.codes import Codes
from rankkit.tables.text_language import language_of, length_of, tokens
from rankkit.testing import check_assessment

A, B = [1, 1, 2, 2, 3, 3, 1, 2, 3, 1], [1, 2, 2, 2, 3, 3, 1, 1, 3, 1]
PRINTED = 0.0005


@pytest.fixture(scope="module")
def made():
    return simulate.service_team_narratives()


@pytest.fixture(scope="module")
def result(made):
    return rk.NarrativeAppraisal().fit(made.table)


def coded(a, b, **more):
    texts = pd.DataFrame({"narrative": ["n"], "ratee": ["e"], "text": ["当天回电。"]})
    rows = [("n", f"s{k}", c, code) for c, codes in (("a", a), ("b", b)) for k, code in enumerate(codes)]
    frame = pd.DataFrame(rows, columns=["narrative", "segment", "coder", "code"]).assign(**more)
    if all(isinstance(c, int) for c in a):
        frame["value"] = frame["code"]
    return rk.NarrativeAppraisal().fit(rk.Narratives.from_frame(texts).with_codes(frame))


def test_golden_agreement():
    found = coded(A, B).coding.set_index(["coefficient", "what"])["value"]
    assert found["Cohen kappa", "code"] == pytest.approx(0.697, abs=PRINTED)
    assert found["Cohen weighted kappa, quadratic weights", "value"] == pytest.approx(0.855, abs=PRINTED)
    gap = coded(A, [*B[:-1], None]).coding.set_index(["coefficient", "what"])
    assert gap.loc[("Krippendorff alpha, nominal", "code"), "value"] == pytest.approx(0.685, abs=PRINTED)
    assert gap.loc[("Krippendorff alpha, interval", "value"), "value"] == pytest.approx(0.843, abs=PRINTED)


def test_the_toy_percent_agreement_rewards_one_category():
    """Nine of ten in one category: two coders who guess agree on 82 %; κ says nothing is left."""
    rng = np.random.default_rng(1)
    a, b = (rng.choice(["usual", "rare"], 300, p=[0.9, 0.1]).tolist() for _ in range(2))
    found = coded(a, b).coding.set_index("coefficient")["value"]
    assert found["percent agreement"] > 0.75
    assert abs(found["Cohen kappa"]) < 0.15


def test_the_toy_kappa_with_missing_dropped_silently():
    """Segments only one coder coded are counted, and said."""
    found = coded(A, [*B[:5], *[None] * 5]).coding
    kappa = found[found["coefficient"] == "Cohen kappa"].iloc[0]
    assert (kappa["n"], kappa["left_out"]) == (5, 5)


def test_agreement_by_category():
    found = coded(A, B).coded_categories
    assert found.loc["3", "value"] == 1.0
    assert found.loc["1", "value"] == pytest.approx(2 * 3 / 8)  # three agreed, eight uses in all
    assert found.loc["3", "reason"]
    assert (found["ci_low"].dropna() < found["value"].loc[found["ci_low"].notna()]).all()
    table = agreement.fleiss_kappa(coded_frame()).set_index("category")["value"]
    for name in "123":
        assert found.loc[name, "kappa"] == pytest.approx(table[name], abs=1e-9)


def coded_frame():
    rows = [(c, f"s{k}", code) for c, codes in (("a", A), ("b", B)) for k, code in enumerate(codes)]
    return pd.DataFrame(rows, columns=["rater", "ratee", "score"])


def test_one_coder_and_models_alone():
    one = coded(A, [None] * 10)
    texts = pd.DataFrame({"narrative": ["n"], "ratee": ["e"], "text": ["x"]})
    rows = pd.DataFrame({"narrative": "n", "segment": ["1", "2"], "coder": "gpt", "code": ["a", "b"], "source": "model"})
    alone = rk.NarrativeAppraisal().fit(rk.Narratives.from_frame(texts).with_codes(rows))
    single = rk.NarrativeAppraisal().fit(rk.Narratives.from_frame(texts).with_codes(rows.assign(coder="k", source="human")))
    assert "W-ONECODER" in list(single.messages["code"])
    assert "E-MODELALONE" in list(alone.messages["code"])
    assert len(one.coding) == 0
    assert len(alone.coding) == 0


def test_models_are_set_beside_people_and_count_nowhere(made, result):
    table = result.coding_models
    assert set(table["kind"]) == {"two people", "model and person"}
    assert not result.coding[["rater_1", "rater_2"]].eq("M1").any(axis=None)
    assert result.model_judges.loc["M1", "n"] == 40
    people_only = made.table.comparisons.frame.query("source == 'human'").reset_index(drop=True)
    without = rk.NarrativeAppraisal().fit(made.table.with_comparisons(people_only))
    pd.testing.assert_series_equal(result.scores["score"], without.scores["score"])
    counted = rk.NarrativeAppraisal(models="judge").fit(made.table)
    assert not counted.scores["score"].equals(result.scores["score"])
    assert "I-MODELJUDGES" in list(counted.messages["code"])
    few = made.table.comparisons.frame
    few = few[(few["source"] == "human") | (few.index < few.index[few["source"] == "model"][10])].reset_index(drop=True)
    with pytest.raises(InsufficientDataError):
        rk.NarrativeAppraisal(models="judge").fit(made.table.with_comparisons(few))
    only = made.table.with_comparisons(few.assign(source="model"))
    with pytest.raises(InsufficientDataError):
        rk.NarrativeAppraisal().fit(only)


def test_texts_alone_give_nobody_a_score_and_comparisons_do(made, result):
    texts = rk.NarrativeAppraisal().fit(datasets.load("service_team_narratives"))
    assert set(texts.scores["status"]) == {"not_scored"}
    assert result.unit == "logit"
    status = result.scores["status"]
    assert status["A21"] == "insufficient_data"  # the empty text was not compared
    truth = (made.truth["worth"] + made.truth["length_part"]).rename(lambda n: n.removeprefix("N-"))
    assert truth.corr(result.scores["score"].reindex(truth.index), method="spearman") > 0.75


def test_several_texts_of_a_person_are_averaged_with_their_covariance():
    texts = pd.DataFrame({"narrative": list("abcd"), "ratee": ["p", "p", "q", "r"], "text": "当天回电三次。"})
    rng = np.random.default_rng(2)
    rows = [(f"j{j}", x, y, str(rng.choice(["left", "right"]))) for j in range(8) for x in "abcd" for y in "abcd" if x < y]
    table = rk.Narratives.from_frame(texts).with_comparisons(pd.DataFrame(rows, columns=["rater", "left", "right", "outcome"]))
    found = rk.NarrativeAppraisal().fit(table)
    worths = rk.PairedComparison().fit(table.comparisons)
    sigma = worths.covariance.dense()
    assert found.scores.loc["p", "score"] == pytest.approx(worths.scores.loc[["a", "b"], "score"].mean())
    assert found.scores.loc["p", "se"] ** 2 == pytest.approx(sigma[:2, :2].mean())
    assert found.scores.loc["q", "se"] == pytest.approx(worths.scores.loc["c", "se"])


def test_the_contract_with_comparisons(made):
    names = ("relabel", "covariance")
    found = check_assessment(rk.NarrativeAppraisal(), replace(made.table, codes=None), only=names)
    assert set(found["outcome"]) == {"passed"}


def test_copies_empty_texts_and_languages(result):
    assert result.copies[["first", "second"]].to_numpy().tolist() == [["N-A04", "N-A12"]]
    codes = result.messages.set_index("code")["text"]
    assert {"W-COPY", "W-EMPTY", "W-PIITEXT"} <= set(codes.index)
    assert "9" in codes["W-COPY"]
    mixed = pd.DataFrame(
        {
            "ratee": list("abc"),
            "text": ["当天回电并补发配件", "Called back the same day", "客户 called 三次 and thanked us"],
            "lang": ["zh", "zh", "en"],
        }
    )
    found = rk.NarrativeAppraisal().fit(mixed)
    assert {"W-LANG", "W-LANGDECLARED"} <= set(found.messages["code"])
    empty = rk.NarrativeAppraisal().fit(pd.DataFrame({"ratee": ["a", "b"], "text": [None, "  "]}))
    assert empty.text_quality["reason"].str.len().gt(0).all()
    html = rk.Narratives.from_frame(pd.DataFrame({"ratee": ["a"], "text": ["<script>alert(1)</script>"]}))
    assert "script" not in html._repr_html_()


def test_the_toy_whitespace_tokens_of_chinese():
    text = "客户来电后，她当天回电并补发配件。"
    assert len(text.split()) == 1
    assert len(tokens(text)) > 8
    assert "回电" in tokens(text)
    assert length_of(text) == 15
    assert language_of(text) == "zh"
    checked = rk.NarrativeAppraisal(tokenizer=str.split).fit(pd.DataFrame({"ratee": ["a"], "text": [text]}))
    assert checked.tokenizer == "str.split"
    assert (checked.text_quality["tokens"].item(), checked.text_quality["length"].item()) == (1, 15)


def test_judges_read_texts_without_names(made):
    people = datasets.load("service_team_people")
    texts = rk.NarrativeAppraisal().texts_for_judges(made.table, people)
    whole = " ".join(texts["text"])
    assert not [n for n in people.labels.values() if n in whole]
    assert "13800007321" not in whole
    english = rk.NarrativeAppraisal().texts_for_judges(
        pd.DataFrame({"ratee": ["e1"], "ratee_label": ["Wang Wei"], "text": ["Wang Wei helped Mrs Lee; she thanked him."]})
    )
    assert english["text"].item() == "[name] helped [personal data]; they thanked them."


def test_length_effect_is_found_and_named(result):
    assert result.length_effect.loc["log length", "p"] < 0.05
    assert list(result.findings["code"]) == ["F-LENGTH"]


def test_bad_tables_and_settings():
    texts = pd.DataFrame({"narrative": ["n", "n"], "ratee": ["a", "b"], "section": ["did", "nonsense"], "text": "x"})
    with pytest.raises(DataError) as caught:
        rk.Narratives.from_frame(texts)
    assert caught.value.codes == ("E-SECTION", "E-NARRATIVE2")
    with pytest.raises(DataError, match="not in the table"):
        rk.Narratives.from_frame(texts.head(1)).with_codes(
            pd.DataFrame({"narrative": ["m"], "segment": ["1"], "coder": ["a"], "code": ["x"]})
        )
    with pytest.raises(DataError) as caught:
        Codes.from_frame(pd.DataFrame({"narrative": "n", "segment": "1", "coder": ["a", "a"], "code": "x", "source": ["human", "robot"]}))
    assert set(caught.value.codes) == {"E-CODESOURCE", "E-DUPCODE", "E-CODERSOURCE"}
    for bad in ({"tokenizer": "x"}, {"models": "rater"}, {"boundary_reach": 0}):
        with pytest.raises(SettingsError):
            rk.NarrativeAppraisal(**bad)


def test_groups_of_fewer_than_ten_are_refused_and_rare_words_unseen():
    people = [f"e{k:02d}" for k in range(24)]
    texts = pd.DataFrame({"ratee": people, "text": [f"solved the case of w{chr(97 + k)}x" for k in range(24)]})
    known = pd.DataFrame({"person": people, "attribute": "group", "value": ["p"] * 9 + ["q"] * 15})
    found = rk.bias.group_language(texts, Attributes.from_frame(known), attribute="group")
    assert [p.code for p in found.refused] == ["E-SMALLGROUP"]
    enough = rk.bias.group_language(texts, Attributes.from_frame(known.assign(value=["p", "q"] * 12)), attribute="group")
    assert not [w for w in enough.of("group_language").index if w.startswith("w") and w.endswith("x")]
