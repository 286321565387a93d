"""Tables as other tools write them are read where no value changes by it, and refused in words elsewhere."""

from __future__ import annotations

import polars as pl
import pyarrow as pa
import pyarrow.parquet
import pytest

from skillift.casts import conform
from skillift.contracts.pipeline import SCORES, SKILLS
from skillift.errors import ContractError
from skillift.tables import read_table, write_table

ROW = {
    "path": "bench",
    "student": "s",
    "run": "base",
    "step": 0,
    "suite": "holdout",
    "condition": "none",
    "task_id": "7",
    "sample": 0,
    "passed": True,
    "status": "scored",
}
LOST = {**ROW, "condition": "curated", "passed": None, "status": "failed"}
SCORED = pl.DataFrame([LOST, ROW]).select(list(SCORES.columns))


@pytest.fixture
def read(tmp_path):
    """Reads the scores with some columns as another tool wrote them."""

    def run(**columns) -> pl.DataFrame:
        SCORED.with_columns(**columns).write_parquet(tmp_path / "scores.parquet")
        return read_table(tmp_path / "scores.parquet", SCORES)

    return run


AS_WRITTEN = {
    "other widths": {"step": pl.col("step").cast(pl.Int32), "sample": pl.col("sample").cast(pl.UInt8)},
    "categories": {
        "suite": pl.col("suite").cast(pl.Categorical),
        "status": pl.col("status").cast(pl.Categorical),
    },
    "ids that are numbers": {"task_id": pl.col("task_id").cast(pl.Int64)},
    "truths with a gap": {"passed": pl.Series([float("nan"), 1.0])},
    "whole numbers as floats": {"step": pl.col("step").cast(pl.Float64)},
    "an index": {"__index_level_0__": pl.Series([4, 2])},
}


@pytest.mark.parametrize("columns", AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_what_loses_nothing_is_cast(columns, read):
    assert read(**columns).equals(SCORED)


def test_columns_may_stand_in_another_order_and_one_without_values_has_no_type(tmp_path):
    lost = SCORED.filter(pl.col("passed").is_null())
    lost.with_columns(passed=pl.Series([None])).select(reversed(lost.columns)).write_parquet(
        tmp_path / "s.parquet"
    )
    assert read_table(tmp_path / "s.parquet", SCORES).equals(lost)


def test_what_pandas_writes_is_read(tmp_path):
    import pandas  # takes long to import

    frame = pandas.DataFrame([LOST, ROW], index=[7, 3]).astype({"step": "int32", "run": "category"})
    frame.to_parquet(tmp_path / "scores.parquet")
    assert "__index_level_0__" in pyarrow.parquet.read_schema(tmp_path / "scores.parquet").names
    assert read_table(tmp_path / "scores.parquet", SCORES).equals(SCORED)


def test_large_and_dictionary_texts_of_arrow_are_read(tmp_path):
    skills = pa.table(
        {
            "skill_id": pa.array(["a"], pa.large_string()),
            "name": pa.array(["a"]).dictionary_encode(),
            "domain": ["own"],
            "steps": pa.array([["one", "two"]], pa.large_list(pa.large_string())),
        }
    )
    pyarrow.parquet.write_table(skills, tmp_path / "skills.parquet")
    assert read_table(tmp_path / "skills.parquet", SKILLS)["steps"].to_list() == [["one", "two"]]


LOSSES = {
    "half a step": (
        {"step": pl.Series([0.5, 1.0])},
        r"column step: found 0.5 \(Float64\), which no Int64 is",
    ),
    "a truth of 2": ({"passed": pl.Series([2, 1])}, r"column passed: found 2 \(Int64\), which no Boolean is"),
    "a step beyond": (
        {"step": pl.Series([2**63, 1], dtype=pl.UInt64)},
        "column step: found 9223372036854775808",
    ),
    "ids of unknown form": (
        {"task_id": pl.Series([1.0, 2.0])},
        r"column task_id: found 1.0 \(Float64\), which does not say how it was written, expected String",
    ),
    "text for a number": ({"step": pl.Series(["0", "0"])}, "wrong_datatype: expected dtype"),
    "another column": ({"extra": pl.lit(1)}, "extra"),
}


@pytest.mark.parametrize(("columns", "expected"), LOSSES.values(), ids=LOSSES)
def test_what_would_be_lost_is_refused_in_words(columns, expected, read):
    with pytest.raises(ContractError, match=rf"(?s)scores\.parquet.*{expected}"):
        read(**columns)


def test_a_table_of_the_workflow_is_not_touched(tmp_path):
    write_table(SCORED, tmp_path / "scores.parquet", SCORES)
    frame = pl.read_parquet(tmp_path / "scores.parquet")
    assert conform(frame, SCORES, "scores") is frame
    skills = pl.DataFrame({"skill_id": ["a"], "name": ["a"], "domain": ["b"], "steps": [["x", "y"]]})
    assert conform(skills, SKILLS, "skills") is skills


def test_a_name_with_brackets_is_one_file(tmp_path):
    path = tmp_path / "runs[1]" / "scores*.parquet"
    write_table(SCORED, path, SCORES)
    assert read_table(path, SCORES).equals(SCORED.sort(SCORES.unique))
