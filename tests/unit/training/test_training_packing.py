"""Packed rows: the losses of rows apart where the student keeps them apart, a refusal where it does not."""

from __future__ import annotations

import pytest
from hybrid_models import write_hybrid_student
from tiny_models import write_student
from trainings import RECIPE, demonstrations, train

from skillift.errors import UserError
from skillift.training.training_options import TrainingOptions

pytestmark = pytest.mark.models

ROWS = demonstrations(11)


def run(student, folder, packing, **how):
    recipe = {**RECIPE, "batch_size": 5, **({"packing": True} if packing else {})}
    return train(recipe, student, ROWS, folder / "checkpoints", folder / "state", TrainingOptions(**how))


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student") / "model")


@pytest.fixture(scope="module")
def padded(student, tmp_path_factory):
    return run(student, tmp_path_factory.mktemp("padded"), packing=False)


@pytest.mark.parametrize("device_rows", [None, 2])
def test_packed_rows_of_qwen3_have_the_losses_of_padded_ones(padded, student, tmp_path, device_rows):
    packed = run(student, tmp_path, packing=True, device_batch_size=device_rows)
    assert packed.log["loss"].to_list() == pytest.approx(padded.log["loss"].to_list(), rel=1e-4)
    assert packed.log.drop("loss").equals(padded.log.drop("loss"))
    assert packed.manifest["spec"]["packing"] is True


def test_packed_rows_are_laid_end_to_end_without_padding(student, tmp_path, monkeypatch):
    from skillift.training.cpu_trainer import CpuSFTTrainer

    loss, shapes = CpuSFTTrainer.compute_loss, []

    def compute_loss(self, model, inputs, *args, **options):
        shapes.append((len(inputs["input_ids"]), inputs["position_ids"].eq(0).sum().item()))
        assert "attention_mask" not in inputs
        return loss(self, model, inputs, *args, **options)

    monkeypatch.setattr(CpuSFTTrainer, "compute_loss", compute_loss)
    run(student, tmp_path, packing=True)
    assert shapes[:3] == [(1, 5), (1, 5), (1, 1)]


def test_trls_own_loss_is_the_same_on_packed_rows(padded, student, tmp_path, monkeypatch):
    """The loss that is computed on a GPU."""
    import skillift.training.cpu_trainer

    monkeypatch.setattr(
        skillift.training.cpu_trainer, "CpuSFTTrainer", skillift.training.cpu_trainer.GpuSFTTrainer
    )
    packed = run(student, tmp_path, packing=True)
    assert packed.log["loss"].to_list() == pytest.approx(padded.log["loss"].to_list(), rel=1e-4)


def test_a_student_that_carries_state_from_row_to_row_is_refused(tmp_path):
    """Qwen3.5 without its GPU kernels: the state of gated-delta layers runs through the whole sequence."""
    student = write_hybrid_student(tmp_path / "model")
    with pytest.raises(UserError, match=r"recipe: packing: found .*carries one row into the next.*false"):
        run(student, tmp_path, packing=True)
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize("blind_to", ["positions", "neighbours"])
def test_a_model_that_packs_half_rightly_is_refused(student, tmp_path, monkeypatch, blind_to):
    """Positions that run on shift every later row; an open attention mask lets it see the rows before."""
    from transformers import Qwen3ForCausalLM

    forward = Qwen3ForCausalLM.forward

    def heedless(self, input_ids, position_ids=None, **options):
        if position_ids is not None:
            import torch

            length = input_ids.shape[1]
            if blind_to == "positions":
                # blocks of attention as they should be, but positions that run on
                rows = position_ids.eq(0).cumsum(-1)
                allowed = rows[:, None, :, None].eq(rows[:, None, None, :]).tril()
                options["attention_mask"] = torch.where(allowed, 0.0, torch.finfo(torch.float32).min)
                position_ids = torch.arange(length)[None] * 3
            else:
                options["attention_mask"] = torch.zeros(1, 1, length, length).masked_fill(
                    torch.ones(length, length, dtype=torch.bool).triu(1), torch.finfo(torch.float32).min
                )
        return forward(self, input_ids, position_ids=position_ids, **options)

    monkeypatch.setattr(Qwen3ForCausalLM, "forward", heedless)
    with pytest.raises(UserError, match="recipe: packing"):
        run(student, tmp_path, packing=True)
