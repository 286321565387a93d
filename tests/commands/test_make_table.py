"""The command that publishes one table."""

from __future__ import annotations

import json

import polars as pl
import pytest
from analysis_tables import smoke_study

from publication import make_table
from skillift.contracts.analysis import PATH_SHIFT
from skillift.errors import UserError
from skillift.tables import write_table


def test_it_writes_a_page_and_a_file(tmp_path):
    spec, tables = smoke_study()
    write_table(tables["path_shift"], tmp_path / "path_shift.parquet", PATH_SHIFT)
    html, latex, csv = (tmp_path / "tables" / f"path_shift.{ending}" for ending in ("html", "tex", "csv"))
    make_table.main(
        [
            *("path_shift", "--spec", json.dumps(spec)),
            *("--path-shift", str(tmp_path / "path_shift.parquet")),
            *("--html", str(html), "--latex", str(latex), "--csv", str(csv)),
        ]
    )
    assert latex.read_text(encoding="utf-8").count(r"\begin{longtable}") == 1
    assert "<table" in html.read_text(encoding="utf-8")
    assert pl.read_csv(csv).height == tables["path_shift"].height


def test_a_table_that_does_not_keep_its_contract_is_refused_and_nothing_is_written(tmp_path):
    spec, tables = smoke_study()
    tables["agreement"].drop("kappa").write_parquet(tmp_path / "agreement.parquet")
    with pytest.raises(UserError, match="kappa"):
        make_table.main(
            [
                *(
                    "agreement",
                    "--spec",
                    json.dumps(spec),
                    "--agreement",
                    str(tmp_path / "agreement.parquet"),
                ),
                *("--html", str(tmp_path / "t.html"), "--latex", str(tmp_path / "t.tex")),
                *("--csv", str(tmp_path / "t.csv")),
            ]
        )
    assert list(tmp_path.iterdir()) == [tmp_path / "agreement.parquet"]
