"""What the engine serves is compared with what was trained, on real trainings and real engines."""

from __future__ import annotations

import shutil

import polars as pl
import pytest
from tiny_models import write_student
from trainings import RECIPE, demonstrations, train

from skillift.contracts.served_checks import PROBES, SERVED, SERVED_CHECK
from skillift.engines.interface import RunOptions, Serving
from skillift.engines.opening import ENGINES, open_engine
from skillift.engines.probes import PROBE_SCHEMA, Probe, check_served, probes_of, served_table
from skillift.errors import UserError
from skillift.tables import check
from skillift.training.training_options import TrainingOptions

pytestmark = pytest.mark.models

INFERENCE = Serving("float32", 128)
TRAINABLE = {
    "lora": {"lora": {"rank": 4, "alpha": 8, "dropout": 0.1}},
    "full": "full",
    "last_n_layers": {"last_n_layers": 1},
}


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student") / "model")


# by day without the last layers alone, which are merged as all layers are
@pytest.fixture(
    scope="module",
    params=["lora", "full", pytest.param("last_n_layers", marks=pytest.mark.nightly)],
)
def trained(request, student, tmp_path_factory):
    """A training's folder of checkpoints and its table of probes."""
    folder = tmp_path_factory.mktemp(request.param)
    recipe = {
        **RECIPE,
        "trainable": TRAINABLE[request.param],
        "learning_rate": 3e-3,
        "checkpoints": [2, "final"],
    }
    result = train(recipe, student, demonstrations(), folder / "checkpoints", folder / "state")
    return folder / "checkpoints", check(result.probes, PROBES, "probes")


def _served(kind, folder, probes, step) -> pl.DataFrame:
    rows = probes.filter(step=step)
    tokens = [Probe(*row) for row in rows.select("prompt_ids", "response_ids").iter_rows()]
    with open_engine(kind, folder, INFERENCE, RunOptions()) as engine:
        return check(served_table(rows, step, engine.log_probabilities(tokens)), SERVED, "served")


@pytest.mark.parametrize("kind", ENGINES)
def test_the_engine_has_the_trainers_log_probabilities_at_every_checkpoint(kind, trained):
    folder, probes = trained
    served = pl.concat([_served(kind, folder / f"step-{step}", probes, step) for step in (2, 6)])
    found = check(check_served(probes, served, "float32", "s/sft-s0"), SERVED_CHECK, "check")
    assert found["step"].to_list() == [2, 6]
    assert found["from_trainer"].max() < 1e-4
    assert found["from_base"].min() > 10 * found["from_trainer"].max()


@pytest.mark.parametrize("kind", ENGINES)
def test_an_adapter_that_was_not_applied_is_caught(kind, trained, student):
    served = _served(kind, student, trained[1], 6)
    with pytest.raises(UserError, match=r"s/sft-s0, step 6: found .*The engine serves the base model"):
        check_served(trained[1], served, "float32", "s/sft-s0")


def test_a_first_step_that_has_moved_nothing_yet_is_no_base_model_served_by_mistake(student, tmp_path):
    """A warm-up begins at a learning rate of 0, so step 1 is the base model itself, rightly served."""
    recipe = {**RECIPE, "warmup_ratio": 0.4, "checkpoints": [1, "final"], "learning_rate": 3e-3}
    result = train(recipe, student, demonstrations(), tmp_path / "checkpoints", tmp_path / "state")
    folders = {step: tmp_path / f"checkpoints/step-{step}" for step in (1, 6)}
    served = pl.concat(
        [_served("transformers", folder, result.probes, step) for step, folder in folders.items()]
    )
    found = check_served(result.probes, served, "float32", "s/sft-s0")
    first, last = found.to_dicts()
    assert first["trainer_from_base"] <= 1e-6 < 2e-3 < last["trainer_from_base"]
    alone = served.filter(step=1)  # a run that has no later step to show that it was trained
    with pytest.raises(UserError, match=r"step 1: found .*The engine serves the base model"):
        check_served(result.probes, alone, "float32", "s/sft-s0")


def made(*distances: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Probes of one token: the base model at 0 nats, the trainer at each later step, and these as served."""
    rows = [(step, "t", 0, [0], [1], [-distance]) for step, distance in enumerate((0.0, *distances))]
    probes = pl.DataFrame(rows, schema=PROBE_SCHEMA, orient="row")
    return probes, probes.filter(pl.col("step") > 0).select("step", "task_id", "attempt", "logprobs")


def test_an_early_step_that_has_moved_a_weight_is_told_from_the_base_model():
    probes, served = made(0.02, 0.5)
    base = pl.when(pl.col("step") == 1).then(pl.lit([0.0])).otherwise("logprobs")
    with pytest.raises(UserError, match=r"step 1: found .*The engine serves the base model"):
        check_served(probes, served.with_columns(logprobs=base), "float32", "s/sft-s0")


def test_an_early_step_within_rounding_of_the_base_model_still_has_to_be_the_trainers():
    probes, served = made(0.001, 0.5)
    check_served(probes, served, "float32", "s/sft-s0")
    off = pl.when(pl.col("step") == 1).then(pl.lit([-0.01])).otherwise("logprobs")
    with pytest.raises(UserError, match=r"step 1: found .*at most 0.001 from those of the trainer"):
        check_served(probes, served.with_columns(logprobs=off), "float32", "s/sft-s0")


def test_the_checkpoint_of_another_step_is_caught(trained):
    folder, probes = trained
    served = _served("transformers", folder / "step-2", probes, 2).with_columns(step=pl.lit(6, pl.Int64))
    with pytest.raises(UserError, match=r"step 6: found .*expected at most 0.001 from those of the trainer"):
        check_served(probes, served, "float32", "s/sft-s0")


def test_probes_of_another_corpus_are_refused(trained):
    folder, probes = trained
    served = _served("transformers", folder / "step-2", probes, 2).head(3)
    with pytest.raises(UserError, match="expected the probes of the trainer"):
        check_served(probes, served, "float32", "s/sft-s0")


def test_an_interrupted_training_keeps_the_probes_of_its_first_steps(student, tmp_path, monkeypatch):
    recipe = {**RECIPE, "checkpoints": [2, "final"]}
    whole = train(recipe, student, demonstrations(), tmp_path / "a", tmp_path / "state-a").probes
    from skillift.training import callbacks as training_callbacks

    keep = training_callbacks.KeepWeights.on_step_end

    def interrupted(self, args, state, control, **kwargs):
        if state.global_step == 5:
            raise KeyboardInterrupt
        return keep(self, args, state, control, **kwargs)

    monkeypatch.setattr(training_callbacks.KeepWeights, "on_step_end", interrupted)
    often = TrainingOptions(state_interval_s=0)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, student, demonstrations(), tmp_path / "b", tmp_path / "state-b", often)
    monkeypatch.undo()
    again = train(recipe, student, demonstrations(), tmp_path / "b", tmp_path / "state-b").probes
    assert again.equals(whole)
    shutil.rmtree(tmp_path / "b")


@pytest.mark.parametrize(
    ("lengths", "expected"), [([100] * 9, 8), ([400] * 9, 2), ([2000, 10], 1), ([1000, 20, 10], 2)]
)
def test_long_demonstrations_make_few_probes_and_one_at_least(lengths, expected):
    from datasets import Dataset

    rows = [{"input_ids": [1] * n, "labels": [-100] * (n // 2) + [1] * (n - n // 2)} for n in lengths]
    probes = probes_of(Dataset.from_list(rows))
    assert [len(probe.prompt) + len(probe.response) for probe in probes] == lengths[:expected]
