"""Fixtures for tests and doctests alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rankkit import errors


@pytest.fixture(autouse=True)
def _fresh_language() -> Iterator[None]:
    """Every test starts with no language chosen."""
    token = errors._language.set(None)  # noqa: SLF001 - what use_language sets
    yield
    errors._language.reset(token)  # noqa: SLF001
