"""Designs in notation: what is read, what is refused, effects and degrees of freedom."""

from __future__ import annotations

import numpy as np
import pytest

from rankkit.errors import SettingsError
from rankkit.kernels.components.design_notation import DesignNotation, parse

BRENNAN = {  # Brennan (2001), table 3.2 and section 3.2: effects of two- and three-facet designs
    "p x i": ("p", "i", "residual"),
    "i:p": ("p", "residual"),
    "p x i x h": ("p", "i", "h", "p:i", "p:h", "i:h", "residual"),
    "p x (i:h)": ("p", "h", "p:h", "i:h", "residual"),
    "(i:p) x h": ("p", "h", "i:p", "p:h", "residual"),
    "i:(p x h)": ("p", "h", "p:h", "residual"),
    "(i x h):p": ("p", "i:p", "h:p", "residual"),
    "i:h:p": ("p", "h:p", "residual"),
}


@pytest.mark.parametrize(("text", "names"), BRENNAN.items())
def test_effects(text, names):
    design = parse(text)
    assert design.names == names
    assert parse(str(design)) == design


@pytest.mark.parametrize("text", ["p×i", "p * i", " p  X i ", "(p) x (i)", "((p x i))"])
def test_ways_to_write_crossing(text):
    assert parse(text) == parse("p x i")


def test_names_of_any_script():
    assert parse("被评人 x (题目:场合)").names == ("被评人", "场合", "被评人:场合", "题目:场合", "residual")


@pytest.mark.parametrize(
    "text", ["", "p x", "x", "p i", "p:(i", "p x p", "p:", ":p", "p x (i:p)", "p+i", "()", "a x b x c x d x e x f x g", "1 x p"]
)
def test_refused(text):
    with pytest.raises(SettingsError) as caught:
        parse(text)
    assert caught.value.code == "E-NOTATION"


def test_chains_are_transitive():
    design = parse("i:h:p")
    assert design.nested_in == (frozenset({1, 2}), frozenset({2}), frozenset())
    assert design == parse("(i:h):p").reordered(("i", "h", "p"))


@pytest.mark.parametrize("text", list(BRENNAN))
def test_degrees_of_freedom_add_up(text):
    design = parse(text)
    sizes = np.array([5.0, 3.0, 4.0][: len(design.facets)])
    assert design.degrees_of_freedom(sizes).sum() == np.prod(sizes) - 1


def test_reordering_keeps_the_design():
    design = parse("p x (i:o)")
    other = design.reordered(("i", "o", "p"))
    assert other.nested_in == (frozenset({1}), frozenset(), frozenset())
    assert other.reordered(design.facets) == design
    assert design.renamed({"p": "ratee"}).facets == ("ratee", "i", "o")


def test_unknown_facet():
    with pytest.raises(SettingsError):
        parse("p x i").position("r")


def test_two_facets_in_the_same_nest_and_in_different_ones():
    both = DesignNotation(("i", "h", "p", "o"), (frozenset({2}), frozenset({2, 3}), frozenset(), frozenset()))
    assert str(both) == "(i:p) x (h:(p x o))"  # p stands twice: there is no shorter way to say it
