"""Captions of figures speak of marks and places: whatever they name is drawn, and where they say."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl
import pytest
from analysis_tables import full_study, seven_recipes
from made_specs import viewed

from skillift.figures import draw
from skillift.figures.theme import BEFORE_COLOUR, PALE, SOFT, WARNING, specification
from skillift.reporting.registry import FIGURES

pytestmark = [pytest.mark.xdist_group("made-up study"), pytest.mark.slow]

BELOW = "below the plot where a warning stands there"


def caption_of(name: str, repository: Path) -> str:
    text = (repository / "rules/captions" / f"{name}.rst").read_text(encoding="utf-8")
    return " ".join(text.split())


def nine_recipes() -> tuple[dict, dict]:
    """Seven recipes, and two with the logs of the last one."""
    spec, tables = seven_recipes()
    last = spec["runs"][-1]
    more = [{**last, "recipe": recipe, "run": f"{recipe}-s0"} for recipe in ("eighth", "ninth")]
    log = tables["log"].filter(student=last["student"], run=last["run"])
    logs = [tables["log"], *(log.with_columns(run=pl.lit(run["run"])) for run in more)]
    return {**spec, "runs": [*spec["runs"], *more]}, {**tables, "log": pl.concat(logs)}


def chart_of(name: str) -> dict:
    """The figure of a study that has what its caption speaks of, as Vega-Lite."""
    spec, tables = nine_recipes() if name == "loss_curves" else full_study()
    tables = {
        **tables,
        "effects": tables["effects"].with_columns(mde=pl.lit(1.3)),
        "asymmetry": tables["asymmetry"].with_columns(slope=pl.lit(2.5)),
    }
    limits = {"certification": {"max_false_pass": 0.9, "max_false_fail": 0.9}}
    spec = {**spec, "analysis": spec["analysis"] | limits, "figures": {"published_values": True}}
    return specification(draw(name, tables, viewed(spec)))


def nodes(part: object) -> Iterator[dict]:
    if isinstance(part, dict):
        yield part
    for each in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from nodes(each)


def marks(chart: dict, **look: object) -> list[dict]:
    """The layers whose mark looks so."""
    found = [node for node in nodes(chart) if isinstance(node.get("mark"), dict)]
    return [node for node in found if look.items() <= node["mark"].items()]


def dashes(chart: dict) -> list[list[float]]:
    scales = [node["strokeDash"] for node in nodes(chart) if "strokeDash" in node]
    scaled = [dash for each in scales if isinstance(each, dict) for dash in each["scale"]["range"]]
    return scaled + [each for each in scales if isinstance(each, list)]


def values(chart: dict) -> list[object]:
    """Every value of a mark, of a scale or of an encoding; those of the common look are none."""
    parts = {name: part for name, part in chart.items() if name not in ("config", "datasets", "title")}
    found = [each for node in nodes(parts) for each in node.values()]
    return found + [value for each in found if isinstance(each, list) for value in each]


def intervals(chart: dict) -> list[dict]:
    return [node for node in marks(chart, type="rule") if {"x2", "y2"} & node["encoding"].keys()]


# a word for a mark, and what draws it
DRAWN: dict[str, Callable[[dict], object]] = {
    "dashed": lambda chart: any(dash[0] > 1 and dash[1] > 0 for dash in dashes(chart)),
    "dotted": lambda chart: [1, 2] in dashes(chart),
    "grey band": lambda chart: marks(chart, type="bar", color=PALE),
    "grey": lambda chart: {BEFORE_COLOUR, PALE, SOFT} & set(filter(_is_text, values(chart))),
    "hollow": lambda chart: marks(chart, type="point", fill="white"),
    "arrows?": lambda chart: marks(chart, type="point", shape="triangle-right"),
    "bars?": lambda chart: intervals(chart) or marks(chart, type="bar"),
    "(?<!no )intervals?": intervals,
    "(small )?dots?": lambda chart: marks(chart, type="circle") or "circle" in values(chart),
    "large marks?": lambda chart: marks(chart, type="point"),
    "bold": lambda chart: any("labelFontWeight" in node for node in nodes(chart)),
    "numbers on the right": lambda chart: marks(chart, type="text", align="left"),
    "lines? (for each run|join)": lambda chart: marks(chart, type="line"),
    "colour(ed)?": lambda chart: any("color" in node.get("encoding", {}) for node in marks(chart)),
    "on (the|both) ax[ie]s": lambda chart: re.search(r"\bn = ", str(list(filter(_is_title, values(chart))))),
    "a box": lambda chart: any(node.get("bind", {}) for node in chart["params"]),
    "panels?": lambda chart: any(
        "facet" in node or len(node.get("vconcat", ())) > 1 for node in nodes(chart)
    ),
}
# looks that no figure has, so that no caption may speak of one without a line above
FURTHER = re.compile(
    r"\b(?:red|blue|green|orange|shad(?:ed|ing)|whiskers?|error bars?|triangle|square|circle|diamond)"
)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_title(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(map(_is_text, value)))


@pytest.mark.parametrize("name", FIGURES)
def test_every_mark_that_a_caption_speaks_of_is_drawn(name, repository):
    text, chart = caption_of(name, repository).lower(), chart_of(name)
    spoken = [word for word in DRAWN if re.search(rf"\b(?:{word})\b", text)]
    assert {word for word in spoken if not DRAWN[word](chart)} == set()
    assert not FURTHER.findall(text)


@pytest.mark.parametrize("name", FIGURES)
def test_a_caption_says_where_the_lines_around_a_figure_stand(name, repository):
    text = caption_of(name, repository)
    spec, tables = full_study()
    strict = copy.deepcopy(spec)
    strict["analysis"]["certification"] = {"max_false_pass": 0.0, "max_false_fail": 0.0}
    quiet, warned = (specification(draw(name, tables, viewed(each)))["title"] for each in (spec, strict))
    above = " ".join(quiet["subtitle"]).replace("\u00a0", " ")
    assert above.startswith("path ") or "named under the title" not in text
    assert "unscored" in above or not re.search("unscored episodes (stand )?under the title", text)
    assert (warned["subtitleColor"] == WARNING) == (BELOW in text)
