"""Batches that fit the devices: the rows of a step, and the losses of a training in parts."""

from __future__ import annotations

import pytest
from tiny_models import write_student
from trainings import RECIPE, demonstrations, train

from skillift.errors import UserError
from skillift.tables import read_json
from skillift.training.training_options import TrainingOptions

pytestmark = pytest.mark.models

RECIPE_OF_5 = {**RECIPE, "batch_size": 5, "checkpoints": [2, "final"]}
ROWS = demonstrations(13)  # batches of 5, 5 and 3


class InOrder:
    """A sampler of rows in their order, which notes the epoch."""

    def __init__(self, rows: int) -> None:
        self.rows, self.epoch = rows, 0

    def __len__(self) -> int:
        return self.rows

    def __iter__(self):
        return iter(range(self.rows))

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch


@pytest.mark.parametrize("processes", [1, 2, 3])
@pytest.mark.parametrize("device_rows", [1, 2, 4, None])
@pytest.mark.parametrize("rows", [1, 12, 13, 17])
def test_every_step_sees_the_rows_of_its_batch_once_and_no_device_more_than_it_holds(
    rows, device_rows, processes
):
    from skillift.training.batches import BatchParts, accumulation

    parts = accumulation(6, processes, device_rows)
    shares = [list(BatchParts(InOrder(rows), 6, parts, processes, rank)) for rank in range(processes)]
    steps = -(-rows // 6)
    assert [len(share) for share in shares] == [steps * parts] * processes
    for step in range(steps):
        seen = [part for share in shares for part in share[step * parts : (step + 1) * parts]]
        assert sorted(row for part in seen for row in part if row < rows) == list(
            range(step * 6, min(rows, step * 6 + 6))
        )
        assert max(map(len, seen)) <= (device_rows or -(-6 // processes))
        assert all(part == [rows] or max(part) < rows for part in seen)  # a blank stands alone


def test_one_process_with_memory_enough_takes_a_batch_at_once():
    from skillift.training.batches import BatchParts, accumulation

    found = BatchParts(InOrder(13), 6, accumulation(6, 1, None), 1, 0)
    assert list(found) == [list(range(6)), list(range(6, 12)), [12]] and len(found) == 3


def test_the_epoch_reaches_the_order():
    from skillift.training.batches import BatchParts

    sampler = InOrder(3)
    BatchParts(sampler, 2, 1, 1, 0).set_epoch(7)
    assert sampler.epoch == 7


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student") / "model")


def run(student, folder, recipe=RECIPE_OF_5, **how):
    return train(recipe, student, ROWS, folder / "checkpoints", folder / "state", TrainingOptions(**how))


@pytest.fixture(scope="module")
def whole(student, tmp_path_factory):
    return run(student, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("device_rows", [1, 2])
def test_a_batch_in_parts_has_the_losses_of_a_batch_at_once(whole, student, tmp_path, device_rows):
    """Rows differ in length and 5 is no multiple of 2: means of means would differ in the first digits."""
    found = run(student, tmp_path, device_batch_size=device_rows)
    assert found.log["loss"].to_list() == pytest.approx(whole.log["loss"].to_list(), rel=1e-5)
    assert found.log.drop("loss").equals(whole.log.drop("loss"))
    assert found.trained_tokens.equals(whole.trained_tokens)
    ours, theirs = found.probes["logprobs"].explode(), whole.probes["logprobs"].explode()
    assert (ours - theirs).abs().max() < 1e-3
    assert found.manifest["steps"].keys() == whole.manifest["steps"].keys()


def test_trls_own_loss_in_parts_is_that_of_a_batch_at_once(whole, student, tmp_path, monkeypatch):
    """The loss that is computed on a GPU."""
    import skillift.training.cpu_trainer

    monkeypatch.setattr(
        skillift.training.cpu_trainer, "CpuSFTTrainer", skillift.training.cpu_trainer.GpuSFTTrainer
    )
    found = run(student, tmp_path, device_batch_size=2)
    assert found.log["loss"].to_list() == pytest.approx(whole.log["loss"].to_list(), rel=1e-4)
    assert found.log["tokens"].equals(whole.log["tokens"])


def test_activations_that_are_computed_twice_change_no_loss(whole, student, tmp_path):
    found = run(student, tmp_path, gradient_checkpointing=True)
    assert found.log["loss"].to_list() == pytest.approx(whole.log["loss"].to_list(), rel=1e-5)


def full_above(rows: int, monkeypatch) -> list[int]:
    """Have the device's memory run out above so many rows; gives the rows of each forward pass."""
    import torch

    from skillift.training.cpu_trainer import CpuSFTTrainer

    loss, seen = CpuSFTTrainer.compute_loss, []

    def compute_loss(self, model, inputs, *args, **options):
        seen.append(len(inputs["input_ids"]))
        if seen[-1] > rows:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return loss(self, model, inputs, *args, **options)

    monkeypatch.setattr(CpuSFTTrainer, "compute_loss", compute_loss)
    return seen


def test_a_full_memory_halves_the_rows_until_they_fit_and_changes_no_loss(
    whole, student, tmp_path, monkeypatch, capsys
):
    seen = full_above(2, monkeypatch)
    found = run(student, tmp_path)
    assert seen[:3] == [5, 2, 3]  # a batch of 5 in two parts is 2 and 3 rows
    assert set(seen[3:]) == {1, 2}
    assert "Training with 2 rows at once." in capsys.readouterr().err
    assert found.log["loss"].to_list() == pytest.approx(whole.log["loss"].to_list(), rel=1e-5)


def test_a_declared_number_of_rows_that_does_not_fit_is_told(student, tmp_path, monkeypatch):
    full_above(2, monkeypatch)
    expected = r"training with 3 rows on a device: found 'CUDA out of memory'.*device_batch_size"
    with pytest.raises(UserError, match=expected):
        run(student, tmp_path, device_batch_size=3)


def test_a_device_that_does_not_hold_one_row_is_told(student, tmp_path, monkeypatch):
    full_above(0, monkeypatch)
    with pytest.raises(UserError, match="training with 1 rows on a device"):
        run(student, tmp_path)
    assert read_json(tmp_path / "state/key.json")  # what it had learned is still there to go on from
