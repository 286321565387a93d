"""Comparisons of logs by a study file: its margins, its settings of the analysis, and its predictions."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from compared_logs import LOGS, compare, effects_of, text_of

from skillift.errors import UserError
from skillift.evaluation_logs.study_settings import Logs, settings_of

TEMPLATE = (Path(__file__).resolve().parents[2] / "studies/template.yaml").read_text(encoding="utf-8")
ARMS = Logs(["none", "curated"], "pass", "sft")
GAIN = "effect: {contrast: 'gain:none', student: small, recipe: sft}"


def study(folder: Path, predictions: str, analysis: str = "{}") -> str:
    path = folder / "own.yaml"
    text = f"{TEMPLATE}\nanalysis: {analysis}\npredictions:\n{predictions}\n"
    path.write_text(text, encoding="utf-8")
    return str(path)


def prediction(name: str, effect: str = GAIN, **further: object) -> str:
    lines = "".join(f"    {key}: {value}\n" for key, value in further.items())
    return f"  {name}:\n    {effect}\n    direction: greater\n{lines}"


def test_settings_margins_and_predictions_of_a_study_are_those_of_the_comparison(tmp_path):
    predictions = prediction("it_gains") + prediction("by_much", than=0.9)
    path = study(tmp_path, predictions, "{confidence: 0.9, bootstrap_samples: 150, seed: 3, splits: 7}")
    conditions = ["--condition", "none=skills_none", "--item", "id", "--cluster", "skill"]
    logs = [LOGS / "lm_eval/before"], [LOGS / "lm_eval/after"]
    out = compare(tmp_path / "out", *logs, *conditions, "--recipe", "sft", "--study", path)
    judged = pl.read_parquet(out / "analysis/predictions.parquet")
    assert dict(judged.select("prediction", "verdict").rows()) == {"it_gains": "held", "by_much": "failed"}
    row, effect = judged.filter(prediction="it_gains").row(0, named=True), effects_of(out)["gain:none"]
    assert [row[end] for end in ("ci_low", "ci_high")] == pytest.approx(
        [effect[end] for end in ("ci_low", "ci_high")]
    )
    page = text_of(out / "findings.html")
    assert "Did the prediction hold? No prediction was registered before results existed." in page
    assert "90 % interval" in page and "The words are at 0.1," in page
    assert "Confidence, margins, seeds and predictions are those of the study" in page


def test_without_a_study_the_settings_are_the_defaults_of_the_typed_models():
    found = settings_of(None, ARMS)
    assert found.analysis.confidence == 0.95 and found.analysis.margins["neutral_filler"] == 0.05
    assert found.predictions == {}


def test_predictions_of_arms_that_the_logs_do_not_have_are_refused_by_name_all_at_once(tmp_path):
    lift = "effect: {contrast: 'lift:curated-none', student: small, recipe: sft}"
    path = study(tmp_path, prediction("gains") + prediction("lifts", lift))
    with pytest.raises(UserError) as caught:
        settings_of(path, Logs(["none"], "pass", "dpo", "other"))
    lines = str(caught.value).splitlines()
    assert [line.split(": found")[0].partition(", ")[2] for line in lines[:-1]] == [
        "predictions.gains.effect.student",
        "predictions.gains.effect.recipe",
        "predictions.lifts.effect.student",
        "predictions.lifts.effect.recipe",
        "predictions.lifts.effect.contrast",
    ]
    assert "--predictions NAME" in lines[-1]


@pytest.mark.parametrize(
    ("further", "why"),
    [
        ({"path": "bench"}, "it is about the scoring path bench"),
        ({"metric": "length"}, "it is about the metric length, and the logs have pass"),
    ],
)
def test_predictions_about_another_path_or_metric_are_left_out_and_named(further, why, tmp_path):
    path = study(tmp_path, prediction("kept") + prediction("other", **further))
    found = settings_of(path, ARMS)
    assert list(found.predictions) == ["kept"]
    [(name, reason)] = found.left_out
    assert name == "other" and reason.startswith(why)


def test_only_chosen_predictions_are_judged_and_an_unknown_one_is_refused(tmp_path):
    path = study(tmp_path, prediction("one") + prediction("two"))
    assert list(settings_of(path, ARMS, ["two"]).predictions) == ["two"]
    with pytest.raises(UserError, match=r"--predictions: found .three., expected predictions of .*one, two"):
        settings_of(path, ARMS, ["three"])


def test_a_wrong_study_says_what_is_wrong_with_it(tmp_path):
    with pytest.raises(UserError, match=r"own.yaml:\d+.*confidence"):
        settings_of(study(tmp_path, prediction("one"), "{confidence: 2}"), ARMS)
