"""The reference page of all tables, made from their contracts and the comments above these."""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl

from skillift.contracts import pa
from skillift.contracts.columns import BY_PROTOCOL
from skillift.protocols import PROTOCOL

MODULES = {  # of each module the heading of its tables
    "pipeline": "Tables that pass between the steps",
    "training": "Trainings",
    "served_checks": "Checks of what answers",
    "interventions": "Interventions",
    "analysis": "The analysis",
    "scoring_audit": "The audit of paths and judges",
    "claims": "What claims rest on",
    "predictions": "Predictions",
    "second_opinion": "The second opinion",
}
_INTRODUCTION = """\
# Contracts

Made by `python workflow_scripts/study/document_study.py` from `workflow_scripts/skillift/contracts/`; do not
edit by hand.

Every table of a study is Parquet and is checked whenever it is written or read: it has these columns in this
order, no others, and a unique key by which its rows are sorted. Where the files stand: [outputs](outputs.md).
A value may be missing (null) only where it says so; NaN never occurs. Rates and differences of rates are
fractions: 0.07 is 7 percentage points. What the numbers mean: [statistics](../explanation/statistics.md).
"""


def contracts_page() -> str:
    """The page as Markdown: a part for each module of contracts, a table of columns for each contract."""
    parts = [_INTRODUCTION]
    told: set[str] = set()
    for name, heading in MODULES.items():
        module = importlib.import_module(f"skillift.contracts.{name}")
        own = []
        for constant, comment in constants(Path(str(module.__file__))):
            schema = getattr(module, constant, None)
            if isinstance(schema, pa.DataFrameSchema) and schema.name not in told:
                told.add(str(schema.name))
                own.append(_contract(schema, comment))
        if own:
            parts += [f"## {heading}\n", *own]
    return "\n".join(parts)


def constants(path: Path) -> Iterator[tuple[str, str]]:
    """The constants of a module in the order in which they stand, each with the comment right above it."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            above = node.lineno - 1
            while above and lines[above - 1].startswith("#"):
                above -= 1
            yield node.targets[0].id, " ".join(line.lstrip("# ") for line in lines[above : node.lineno - 1])


def _contract(schema: pa.DataFrameSchema, comment: str) -> str:
    rows = [_row(name, column, schema.unique or []) for name, column in schema.columns.items()]
    if (schema.metadata or {}).get(BY_PROTOCOL):
        rows = [f"| `{PROTOCOL}` | text | **key**; there where a study declares protocols |\n", *rows]
    said = f"{comment[0].upper()}{comment[1:]}\n\n" if comment else ""
    return f"### {schema.name}\n\n{said}| column | type | values |\n| --- | --- | --- |\n{''.join(rows)}"


def _row(name: str, column: pa.Column, key: list[str] | str) -> str:
    said = ["**key**"] if name in key else []
    limits: dict[str, float] = {}
    for check in column.checks:
        found = check.statistics or {}
        if "allowed_values" in found:
            said.append(", ".join(f"`{value}`" for value in found["allowed_values"]))
        if check.name != "str_length":
            limits |= {name: found[name] for name in ("min_value", "max_value") if name in found}
    if limits:
        low, high = (limits.get(name) for name in ("min_value", "max_value"))
        said.append(_range(low, high))
    if column.nullable:
        said.append("may be missing")
    if not column.required:
        said.append("there where a study has any")
    return f"| `{name}` | {_type(column.dtype.type)} | {'; '.join(said)} |\n"


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"at most {high:g}" if low is None else f"at least {low:g}"
    return f"{low:g} to {high:g}"


def _type(dtype: object) -> str:
    """A type of polars in words."""
    if isinstance(dtype, pl.List):
        return f"list of {_type(dtype.inner)}"
    if isinstance(dtype, pl.Struct):
        return "record of " + ", ".join(f"`{field.name}`" for field in dtype.fields)
    words = {pl.String: "text", pl.Int64: "integer", pl.Float64: "number", pl.Boolean: "true or false"}
    return next((word for kind, word in words.items() if dtype == kind), str(dtype))
