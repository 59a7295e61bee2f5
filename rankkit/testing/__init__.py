"""The contract every method of judging people keeps, as checks anyone can run on a method of their own.

:func:`check_assessment` fits a method to a table and holds the result to every invariant of :func:`invariants`: the same
columns for every method, nobody dropped, row order and names of no account, ranks within their confidence sets, bad
tables explained, nobody else's score in a person's report, and so on. A failure is a :class:`ContractViolation` that
says the check, what differed and for whom.

>>> import rankkit as rk
>>> from rankkit.testing import check_assessment
>>> found = check_assessment(rk.GraphicRatingScale(), rk.datasets.load("guilford_creativity"), only=["row_order", "shift"])
>>> found["outcome"].tolist()
['passed', 'passed']

A method that reads results is checked together with the method that makes them:

>>> source = rk.GraphicRatingScale()
>>> found = check_assessment(rk.ForcedDistribution(), rk.datasets.load("guilford_creativity"), through=source, only=["relabel"])
>>> found["outcome"].tolist()
['passed']
"""

from __future__ import annotations

from rankkit.testing.contract import ContractViolation, NotApplicable, check_assessment, checks, invariants

# importing a module of checks registers them; this is the order they are run in
from rankkit.testing import checks_of_fitting, checks_of_scores  # isort: skip
from rankkit.testing import checks_of_alterations, checks_of_bad_input, checks_of_output  # isort: skip

__all__ = ["ContractViolation", "NotApplicable", "check_assessment", "checks", "invariants"]

_ = (checks_of_fitting, checks_of_scores, checks_of_alterations, checks_of_bad_input, checks_of_output)
