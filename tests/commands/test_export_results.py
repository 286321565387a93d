"""The command export_results: what it writes, `datasets` loads, and every column is explained."""

from __future__ import annotations

import polars as pl
import pytest

from cards.export_results import main
from skillift.cards.results import COLUMNS, data_dictionary
from skillift.contracts.analysis import EFFECTS
from skillift.contracts.pipeline import EPISODES, SCORES, TASKS


def test_every_column_of_the_exported_tables_is_explained():
    columns = {name for schema in (TASKS, EPISODES, SCORES, EFFECTS) for name in schema.columns}
    assert columns | {"student", "run"} <= set(COLUMNS)
    text = data_dictionary({"scores": pl.DataFrame(schema={"passed": pl.Boolean})})
    assert "| `passed` | Boolean | the verdict; null where there is none" in text


@pytest.mark.models  # datasets looks for torch
def test_a_finished_study_becomes_a_folder_that_datasets_loads(finished_smoke, tmp_path, monkeypatch, capsys):
    from datasets import load_dataset

    monkeypatch.chdir(finished_smoke)
    options = ["--study", "studies/smoke.yaml", "--directory", str(finished_smoke)]
    main([*options, "--out", str(tmp_path / "out")])
    results = finished_smoke / "results/smoke"
    loaded = {
        name: load_dataset(str(tmp_path / "out"), name, split="train", cache_dir=str(tmp_path / "cache"))
        for name in ("tasks", "episodes", "scores")
    }
    scores = pl.read_parquet(results / "scores.parquet")
    assert loaded["scores"].num_rows == scores.height
    assert loaded["scores"]["passed"][:] == scores["passed"].to_list()
    built = [pl.read_parquet(path) for path in (results / "tasks").iterdir()]
    assert loaded["tasks"].num_rows == sum(table.height for table in built)
    answered = sum(pl.read_parquet(path).height for path in (results / "episodes").rglob("*.parquet"))
    assert loaded["episodes"].num_rows == answered
    effects = pl.read_csv(tmp_path / "out/effects.csv")
    assert effects.height == pl.read_parquet(results / "analysis/effects.parquet").height
