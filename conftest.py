"""Fixtures for tests and doctests alike."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

import rankkit.bias  # noqa: F401 - a check has the name of its module: pytest must not put the module in its place
from rankkit import errors


@pytest.fixture(autouse=True)
def _fresh_language() -> Iterator[None]:
    """Every test starts with no language chosen."""
    token = errors._language.set(None)  # noqa: SLF001 - what use_language sets
    yield
    errors._language.reset(token)  # noqa: SLF001


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the long simulations to `make thorough`."""
    if os.environ.get("RANKKIT_THOROUGH"):
        return
    long = [item for item in items if item.get_closest_marker("thorough")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in set(long)]
