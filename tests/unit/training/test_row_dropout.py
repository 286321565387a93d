"""Dropout of adapters by row: the same draws however a training is run.

With several processes and after kills: `test_training_processes.py`, `commands/test_train.py`.
"""

from __future__ import annotations

import pytest
from tiny_models import write_student
from trainings import RECIPE, demonstrations, train

from skillift.training.training_options import TrainingOptions

pytestmark = pytest.mark.models

DROPOUT = {"lora": {"rank": 4, "alpha": 8, "dropout": 0.1}}
ROWS = demonstrations(13)  # batches of 5, 5 and 3


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student") / "model")


def losses(student, folder, trainable=DROPOUT, packing=False, **how):
    recipe = {**RECIPE, "batch_size": 5, "epochs": 1, "trainable": trainable}
    recipe |= {"packing": True} if packing else {}
    found = train(recipe, student, ROWS, folder / "checkpoints", folder / "state", TrainingOptions(**how))
    return found.log["loss"].to_list()


@pytest.fixture(scope="module")
def whole(student, tmp_path_factory):
    return losses(student, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize(
    "how",
    [
        {"device_batch_size": 1},
        {"device_batch_size": 2},
        {"device_batch_size": 4},
        {"packing": True},
        {"packing": True, "device_batch_size": 2},
        {"gradient_checkpointing": True},
    ],
    ids=str,
)
def test_losses_of_the_first_steps_do_not_depend_on_how_a_training_is_run(whole, student, tmp_path, how):
    assert len(whole) == 3
    assert losses(student, tmp_path, **how) == pytest.approx(whole, abs=1e-5)


def test_dropout_is_at_work_and_another_seed_of_draws_drops_others(whole, student, tmp_path, monkeypatch):
    from skillift.training import batches
    from skillift.training.row_dropout import RowMasks

    without = losses(student, tmp_path / "without", trainable=RECIPE["trainable"])
    monkeypatch.setattr(batches, "RowMasks", lambda seed: RowMasks(seed + 1))
    others = losses(student, tmp_path / "others")
    assert min(abs(a - b) for a, b in zip(whole[1:], without[1:], strict=True)) > 1e-3
    assert min(abs(a - b) for a, b in zip(whole[1:], others[1:], strict=True)) > 1e-3


def test_masks_follow_seed_step_row_and_layer_and_no_neighbour():
    import torch

    from skillift.training.row_dropout import RowMasks, with_rows

    def masks(numbers, lengths, packed=False, seed=0, step=0, layer="q"):
        shape = (1, sum(lengths)) if packed else (len(lengths), max(lengths))
        batch = with_rows({"input_ids": torch.zeros(shape)}, numbers, lengths)
        told = RowMasks(seed)
        told.at(step, batch["rows"], shape[0] * shape[1])
        found = told.dropped(layer, torch.zeros(*shape, 16), 0.3)
        assert found.shape == (*shape, 16)
        flat = found.view(-1, 16)
        return {number: flat[start : start + tokens] for number, start, tokens in batch["rows"]}, found

    two, padded = masks([7, 3], [5, 9])
    assert not padded[0, 5:].any()  # padding
    for others in (
        ([3, 7], [9, 5], False),
        ([3], [9], False),
        ([1, 3], [20, 9], False),
        ([7, 3], [5, 9], True),
    ):
        again, _ = masks(*others)
        assert torch.equal(again[3], two[3])
    assert not torch.equal(two[7], two[3][:5])
    for other in ({"seed": 1}, {"step": 1}, {"layer": "k"}):
        assert not torch.equal(masks([7, 3], [5, 9], **other)[0][3], two[3])
    many, _ = masks(range(50), [100] * 50)
    assert torch.cat(list(many.values())).float().mean() == pytest.approx(0.3, abs=0.005)


def test_what_is_kept_is_scaled_and_evaluation_drops_nothing():
    import torch

    from skillift.training.row_dropout import RowDropout, RowMasks

    masks = RowMasks(0)
    masks.at(0, [(0, 0, 4)], 4)
    layer, values = RowDropout(0.5, "q", masks), torch.ones(1, 4, 8, requires_grad=True)
    found = layer(values)
    assert set(found.unique().tolist()) == {0.0, 2.0}
    found.sum().backward()
    assert torch.equal(values.grad, found)  # the same mask, backward
    assert layer.eval()(values) is values
    flat = layer.train()(values.view(4, 8))  # a layer that is given its tokens in one row after the other
    assert torch.equal(flat, found.view(4, 8))


def test_positions_that_are_not_the_batchs_are_dropped_all_the_same():
    import torch

    from skillift.training.row_dropout import RowMasks

    masks = RowMasks(0)
    masks.at(0, [(0, 0, 4)], 4)
    torch.manual_seed(0)
    found = masks.dropped("expert", torch.zeros(300, 8), 0.25)
    assert found.float().mean() == pytest.approx(0.25, abs=0.05)
