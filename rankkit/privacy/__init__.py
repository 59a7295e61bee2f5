"""What may be shown to whom."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rankkit.privacy.auditing import audit
    from rankkit.privacy.comments import comments
    from rankkit.privacy.confidential import Confidential
    from rankkit.privacy.disclosing import Disclosure, disclose, disclose_each
    from rankkit.privacy.erasure import Erasure, erase
    from rankkit.privacy.ledger import Ledger
    from rankkit.privacy.policy import DisclosurePolicy, require_purpose
    from rankkit.privacy.released import Released, clear
    from rankkit.privacy.statements import Composite, GroupMean, Linear, RollUp, cells_of

_HOME = {
    "Composite": "statements",
    "Confidential": "confidential",
    "Disclosure": "disclosing",
    "DisclosurePolicy": "policy",
    "Erasure": "erasure",
    "GroupMean": "statements",
    "Ledger": "ledger",
    "Linear": "statements",
    "Released": "released",
    "RollUp": "statements",
    "audit": "auditing",
    "cells_of": "statements",
    "clear": "released",
    "comments": "comments",
    "disclose": "disclosing",
    "disclose_each": "disclosing",
    "erase": "erasure",
    "require_purpose": "policy",
}

__all__ = [
    "Composite",
    "Confidential",
    "Disclosure",
    "DisclosurePolicy",
    "Erasure",
    "GroupMean",
    "Ledger",
    "Linear",
    "Released",
    "RollUp",
    "audit",
    "cells_of",
    "clear",
    "comments",
    "disclose",
    "disclose_each",
    "erase",
    "require_purpose",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOME:
        msg = f"module 'rankkit.privacy' has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"rankkit.privacy.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
