"""A covariance that is computed when somebody first asks for it, so that a fit never pays for unread standard errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from rankkit.kernels.arrays import Floats, Ints

if TYPE_CHECKING:
    from rankkit.kernels.covariance import Covariance


@dataclass(frozen=True, eq=False)
class OnDemand:
    """A covariance of ``size`` scores, made by ``make()`` on first use and then kept.

    Pickles, copies and archives hold the covariance itself, which is then computed.

    Attributes
    ----------
    size : int
        Number of people; known without computing anything.
    make : callable
        Returns the covariance, in any form.

    Examples
    --------
    >>> from rankkit.kernels.covariance import Dense
    >>> later = OnDemand(2, lambda: Dense(np.diag([0.04, 0.09])))
    >>> later
    <OnDemand: 2 people, not yet computed>
    >>> later.diagonal()
    array([0.04, 0.09])
    """

    kind: ClassVar[str] = "on_demand"
    size: int
    make: Callable[[], Covariance]

    @cached_property
    def resolved(self) -> Covariance:
        """The covariance itself."""
        made = self.make()
        return made.resolved if isinstance(made, OnDemand) else made

    def diagonal(self) -> Floats:
        """Variances, shape (n,)."""
        return self.resolved.diagonal()

    def block(self, rows: Ints, columns: Ints) -> Floats:
        """Covariances of some people with some others, shape (rows, columns)."""
        return self.resolved.block(rows, columns)

    def draws(self, size: int, rng: np.random.Generator) -> Floats:
        """Draw from N(0, Σ), shape (size, n)."""
        return self.resolved.draws(size, rng)

    def take(self, index: Ints) -> Covariance:
        """Covariance of the people at these positions, in this order; computed now."""
        return self.resolved.take(index)

    def dense(self) -> Floats:
        """Return all of it, shape (n, n)."""
        return self.resolved.dense()

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Plain arrays of the covariance itself (``resolved.kind`` says which)."""
        return self.resolved.to_arrays()

    def __reduce__(self) -> tuple[Callable[[Covariance], Covariance], tuple[Covariance]]:
        return _itself, (self.resolved,)

    def __repr__(self) -> str:
        form = self.resolved.kind if "resolved" in vars(self) else "not yet computed"
        return f"<OnDemand: {self.size} people, {form}>"


def _itself(covariance: Covariance) -> Covariance:
    """What a pickle holds."""
    return covariance
