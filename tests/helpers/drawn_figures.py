"""Figures of made-up studies as pictures, and what is read off them."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from functools import cache

from analysis_tables import full_study, smoke_study
from made_specs import viewed

from skillift.figures import draw
from skillift.figures.theme import to_svg

STUDIES = {"three tiers": full_study, "smoke": smoke_study}


def svg_of(name: str, tables: dict, spec: dict) -> str:
    return to_svg(draw(name, tables, viewed(spec)))


@cache
def drawn(name: str, study: str = "three tiers") -> str:
    """A figure of one of STUDIES as it is; drawn once for all tests that look at it."""
    spec, tables = STUDIES[study]()
    return svg_of(name, tables, spec)


def texts(svg: str) -> list[str]:
    nodes = (node for node in ElementTree.fromstring(svg).iter() if node.tag.endswith("}text"))
    return [" ".join(node.itertext()).replace("\u00a0", " ") for node in nodes]


def marks(svg: str, kind: str) -> int:
    """Number of drawn items in the mark groups of a kind: `rule` or `symbol`."""
    groups = [
        group
        for group in ElementTree.fromstring(svg).iter()
        if f"mark-{kind} role-mark" in group.get("class", "")
    ]
    return sum(len(group) for group in groups)
