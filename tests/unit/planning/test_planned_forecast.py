"""Claims about the lift that a plan foresees from what base models prefer, and when it foresees none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from study_files import REPOSITORY

from skillift.contracts.analysis import FORECAST
from skillift.contracts.pipeline import DISCRIMINATION
from skillift.planning.forecast import foreseen, lift_at
from skillift.running.manifests import Manifest, kept, write_manifest
from skillift.study.study import Study, load_study
from skillift.tables import write_table

PATH = "judge:conclusion"


@pytest.fixture
def study(tmp_path: Path) -> Study:
    text = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
    text = text.replace("bootstrap_samples: 200", "bootstrap_samples: 200, forecast: {suite: dev}")
    (tmp_path / "planned.yaml").write_text(text, encoding="utf-8")
    return load_study(tmp_path / "planned.yaml")


def finished(folder: Path, slope: float = 0.5) -> Path:
    """Results of a study in which a skill's lift follows its discrimination."""
    rng = np.random.default_rng(2)
    rows = [
        {"path": PATH, "suite": "holdout", "student": student, "recipe": "sft", "run": "sft-s0"}
        | {"skill_id": f"k{place}", "discrimination": 0.3 + 0.03 * place, "base_pass": 0.2}
        | {"lift": slope * (0.3 + 0.03 * place) + float(rng.normal(0, 0.02))}
        | {"n_tasks": 5, "n_pairs": 4, "n_ties": 0, "n_unpaired": 0, "n_unscored": 0, "n_runs": 1}
        for student in "sm"
        for place in range(20)
    ]
    types = {name: column.dtype.type for name, column in FORECAST.columns.items()}
    write_table(pl.DataFrame(rows, schema=types), folder / "analysis/forecast.parquet", FORECAST)
    return folder


def asked(results: Path, preferred: float | None, n_skills: int = 10) -> Path:
    """What the base models prefer."""
    for student in "sm":
        frame = pl.DataFrame(
            {
                "task_id": [f"t{place}" for place in range(n_skills)],
                "skill_id": [f"k{place}" for place in range(n_skills)],
                "n_pairs": 4,
                "n_ties": 0,
                "preferred": pl.Series([preferred] * n_skills, dtype=pl.Float64),
                "margin": 0.0,
                "passed": 0.5,
            }
        ).with_columns(pl.col("n_pairs", "n_ties").cast(pl.Int64))
        write_table(frame, results / f"discrimination/{student}.parquet", DISCRIMINATION)
    return results


def written(results: Path, form: str | None) -> None:
    """The manifest of a job that asked a base model."""
    spec = json.dumps({"answers": form} if form else {})
    params = {"spec": repr(spec), "code": "'a'"}
    table = asked(results, 0.6) / "discrimination/s.parquet"
    outputs = {str(table): kept(table)}
    write_manifest(Manifest("discriminate", {"student": "s"}, params, "", {}, outputs), results)


def test_a_study_of_the_same_form_is_followed(study, tmp_path):
    written(finished(tmp_path / "earlier"), None)
    notes = foreseen(study, asked(tmp_path / "own", 0.6), tmp_path / "earlier", PATH, 0.95)
    assert all(note.startswith("Foreseen lift") for note in notes)


def test_the_lift_is_that_of_the_line_at_what_the_base_model_prefers(study, tmp_path):
    notes = foreseen(study, asked(tmp_path / "own", 0.6), finished(tmp_path / "earlier"), PATH, 0.95)
    assert len(notes) == 2
    assert notes[0].startswith(
        "Foreseen lift of 46 k, whose base model prefers right answers in 60.0 %: +30."
    )
    assert "95 % interval" in notes[0] and "that study has 2" in notes[0]


@pytest.mark.parametrize(
    ("made", "why"),
    [
        ({"earlier": None}, "no finished study is named"),
        ({"earlier": "nothing"}, "has no forecast.parquet"),
        ({"preferred": "unknown"}, "is not known yet"),
        ({"preferred": None}, "too few skills with a pair"),
        ({"preferred": 0.99}, "outside of what skills of"),
        ({"flat": True}, "do not differ in what was preferred"),
        ({"form": "answer_only"}, "asked its base models about answers of another form"),
    ],
)
def test_where_none_is_foreseen_the_plan_says_why(study, tmp_path, made, why):
    earlier = finished(tmp_path / "earlier")
    if made.get("flat"):
        table = pl.read_parquet(earlier / "analysis/forecast.parquet").with_columns(discrimination=0.6)
        write_table(table, earlier / "analysis/forecast.parquet", FORECAST)
    if "form" in made:
        written(earlier, made["form"])
    if "earlier" in made:
        earlier = made["earlier"] and tmp_path / made["earlier"]
    own = tmp_path / "own"
    if made.get("preferred") != "unknown":
        asked(own, made.get("preferred", 0.6))
    notes = foreseen(study, own, earlier, PATH, 0.95)
    assert notes and all(why in note and note.startswith("No lift") for note in notes)


def test_a_study_that_foretells_nothing_has_no_note(tmp_path):
    bare = load_study(REPOSITORY / "studies/smoke.yaml")
    assert foreseen(bare, asked(tmp_path / "own", 0.6), finished(tmp_path / "earlier"), PATH, 0.95) == []


def test_the_interval_holds_the_mean_lift_of_new_skills_as_often_as_it_says():
    rng = np.random.default_rng(5)
    held = []
    for _ in range(400):
        x = rng.uniform(0.3, 0.9, 30)
        y = 0.1 + 0.4 * x + rng.normal(0, 0.1, 30)
        known = pl.DataFrame(
            {"skill_id": [f"k{place:02d}" for place in range(30)], "discrimination": x, "lift": y}
        )
        new = rng.uniform(0.4, 0.9, 12)
        truth = float((0.1 + 0.4 * new + rng.normal(0, 0.1, 12)).mean())
        _, low, high = lift_at(float(new.mean()), known, 12, 0.95)
        held.append(low <= truth <= high)
    assert np.mean(held) == pytest.approx(0.95, abs=4 * (0.95 * 0.05 / 400) ** 0.5)
