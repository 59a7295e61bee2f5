"""The project's own rules: short files, rooms with names, one list of public names, a README that runs."""

import os
import re
import subprocess
import sys
from pathlib import Path

import matplotlib as mpl
import pytest

import rankkit as rk

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "rankkit").rglob("*.py"))
VAGUE = {"util", "utils", "helper", "helpers", "misc", "base", "common"}
LONGEST = 400


@pytest.mark.parametrize("path", [*SOURCES, *sorted((ROOT / "tests").rglob("*.py"))], ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_long_and_every_room_has_a_name(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST
    assert path.stem not in VAGUE
    assert not VAGUE & set(path.relative_to(ROOT).parent.parts)


def test_public_names_agree():
    typed = set()
    block = (ROOT / "rankkit" / "__init__.py").read_text(encoding="utf-8").split("if TYPE_CHECKING:")[1].split("\n_HOME")[0]
    for names in re.findall(r"import ([^\n(]+|\([^)]*\))", block):
        typed |= {n.strip() for n in names.strip("()").split(",") if n.strip()}
    assert typed == set(rk._HOME) == set(rk.__all__)
    for name in rk.__all__:
        assert getattr(rk, name) is not None
    with pytest.raises(AttributeError, match="nonsense"):
        rk.nonsense  # noqa: B018


def test_importing_loads_nothing_heavy():
    code = "import sys, rankkit; print([m for m in ('numpy', 'pandas', 'scipy', 'matplotlib', 'narwhals', 'click') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "[]"


def test_catalogue_speaks_both_languages_and_fills_the_same_blanks():
    from rankkit.wording import CATALOGUE

    blanks = re.compile(r"(?<!\{)\{(\w+)\}")
    for code, (en, fix_en, zh, fix_zh) in CATALOGUE.items():
        assert en, code
        assert zh, code
        assert bool(fix_en) == bool(fix_zh), code
        for a, b in ((en, zh), (fix_en, fix_zh)):
            assert {x.removesuffix("_zh") for x in blanks.findall(b)} <= {x.removesuffix("_zh") for x in blanks.findall(a)} | {
                "column",
                "value",
            }, code


def test_every_code_used_in_the_source_is_in_the_catalogue():
    from rankkit.wording import CATALOGUE

    used = set()
    for path in SOURCES:
        if "wording" not in path.parts:
            used |= set(re.findall(r'"([EWISF]-[A-Z0-9-]+)"', path.read_text(encoding="utf-8")))
    used |= {f"{code}-ELSE" for code in used if code.startswith("F-")}  # what else could explain a finding
    assert used <= set(CATALOGUE), used - set(CATALOGUE)
    assert set(CATALOGUE) <= used, set(CATALOGUE) - used  # no sentence that nothing says


@pytest.mark.parametrize(("page", "report"), [("README.md", "report.html"), ("docs/quickstart.zh.md", "报告.html")])
def test_tour_runs(page, report, tmp_path, monkeypatch):
    """The tour, word for word, on a GB18030 file of Chinese names."""
    monkeypatch.chdir(tmp_path)
    frame = rk.datasets.frame("service_team")
    frame = frame[frame["source"] != "self"]
    headings = {"rater": "考核人", "ratee": "被考核人", "ratee_label": "姓名", "dimension": "维度", "score": "分数"}
    frame = frame.rename(columns=headings)[list(headings.values())]
    (tmp_path / "考核2026.csv").write_bytes(frame.to_csv(index=False).encode("gb18030"))
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 3
    scope: dict[str, object] = {}
    before = dict(mpl.rcParams)
    for block in blocks:
        exec(compile(block, page, "exec"), scope)  # noqa: S102 - our own page
    assert dict(mpl.rcParams) == before
    assert [m.code for m in scope["ratings"].notes if m.code == "I-ENCODING"]
    html = (tmp_path / report).read_text(encoding="utf-8")
    assert frame["姓名"].iloc[0] in html
    assert any(path.stat().st_size > 0 for path in tmp_path.glob("*.xlsx"))


def test_command_line_demo(tmp_path):
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-8"}
    run = subprocess.run(
        [sys.executable, "-m", "rankkit", "demo", "--out", str(tmp_path / "demo")],
        capture_output=True,
        text=True,
        env=env,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "Betty" in run.stdout
    for name in ("report.html", "result.xlsx", "forest.png"):
        assert (tmp_path / "demo" / name).stat().st_size > 1000
