"""People in a file, and a terminal that asks about them."""

from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

import rankkit as rk
from rankkit.cli import main

ROOT = Path(__file__).resolve().parents[2]
NAMES = {"e01": "王伟", "e02": "李娜", "e03": "张敏", "e04": "王伟", "e05": "赵磊"}


@pytest.fixture
def people(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "people.csv"
    pd.DataFrame({"person": list(NAMES), "label": list(NAMES.values())}).to_csv(path, index=False)
    return path


@pytest.fixture
def run(people):
    def call(*args, typed=(), code=0):
        with _language_kept():
            out = CliRunner().invoke(
                main, ["elicit", *map(str, args)], input="".join(f"{line}\n" for line in typed), catch_exceptions=False
            )
        assert out.exit_code == code, out.output
        assert "Traceback" not in out.output
        return out.output

    return call


@contextmanager
def _language_kept():
    token = rk.errors._language.set(rk.errors._language.get())
    try:
        yield
    finally:
        rk.errors._language.reset(token)
