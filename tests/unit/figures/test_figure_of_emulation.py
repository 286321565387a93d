"""Claims about the grid of emulation: each cell is the arm of its model and training."""

from __future__ import annotations

import re

import polars as pl
import pytest
from analysis_tables import make_spec
from made_specs import viewed

from skillift.errors import UserError
from skillift.figures import draw
from skillift.figures.axes import LABEL_LINE
from skillift.figures.theme import to_svg

RUNS = [
    *(("s", "sft-s0", "sft", 0), ("l", "sft-s0", "sft", 0)),
    *(("l", "sft_of_s-s0", "sft_of_s", 0), ("s", "sft_of_l-s0", "sft_of_l", 0)),
]
BORROWED = [
    {"recipe": "sft_of_s", "student": "l", "from_student": "s", "from_recipe": "sft"},
    {"recipe": "sft_of_l", "student": "s", "from_student": "l", "from_recipe": "sft"},
]
RATES = {("s", "sft"): 0.1, ("l", "sft"): 0.4, ("l", "sft_of_s"): 0.2, ("s", "sft_of_l"): 0.3}


def study(borrowed=BORROWED, rates=RATES) -> tuple[dict, pl.DataFrame]:
    names = ("student", "run", "recipe", "seed")
    spec = {
        **make_spec(("s", "l")),
        "runs": [dict(zip(names, run, strict=True)) for run in RUNS],
        "borrowed": borrowed,
    }
    rows = [
        {
            "path": path,
            "suite": "holdout",
            "metric": metric,
            "condition": condition,
            "student": student,
            "run": f"{recipe}-s0",
            "step": 9,
            "pass_rate": None if rate is None else rate + shift,
            "ci_low": None if rate is None else rate + shift - 0.05,
            "ci_high": None if rate is None else rate + shift + 0.05,
            "n_tasks": 40,
            "n_skills": 20,
            "n_unscored": 0,
        }
        for (student, recipe), rate in rates.items()
        for metric, path, shift in (("pass", "judge:conclusion", 0.0), ("format", "text", 0.5))
        for condition in ("none", "curated")
    ]
    return spec, pl.DataFrame(rows, infer_schema_length=None)


def cells(spec: dict, table: pl.DataFrame) -> list[dict[tuple[str, str], str]]:
    """What each panel writes, by model and training."""
    chart = draw("emulation_grid", {"pass_rates": table}, viewed(spec)).to_dict()
    return [
        {(row["model"], row["training"]): row["rate"] for row in rows}
        for rows in chart["datasets"].values()
        if rows and "training" in rows[0]
    ]


def test_a_cell_is_the_rate_of_its_model_with_its_training_in_both_metrics():
    small, large = (study()[0]["students"][name]["label"] for name in ("s", "l"))
    answers, form = cells(*study())
    assert answers == {
        (small, small): "10.0",
        (large, small): "20.0",
        (small, large): "30.0",
        (large, large): "40.0",
    }
    assert form == {cell: f"{float(text) + 50:.1f}" for cell, text in answers.items()}


def test_a_cell_that_is_not_asked_says_so():
    spec, table = study(BORROWED[:1])
    small, large = (spec["students"][name]["label"] for name in ("s", "l"))
    answers, _ = cells(spec, table)
    assert answers[small, large] == "not asked" and answers[large, small] == "20.0"
    text = str(draw("emulation_grid", {"pass_rates": table}, viewed(spec)).to_dict()).replace("\\xa0", " ")
    assert f"not asked: {small} with the training of {large}" in " ".join(text.split())


def test_a_rate_that_is_undefined_is_named():
    spec, table = study(rates=RATES | {("l", "sft_of_s"): None})
    small, large = (spec["students"][name]["label"] for name in ("s", "l"))
    assert cells(spec, table)[0][large, small] == "undefined"


def test_without_an_emulated_run_there_is_no_grid():
    spec, table = study([])
    with pytest.raises(UserError, match="rates under none of an emulated run"):
        draw("emulation_grid", {"pass_rates": table}, viewed(spec))


def test_long_names_stand_in_lines_above_the_cells():
    spec, table = study()
    for name, label in (("s", "SmolLM2-135M-Instruct"), ("l", "Qwen2.5-0.5B-Instruct")):
        spec["students"][name] = {**spec["students"][name], "label": label}
    chart = draw("emulation_grid", {"pass_rates": table}, viewed(spec)).to_dict()
    axis = chart["vconcat"][0]["concat"][0]["layer"][0]["encoding"]["x"]["axis"]
    assert '["SmolLM2-", "135M-", "Instruct"]' in axis["labelExpr"]
    assert axis["labelPadding"] >= 2 * LABEL_LINE  # or the last two lines would lie over the cells


def test_intervals_are_promised_where_one_is_written_and_nowhere_else():
    spec, table = study()
    bare = table.with_columns(ci_low=pl.lit(None, dtype=pl.Float64), ci_high=pl.lit(None, dtype=pl.Float64))
    for rates, promised in ((table, True), (bare, False)):
        title = draw("emulation_grid", {"pass_rates": rates}, viewed(spec)).to_dict()["title"]
        assert ("95 % intervals" in " ".join(title["subtitle"]).replace("\u00a0", " ")) == promised


def test_a_rate_of_nothing_is_white_and_all_others_are_the_bluer_the_higher_they_are():
    spec, table = study(rates={arm: rate - 0.1 for arm, rate in RATES.items()})
    svg = to_svg(draw("emulation_grid", {"pass_rates": table}, viewed(spec)))
    fills = re.findall(r'fill="rgb\((\d+), (\d+), (\d+)\)" stroke="#333333"', svg)
    reds = [int(red) for red, _, _ in fills]
    assert reds[:4].count(255) == 1 and len(set(reds[:4])) == 4  # 0, 10, 20 and 30 %
    assert all(int(red) <= int(green) <= int(blue) for red, green, blue in fills)
