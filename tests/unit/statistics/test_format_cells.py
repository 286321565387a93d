"""Format and correctness: four cells that add up, and a gain that is divided without a rest."""

from __future__ import annotations

import polars as pl
import pytest
from metric_tables import made_responses
from score_tables import make_scores, make_tasks

from skillift.contracts.analysis import FORMAT_CELLS
from skillift.statistics.format_cells import format_cells
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import no_responses
from skillift.tables import check

N_TASKS = 40
CELLS = ("right_in_form", "wrong_in_form", "right_out_of_form", "wrong_out_of_form")


def table(lines: dict[str, int], right: dict[str, int], judged_out_of_form: int = 0) -> pl.DataFrame:
    """Of 40 tasks in 8 skills, so many responses in form by run, the first of them right on `bench`."""
    arms = {}
    for run, step in (("base", 0), ("sft-s0", 9)):
        bench = [place % N_TASKS < right[run] for place in range(N_TASKS)]
        out = range(lines[run], lines[run] + judged_out_of_form)
        judged = [verdict or place in out for place, verdict in enumerate(bench)]
        arms["bench", "s", run, step, "none"] = bench
        arms["judge:a", "s", run, step, "none"] = judged
    scores, tasks = make_scores(arms), make_tasks(8, 5)
    seen = made_responses(scores).with_columns(
        has_answer_line=pl.col("task_id").str.slice(1).cast(pl.Int64)
        < pl.col("run").replace_strict(lines, return_dtype=pl.Int64)
    )
    return check(format_cells(with_skills(scores, tasks), seen, 0.95), FORMAT_CELLS, "cells")


def row(found: pl.DataFrame, path: str, run: str) -> dict:
    return found.filter(path=path, run=run).row(0, named=True)


def test_the_four_cells_add_up_and_nothing_is_right_out_of_form_on_bench():
    found = table({"base": 20, "sft-s0": 40}, {"base": 10, "sft-s0": 20}, judged_out_of_form=4)
    assert found.select(total=pl.sum_horizontal(CELLS))["total"].to_list() == pytest.approx([1.0] * 4)
    bench, judged = row(found, "bench", "base"), row(found, "judge:a", "base")
    assert [bench[name] for name in CELLS] == [0.25, 0.25, 0.0, 0.5]
    assert [judged[name] for name in CELLS] == [0.25, 0.25, 0.1, 0.4]


def test_a_gain_by_twice_as_many_lines_of_one_quality_is_all_more_lines():
    after = row(table({"base": 20, "sft-s0": 40}, {"base": 10, "sft-s0": 20}), "bench", "sft-s0")
    assert (after["gain"], after["more_lines"], after["better_lines"]) == pytest.approx((0.25, 0.25, 0.0))


def test_a_gain_by_better_lines_of_one_number_is_all_better_lines():
    after = row(table({"base": 20, "sft-s0": 20}, {"base": 5, "sft-s0": 15}), "bench", "sft-s0")
    assert (after["gain"], after["more_lines"], after["better_lines"]) == pytest.approx((0.25, 0.0, 0.25))


def test_both_parts_are_the_whole_gain_and_stand_within_their_intervals():
    after = row(table({"base": 16, "sft-s0": 33}, {"base": 4, "sft-s0": 21}), "bench", "sft-s0")
    assert (
        after["more_lines"] + after["better_lines"] == pytest.approx(after["gain"]) == pytest.approx(17 / 40)
    )
    for part in ("more_lines", "better_lines"):
        assert after[f"{part}_low"] < after[part] < after[f"{part}_high"]


def test_without_a_line_before_sft_its_quality_is_undefined_and_so_are_both_parts():
    after = row(table({"base": 0, "sft-s0": 30}, {"base": 0, "sft-s0": 10}), "bench", "sft-s0")
    assert (after["gain"], after["more_lines"], after["better_lines"]) == (None, None, None)
    assert after["right_in_form"] == 0.25


def test_a_judges_path_and_base_models_have_no_division():
    found = table({"base": 20, "sft-s0": 40}, {"base": 10, "sft-s0": 20})
    assert found.filter(pl.col("gain").is_not_null()).select("path", "run").rows() == [("bench", "sft-s0")]


def test_without_responses_there_are_no_cells():
    scores, tasks = make_scores({("bench", "s", "base", 0, "none"): [True] * N_TASKS}), make_tasks(8, 5)
    assert format_cells(with_skills(scores, tasks), no_responses(), 0.95).is_empty()
