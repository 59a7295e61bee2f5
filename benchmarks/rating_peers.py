"""Tables of ratings, and the same work by R's lme4 and psych, statsmodels, RaschPy and krippendorff; those not installed are left out."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd

LME4 = """
suppressMessages(library(lme4))
given <- commandArgs(TRUE); file <- given[1]; repeats <- as.integer(given[2]); out <- given[3]; form <- as.formula(given[4])
d <- if (file == "InstEval") with(InstEval, data.frame(ratee = d, rater = s, score = as.numeric(y))) else
  read.csv(file, stringsAsFactors = TRUE)
if (file == "InstEval") write.csv(transform(d, ratee = paste0("e", ratee), rater = paste0("r", rater)), out, row.names = FALSE)
best <- Inf
for (k in seq_len(repeats)) {
  used <- sum(system.time(m <- suppressMessages(suppressWarnings(lmer(form, d))))[1:2])
  best <- min(best, used)
}
v <- as.data.frame(VarCorr(m))
cat(sprintf("seconds %.6f\\ncriterion %.12g\\n", best, REMLcrit(m)))
cat(sprintf("variance:%s %.12g\\n", v$grp, v$vcov), sep = "")
b <- ranef(m)$ratee
if (file == "InstEval") rownames(b) <- paste0("e", rownames(b))
write.csv(data.frame(ratee = rownames(b), effect = b[[1]]), paste0(out, ".effects"), row.names = FALSE)
"""
PSYCH = """
x <- as.matrix(read.csv(commandArgs(TRUE)[1]))
used <- sum(system.time(m <- suppressMessages(psych::ICC(x, missing = FALSE, lmer = TRUE)))[1:2])
cat(sprintf("seconds %.6f\\n", used), sprintf("%s %.12g\\n", m$results$type, m$results$ICC), sep = "")
"""


def r_has(package: str) -> bool:
    """Whether R and a package of it are here."""
    if shutil.which("Rscript") is None:
        return False
    asked = subprocess.run(["Rscript", "-e", f"cat(requireNamespace('{package}', quietly = TRUE))"], capture_output=True, check=False)
    return asked.stdout.endswith(b"TRUE")


def missing() -> list[str]:
    """Peers that are not here."""
    python = {"raschpy": "RaschPy", "krippendorff": "krippendorff", "statsmodels": "statsmodels"}
    return [name for module, name in python.items() if find_spec(module) is None] + [f"R {p}" for p in ("lme4", "psych") if not r_has(p)]


def _run(script: str, *arguments: str) -> dict[str, float]:
    """Names and numbers an R script prints."""
    with tempfile.NamedTemporaryFile("w", suffix=".R") as file:
        file.write(script)
        file.flush()
        printed = subprocess.run(["Rscript", file.name, *arguments], capture_output=True, check=True, text=True).stdout
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in printed.splitlines())}


def lme4(data: pd.DataFrame | None, formula: str, repeats: int) -> tuple[dict[str, float], pd.Series, pd.DataFrame]:
    """CPU seconds, criterion and variances of lmer with its defaults; effects of ratees; the table (None: lecturer evaluations of lme4)."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "ratings.csv")
        if data is not None:
            data.to_csv(path, index=False)
        found = _run(LME4, "InstEval" if data is None else str(path), str(repeats), str(path), formula)
        effects = pd.read_csv(f"{path}.effects", index_col="ratee")["effect"]
        return found, effects, pd.read_csv(path) if data is None else data


def psych(wide: pd.DataFrame) -> dict[str, float]:
    """CPU seconds and values of the six coefficients, by lmer where cells are empty."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        wide.to_csv(file, index=False)
        file.flush()
        return _run(PSYCH, file.name)


def mixed_lm(data: pd.DataFrame) -> None:
    """Crossed random intercepts, as components of one group."""
    import statsmodels.api as sm

    parts = {"ratee": "0 + C(ratee)", "rater": "0 + C(rater)"}
    model = sm.MixedLM.from_formula("score ~ 1", groups=np.ones(len(data)), vc_formula=parts, re_formula="0", data=data)
    model.fit(reml=True)


def raschpy(data: pd.DataFrame) -> dict[str, float]:
    """CPU seconds of calibration alone, and with persons and fit statistics, once."""
    from raschpy import MFRM

    wide = data.pivot_table(values="score", index=["rater", "ratee"], columns="dimension", sort=True)
    grid = wide.reindex(pd.MultiIndex.from_product(wide.index.levels, names=["Rater", "Person"]))
    start = time.process_time()
    model = MFRM(grid, max_score=int(data["score"].max()), validate=False)
    model.calibrate(model="global")
    calibrated = time.process_time() - start
    model.person_estimates_global()
    model.category_probability_dict_global()
    model.fit_matrices_global()
    model.item_fit_statistics_global()
    model.facet_fit_statistics_global()
    return {"calibration": calibrated, "whole": time.process_time() - start}


def names(letter: str, codes: np.ndarray) -> pd.Series:
    """Identifiers."""
    known = pd.array([f"{letter}{c:06d}" for c in range(int(codes.max()) + 1)], dtype="str")
    return pd.Series(known.take(codes))


def crossed(n_ratings: int, raters: int = 200, each: int = 20, seed: int = 1) -> pd.DataFrame:
    """Each ratee rated by some of the raters, chosen at random: merit sd 1, severity sd .5, rest sd 1."""
    rng = np.random.default_rng(seed)
    n = n_ratings // each
    i = np.repeat(np.arange(n), each)
    r = (rng.integers(0, raters, n)[:, None] + np.sort(rng.permuted(np.arange(1, raters))[:each])).ravel() % raters
    score = rng.normal(size=n)[i] + 0.5 * rng.normal(size=raters)[r] + rng.normal(size=len(i))
    return pd.DataFrame({"ratee": names("e", i), "rater": names("r", r), "score": score})


def graded(n_ratings: int, raters: int = 200, dimensions: int = 10, each: int = 4, seed: int = 2) -> pd.DataFrame:
    """Five categories of a rating scale model; each ratee rated by four of the raters on ten dimensions."""
    rng = np.random.default_rng(seed)
    n = n_ratings // (dimensions * each)
    i = np.repeat(np.arange(n), each)
    r = (rng.integers(0, raters, n)[:, None] + np.sort(rng.permuted(np.arange(1, raters))[:each])).ravel() % raters
    i, r, d = np.repeat(i, dimensions), np.repeat(r, dimensions), np.tile(np.arange(dimensions), len(i))
    eta = rng.normal(size=n)[i] - 0.5 * rng.normal(size=raters)[r] - 0.5 * rng.normal(size=dimensions)[d]
    weight = np.exp(np.outer(eta, np.arange(5)) - np.cumsum([0, -1.2, -0.4, 0.4, 1.2]))
    score = (rng.random((len(eta), 1)) * weight.sum(axis=1, keepdims=True) > weight.cumsum(axis=1)).sum(axis=1)
    return pd.DataFrame({"ratee": names("e", i), "rater": names("r", r), "dimension": names("d", d), "score": score})


def study(people: int = 1000, raters: int = 10, items: int = 5, keep: float = 1.0, seed: int = 3) -> pd.DataFrame:
    """People × raters × items, all effects present; some ratings lost at random."""
    rng = np.random.default_rng(seed)
    p, r, i = np.indices((people, raters, items)).reshape(3, -1)
    y = rng.normal(size=people)[p] + 0.5 * rng.normal(size=raters)[r] + 0.5 * rng.normal(size=items)[i] + rng.normal(size=len(p))
    y += 0.6 * rng.normal(size=(people, raters))[p, r] + 0.6 * rng.normal(size=(people, items))[p, i]
    y += 0.4 * rng.normal(size=(raters, items))[r, i]
    data = pd.DataFrame({"ratee": names("e", p), "rater": names("r", r), "dimension": names("d", i), "score": y})
    return data[rng.random(len(data)) < keep].reset_index(drop=True)
