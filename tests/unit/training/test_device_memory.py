"""How many rows a training works on at once without a GPU; neither that nor tiles change what is trained."""

from __future__ import annotations

import gc
import math
from pathlib import Path

import pytest
from tiny_models import smallest, write_model, write_student, write_tokenizer
from trainings import RECIPE, corpus_of, demonstrations, train

from skillift.errors import UserError
from skillift.processes.memory import GIB, Memory, measured_peak
from skillift.tables import folder_digests, read_json
from skillift.training import device_memory
from skillift.training.training_options import TrainingOptions

pytestmark = pytest.mark.models

RECIPE_OF_8 = {**RECIPE, "batch_size": 8, "epochs": 1}
ROWS = demonstrations(24)


@pytest.fixture(scope="module")
def student(tmp_path_factory) -> Path:
    return write_student(tmp_path_factory.mktemp("student") / "model")


def shaped(folder: Path, **sizes) -> Path:
    """A student of other sizes than the tiny one's."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tokenizer = write_tokenizer(folder)
    torch.manual_seed(0)
    sizes = smallest(tokenizer) | {"initializer_range": 0.02} | sizes
    config = Qwen3Config(**sizes, max_position_embeddings=512, rope_theta=10_000.0, bos_token_id=None)
    return write_model(folder, Qwen3ForCausalLM(config), tokenizer)


@pytest.fixture(scope="module")
def libraries(student, tmp_path_factory):
    """Memory is measured after a first training, which imports what all take once.

    What libraries take at their first large products comes on top; so the larger training comes first.
    """
    run(student, tmp_path_factory.mktemp("first"))


def run(student, folder, rows=ROWS, recipe=RECIPE_OF_8, **how):
    options = TrainingOptions(**{"state_interval_s": 1e9, **how})
    return train(recipe, student, rows, folder / "checkpoints", folder / "state", options)


@pytest.fixture
def measured(monkeypatch):
    """Have small students measured, too, on a machine with so much left; each token takes 1 MiB."""

    def machine(available: int) -> list[int]:
        tried: list[int] = []

        def taken(trainer, row, tokens):
            tried.append(tokens)
            return tokens * 2**20

        monkeypatch.setattr(device_memory, "LITTLE", 0)
        monkeypatch.setattr(device_memory, "_taken", taken)
        monkeypatch.setattr(device_memory, "memory", lambda: Memory(2 * available, available, "this test"))
        return tried

    return machine


@pytest.fixture
def parts(monkeypatch):
    """Rows at once and parts of each batch, as the trainer gets them."""
    found = []
    kept = device_memory.set_parts

    def noted(trainer, share, rows):
        kept(trainer, share, rows)
        found.append((trainer.args.per_device_train_batch_size, trainer.args.gradient_accumulation_steps))

    monkeypatch.setattr(device_memory, "set_parts", noted)
    return found


def test_a_small_student_is_not_measured_and_takes_its_whole_batch_at_once(
    student, tmp_path, parts, monkeypatch
):
    monkeypatch.setattr(device_memory, "_taken", None)
    run(student, tmp_path)
    assert parts == [(8, 1)]


def test_losses_are_the_same_however_many_rows_are_worked_on_at_once(student, tmp_path, parts, measured):
    tried = measured(150 * 2**20)  # of rows of some 30 tokens
    losses = {
        name: run(student, tmp_path / name, device_batch_size=rows).log["loss"].to_list()
        for name, rows in (("one", 1), ("four", 4), ("auto", None))
    }
    assert parts[:2] == [(1, 8), (4, 2)]
    assert 1 < parts[2][0] < 8 and parts[2][0] * parts[2][1] >= 8
    assert tried[1] < tried[2] < tried[3] == max(tried)  # in growing parts of the longest row
    assert losses["one"] == pytest.approx(losses["four"], abs=1e-4)
    assert losses["auto"] == pytest.approx(losses["four"], abs=1e-4)


def test_where_not_one_row_fits_the_whole_row_is_not_tried_and_the_keys_are_named(
    student, tmp_path, measured
):
    tried = measured(20 * 2**20)
    with pytest.raises(UserError) as error:
        run(student, tmp_path)
    assert max(tried) < 12
    text = str(error.value)
    assert text.startswith("training: memory of one row at once: found '")
    assert "20 MiB free of the 40 MiB of this test" in text
    for key in ("gradient_checkpointing: true", "precision: bfloat16", "smaller student", "shorter rows"):
        assert key in text


def test_a_number_of_rows_is_honoured_with_a_word_where_it_may_not_fit(
    student, tmp_path, parts, measured, capsys
):
    measured(150 * 2**20)
    run(student, tmp_path, device_batch_size=8)
    assert parts == [(8, 1)]
    assert "training.device_batch_size: 8 rows at once may take more than there is" in capsys.readouterr().err


def test_measuring_changes_no_byte_of_what_is_trained(student, tmp_path, monkeypatch):
    recipe = {**RECIPE_OF_8, "trainable": {"lora": {"rank": 4, "alpha": 8, "dropout": 0.5}}}
    expected = run(student, tmp_path / "not", recipe=recipe)
    tried = []
    taken = device_memory._taken

    def noted(*arguments):
        tried.append(taken(*arguments))
        return tried[-1]

    monkeypatch.setattr(device_memory, "LITTLE", 0)
    monkeypatch.setattr(device_memory, "_taken", noted)
    found = run(student, tmp_path / "measured", recipe=recipe)
    assert len(tried) == 4 and max(tried) < GIB
    assert found.log.equals(expected.log)
    folders = [tmp_path / name / "checkpoints" for name in ("not", "measured")]
    assert folder_digests(folders[0]) == folder_digests(folders[1])


def test_an_interrupted_training_goes_on_with_the_rows_that_it_began_with(
    student, tmp_path, parts, monkeypatch
):
    from skillift.training.callbacks import KeepWeights

    def stop(self, args, state, control, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(device_memory, "rows_at_once", lambda share, row: 3)
    with monkeypatch.context() as interrupted, pytest.raises(KeyboardInterrupt):
        interrupted.setattr(KeepWeights, "on_step_end", stop)
        run(student, tmp_path)
    assert read_json(tmp_path / "state/device_batch.json") == {"rows": 3}
    monkeypatch.setattr(device_memory, "rows_at_once", lambda share, row: share)
    run(student, tmp_path)
    assert parts == [(3, 3), (3, 3)]


@pytest.mark.parametrize("trainable", [RECIPE["trainable"], "full"], ids=["lora", "full"])
def test_a_loss_in_tiles_is_the_loss_and_trains_the_same(student, tmp_path, monkeypatch, trainable):
    from skillift.training import cpu_trainer

    recipe = {**RECIPE_OF_8, "trainable": trainable}
    kept = run(student, tmp_path / "kept", recipe=recipe)
    monkeypatch.setattr(cpu_trainer, "KEPT_SCORES", 0)
    monkeypatch.setattr(cpu_trainer, "TILE_SCORES", 100)
    tiles = run(student, tmp_path / "tiles", recipe=recipe, device_batch_size=3)
    assert tiles.log["loss"].to_list() == pytest.approx(kept.log["loss"].to_list(), abs=1e-4)
    assert tiles.log.drop("loss").equals(kept.log.drop("loss"))
    ours, theirs = (found.probes["logprobs"].explode() for found in (tiles, kept))
    assert (ours - theirs).abs().max() < 1e-3


def peak_of(student: Path, folder: Path, rows) -> tuple[int, list[float]]:
    """The memory of a training at its highest (bytes), and its losses."""
    gc.collect()
    device_memory._give_back()  # what earlier ones have left would be taken again, unseen
    with measured_peak() as peak:
        found = run(student, folder, rows)
    return peak[0], found.log["loss"].to_list()


@pytest.mark.nightly  # megabytes as measured: most of a minute each
@pytest.mark.usefixtures("libraries")
def test_a_large_vocabulary_takes_the_memory_of_a_tile(tmp_path, monkeypatch):
    """Eight rows of 250 tokens, a vocabulary of 50,000: 400 MB of scores, of which several copies are kept.

    More than a whole one is saved. The rest differs by up to 250 MB from process to process (measured).
    """
    from skillift.training import cpu_trainer

    student = shaped(tmp_path / "model", vocab_size=50_000)
    rows, losses, peaks = corpus_of([("abc", "x" * 250)] * 8), [], {}
    for name, limit in (("kept", math.inf), ("tiles", cpu_trainer.KEPT_SCORES)):
        monkeypatch.setattr(cpu_trainer, "KEPT_SCORES", limit)
        peaks[name], found = peak_of(student, tmp_path / name, rows)
        losses.append(found)
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
    scores = 8 * 250 * 50_000 * 4
    assert peaks["kept"] - peaks["tiles"] > scores


@pytest.mark.nightly
@pytest.mark.usefixtures("libraries")
def test_a_training_keeps_to_the_memory_that_there_is(tmp_path, monkeypatch, parts):
    """Measured, not guessed, of a student whose whole batch would take more."""
    student = shaped(tmp_path / "model", hidden_size=512, intermediate_size=2048, num_hidden_layers=8)
    rows, available, peaks, losses = corpus_of([("abc", "x" * 250)] * 8), 800 * 2**20, [], []
    monkeypatch.setattr(device_memory, "LITTLE", 0)
    for name, there in (("without", 100 * GIB), ("within", available)):
        monkeypatch.setattr(device_memory, "memory", lambda there=there: Memory(GIB, there, "this test"))
        peak, found = peak_of(student, tmp_path / name, rows)
        peaks.append(peak)
        losses.append(found)
    assert parts[0] == (8, 1) and 1 < parts[1][0] < 8
    # What freed memory the C library keeps differs by 100 MB from process to process (measured).
    assert peaks[1] < available + 150 * 2**20 < peaks[0], peaks
    assert losses[0] == pytest.approx(losses[1], abs=1e-4)
