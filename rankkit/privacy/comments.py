"""Written comments: withheld where too few wrote, shuffled, without dates and authors."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from rankkit.privacy.policy import DisclosurePolicy

_DATE = re.compile(
    r"\b\d{4}[-/.]\d{1,2}[-/.]\d{1,2}(?:[ T]\d{1,2}:\d{2}(?::\d{2})?)?\b|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|"
    r"(?:\d{4}年)?\d{1,2}月\d{1,2}[日号號]|"
    r"\b(?:\d{1,2}(?:st|nd|rd|th)? )?(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?: \d{1,2}(?:st|nd|rd|th)?)?(?:,? \d{4})?\b(?=[ ,.;]|$)",
)


def comments(texts: Sequence[str], authors: int, policy: DisclosurePolicy | None = None, *, seed: int = 0) -> list[str]:
    """Return comments as they may be shown: none of a group below ``min_comments`` authors, else shuffled and without dates.

    Words can still give a writer away; comments are confidential at best.

    Parameters
    ----------
    texts : sequence of str
        Comments of one group about one person.
    authors : int
        How many people wrote them.
    policy : DisclosurePolicy, optional
    seed : int
        Of the order; the order of the texts given does not matter.

    Returns
    -------
    list of str

    Examples
    --------
    >>> comments(["calls back"], 1)
    []
    >>> comments(["On 2026-03-02 the queue was empty."] * 5, 5)[0]
    'On … the queue was empty.'
    """
    policy = DisclosurePolicy() if policy is None else policy
    if not policy.may_comment(authors):
        return []
    kept = sorted(undated(t) for t in texts if t and t.strip())
    order = np.random.default_rng(seed).permutation(len(kept))
    return [kept[k] for k in order]


def undated(text: str) -> str:
    """Take calendar dates out of a text.

    >>> undated("2026年3月2日值班，3月3日休息")
    '…值班，…休息'
    """
    return _DATE.sub("…", text).strip()
