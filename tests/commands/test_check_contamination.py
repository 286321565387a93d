"""`check_contamination.py` lets a clean study pass and stops a contaminated one."""

from __future__ import annotations

import polars as pl
import pytest

from skillift.contracts.pipeline import CONTAMINATION, TASKS
from skillift.errors import ContractError, UserError
from skillift.tables import read_table, write_table
from tasks.check_contamination import main


@pytest.fixture
def tasks_file(tmp_path):
    def write(*rows: tuple[str, str, str]):
        frame = pl.DataFrame(rows, schema=["task_id", "suite", "prompt"], orient="row").with_columns(
            skill_id=pl.lit("s"),
            reference=pl.lit("1"),
            scorer=pl.lit("answer_line"),
            answer_type=pl.lit("number"),
            worked_solution=pl.lit(None, pl.String),
        )
        write_table(frame, tmp_path / "tasks.parquet", TASKS)
        return tmp_path / "tasks.parquet"

    return write


def check(tasks, out) -> None:
    main(["--spec", "{}", "--tasks", str(tasks), "--out", str(out)])


def test_a_clean_study_gets_an_empty_table_with_the_same_bytes_each_time(tasks_file, tmp_path):
    tasks = tasks_file(("t", "train", "Code of 1 2?"), ("h", "holdout", "Code of 2 1?"))
    check(tasks, tmp_path / "a.parquet")
    check(tasks, tmp_path / "b.parquet")
    assert read_table(tmp_path / "a.parquet", CONTAMINATION).is_empty()
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


def test_a_contaminated_study_stops_with_its_pairs_named(tasks_file, tmp_path):
    tasks = tasks_file(("t-7", "train", "Code of 1 2?"), ("h-9", "holdout", "code of  1 2"))
    with pytest.raises(
        UserError, match=r"found 1 pair.*\n  train task t-7 and holdout task h-9: same prompt"
    ):
        check(tasks, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()


def test_many_pairs_are_counted_and_the_first_ones_named(tasks_file, tmp_path):
    tasks = tasks_file(
        *((f"t{place}", "train", "Code of 1 2?") for place in range(5)),
        *((f"h{place}", "holdout", "Code of 1 2?") for place in range(5)),
    )
    with pytest.raises(UserError) as caught:
        check(tasks, tmp_path / "out.parquet")
    assert "found 25 pair(s)" in str(caught.value)
    assert str(caught.value).endswith("and 15 more")


def test_a_table_that_is_not_one_of_tasks_is_refused(tmp_path):
    pl.DataFrame({"task_id": ["t"]}).write_parquet(tmp_path / "other.parquet")
    with pytest.raises(ContractError, match=r"other\.parquet"):
        check(tmp_path / "other.parquet", tmp_path / "out.parquet")
