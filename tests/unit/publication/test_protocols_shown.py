"""What is shown of a study with protocols is `main`, as it is without; claims name the others beside it."""

from __future__ import annotations

import json

import polars as pl
import pytest
from analysis_tables import full_study, publish_table
from made_specs import viewed

from skillift.contracts.analysis import ANALYSIS_TABLES
from skillift.contracts.columns import BY_PROTOCOL
from skillift.figures import draw
from skillift.findings import findings
from skillift.protocols import MAIN, with_protocol
from skillift.reporting.registry import DECLARED

FIGURES = ("lift", "tier_trajectory", "condition_ladder", "metrics", "skill_forest")


def with_others(tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The tables of a study that declares protocols: other rows of another one stand before those of main."""
    numbers = ("estimate", "pass_rate", "ci_low", "ci_high")
    made = dict(tables)
    for name, schema in ANALYSIS_TABLES.items():
        if (schema.metadata or {}).get(BY_PROTOCOL):
            rows = tables[name]
            if name == "claims":
                rows = rows.clear()
            other = rows.with_columns(pl.col(each) / 3 + 0.01 for each in numbers if each in rows.columns)
            made[name] = pl.concat([with_protocol(other, "aside"), with_protocol(tables[name], MAIN)])
    return made


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_those_of_main(name):
    spec, tables = full_study()
    assert set(FIGURES) <= set(DECLARED)
    plain, beside = (draw(name, each, viewed(spec)).to_dict() for each in (tables, with_others(tables)))
    assert json.dumps(beside, default=str) == json.dumps(plain, default=str)


@pytest.mark.parametrize("name", ["effects", "pass_rates", "variance", "claims"])
def test_pages_are_those_of_main_and_files_have_every_row(name):
    spec, tables = full_study()
    plain, beside = (publish_table(name, each, spec) for each in (tables, with_others(tables)))
    assert beside.page == plain.page and beside.latex == plain.latex
    if name in ("effects", "pass_rates"):
        assert set(beside.rows["protocol"]) == {"aside", "main"}
        assert beside.rows.height == 2 * plain.rows.height


def test_findings_are_those_of_main():
    spec, tables = full_study()
    assert findings(with_others(tables), viewed(spec)) == findings(tables, viewed(spec))


def test_a_claim_of_another_protocol_stands_under_its_name():
    spec, tables = full_study()
    row = tables["claims"].filter(claim="lift").head(1)
    row = row.with_columns(claim=pl.lit("sampling_budget"), contrast=pl.lit("curated@4"), against=pl.lit("m"))
    claims = pl.concat([with_protocol(tables["claims"], MAIN), with_protocol(row, "warm")])
    page = publish_table("claims", tables | {"claims": claims}, spec).page
    assert "protocol warm" in page and ", 4 samples against" in page.replace("\u00a0", " ")
