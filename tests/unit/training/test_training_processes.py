"""Several processes on one training: the losses and files of one process, and what goes wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from forked import forking
from tiny_models import write_student
from training_work import end_at_once, fit_shared_out, refuse_in_the_second, stopped_at_step_4
from trainings import LORA, RECIPE, demonstrations, train

from skillift.errors import UserError
from skillift.settings.specs import TrainSpec
from skillift.tables import folder_digests, read_json
from skillift.training.fit import fit
from skillift.training.objectives import sft
from skillift.training.processes import checked_options, in_processes
from skillift.training.training_options import TrainingOptions

pytestmark = pytest.mark.models

DROPOUT = {"lora": {"rank": 4, "alpha": 8, "dropout": 0.1}}
RECIPE_OF_5 = {**RECIPE, "batch_size": 5, "checkpoints": [2, "final"], "trainable": DROPOUT}
ROWS = demonstrations(11)  # batches of 5, 5 and 1: in the last one of two processes has no row


@pytest.fixture
def forked():
    """Processes that start some seconds sooner, as they fork from one that has imported torch and trl."""
    with forking("loaded_libraries"):
        yield


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student") / "model")


def run(student, folder, **how):
    options = TrainingOptions(**how)
    return train(RECIPE_OF_5, student, ROWS, folder / "checkpoints", folder / "state", options)


@pytest.fixture(scope="module")
def alone(student, tmp_path_factory):
    folder = tmp_path_factory.mktemp("alone")
    return folder, run(student, folder)


@pytest.mark.usefixtures("forked")
def test_two_processes_have_the_losses_and_files_of_one(alone, student, tmp_path):
    folder, expected = alone
    found = run(student, tmp_path, processes=2, device_batch_size=2, state_interval_s=0.0)
    assert found.log["loss"].to_list() == pytest.approx(expected.log["loss"].to_list(), rel=1e-5)
    assert found.log.drop("loss").equals(expected.log.drop("loss"))
    assert found.trained_tokens.equals(expected.trained_tokens)
    columns = ["step", "task_id", "attempt", "prompt_ids", "response_ids"]
    assert found.probes.select(columns).equals(expected.probes.select(columns))
    ours, theirs = found.probes["logprobs"].explode(), expected.probes["logprobs"].explode()
    assert (ours - theirs).abs().max() < 1e-3
    assert folder_digests(tmp_path).keys() == folder_digests(folder).keys()
    assert {**found.manifest, "steps": None} == {**expected.manifest, "steps": None}


@pytest.mark.usefixtures("forked")
def test_a_training_of_two_processes_goes_on_in_one(alone, student, tmp_path, monkeypatch):
    monkeypatch.setattr(sft, "fit", stopped_at_step_4)
    with pytest.raises(UserError, match=r"^stopped$"):
        run(student, tmp_path, processes=2, state_interval_s=0.0)
    monkeypatch.undo()
    kept = sorted(path.name for path in (tmp_path / "state/trainer").glob("checkpoint-*"))
    assert kept == ["checkpoint-2", "checkpoint-3"]
    assert {"complete", "rng_state_0.pth", "rng_state_1.pth"} <= {
        path.name for path in (tmp_path / "state/trainer/checkpoint-3").iterdir()
    }
    steps = []
    monkeypatch.setattr(
        "skillift.training.callbacks.ShowProgress.on_step_end",
        lambda self, args, state, control, **kwargs: steps.append(state.global_step),
    )
    found = run(student, tmp_path)
    assert steps == [4, 5, 6]
    assert found.log["loss"].to_list() == pytest.approx(alone[1].log["loss"].to_list(), rel=1e-5)


def test_an_error_for_the_user_is_told_by_whichever_process_meets_it():
    with pytest.raises(UserError, match=r"^last_n_layers: found 3$"):
        in_processes(refuse_in_the_second, 2, "last_n_layers: found 3")


@pytest.mark.usefixtures("forked")
def test_a_process_that_is_killed_ends_the_others():
    with pytest.raises(
        UserError, match=r"process of the training was killed by SIGKILL.*memory.*training.processes"
    ):
        in_processes(end_at_once, 2)


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    "trainable", [pytest.param(LORA, id="lora"), pytest.param("full", id="full", marks=pytest.mark.nightly)]
)
def test_weights_that_are_shared_out_are_trained_and_gathered_as_whole_ones(student, tmp_path, trainable):
    recipe = TrainSpec(**RECIPE_OF_5 | {"trainable": trainable, "learning_rate": 1e-3})
    for processes, work, name in [(2, fit_shared_out, "shared"), (1, fit, "alone")]:
        # as on a GPU: activations are computed twice
        how = TrainingOptions(processes=processes, fsdp=processes > 1, gradient_checkpointing=True)
        arguments = (recipe, student, ROWS, tmp_path / name, [6], None, how)
        if processes > 1:
            in_processes(work, processes, *arguments)
        else:
            work(*arguments)
    shared, alone = (read_json(tmp_path / name / "fitted.json") for name in ("shared", "alone"))
    losses = [[entry["loss"] for entry in run["log"] if "loss" in entry] for run in (shared, alone)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)
    assert shared["trainable_parameters"] == alone["trainable_parameters"]
    ours, theirs = (_weights(tmp_path / name / "weights/6") for name in ("shared", "alone"))
    assert ours.keys() - theirs.keys() <= {"lm_head.weight"}  # tied, and gathered a second time
    assert all((ours[name] - theirs[name]).abs().max() < 1e-3 for name in theirs)


def _weights(folder: Path) -> dict:
    from safetensors.torch import load_file

    return load_file(next(folder.glob("*.safetensors")))


def test_more_processes_than_rows_in_a_batch_are_refused():
    with pytest.raises(UserError, match=r"training\.processes: found 6, expected at most 5"):
        checked_options(TrainingOptions(processes=6), 5)


def test_more_processes_than_gpus_are_refused_and_auto_is_all_of_them(monkeypatch):
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    with pytest.raises(UserError, match=r"training\.processes: found 3, expected at most 2, the GPUs"):
        checked_options(TrainingOptions(processes=3), 5)
    assert checked_options(TrainingOptions(processes=0), 5).processes == 2


def test_auto_is_one_process_without_a_gpu():
    assert checked_options(TrainingOptions(processes=0), 5).processes == 1


def test_one_process_cannot_share_out_weights():
    with pytest.raises(UserError, match=r"training\.fsdp: found True, expected several processes"):
        checked_options(TrainingOptions(fsdp=True), 5)


def test_weights_are_not_shared_out_without_gpus():
    with pytest.raises(UserError, match=r"training\.fsdp: found True, expected a GPU for each process"):
        checked_options(TrainingOptions(fsdp=True, processes=2), 5)
