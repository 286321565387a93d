"""Which suite the headline figures and findings are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

HOLDOUT = "holdout"


def default_suite(asked: Sequence[str]) -> str:
    """The headline suite of a study that names none: the holdout where it is asked, else the first asked."""
    return HOLDOUT if HOLDOUT in asked else asked[0]


def headline_suite(data: Mapping) -> str:
    """The headline suite of a study's settings, whether their defaults are filled in or not."""
    return data["analysis"].get("headline_suite") or default_suite(data["inference"]["suites"])
