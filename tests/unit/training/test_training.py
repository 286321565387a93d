"""Training: what is trained, what is written, and what happens when it is interrupted or cannot be done."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from progress_lines import lines_told
from tiny_models import CHAT_TEMPLATE, THINKING_CHAT_TEMPLATE, write_student
from trainings import RECIPE, corpus_of, demonstrations, train

from skillift.contracts.training import TRAINING_LOG
from skillift.errors import UserError
from skillift.settings.specs import TrainSpec
from skillift.tables import check, folder_digests
from skillift.training.fine_tuning import TrainingResult, checkpoint_steps
from skillift.training.training_options import TrainingOptions

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def student(tmp_path_factory) -> Path:
    return write_student(tmp_path_factory.mktemp("student") / "model")


def run(student: Path, folder: Path, corpus: pl.DataFrame | None = None, **changes) -> TrainingResult:
    names = [field.name for field in dataclasses.fields(TrainingOptions)]
    how = {"state_interval_s": 1e9, **{name: changes.pop(name) for name in names if name in changes}}
    corpus = demonstrations() if corpus is None else corpus
    recipe = {**RECIPE, **changes}
    folders = (folder / "checkpoints", folder / "state")
    return train(recipe, student, corpus, *folders, TrainingOptions(**how))


@pytest.fixture(scope="module")
def trained(student, tmp_path_factory) -> tuple[Path, TrainingResult]:
    folder = tmp_path_factory.mktemp("trained")
    return folder, run(student, folder, checkpoints=[2, "final"])


def weights(folder: Path) -> dict:
    from safetensors.torch import load_file

    return load_file(folder / "model.safetensors")


def test_the_log_has_the_loss_of_every_step_and_the_tokens_so_far(trained):
    log = check(trained[1].log, TRAINING_LOG, "log")
    assert log["step"].to_list() == [1, 2, 3, 4, 5, 6]
    assert log["loss"][-1] < log["loss"][0] - 0.5
    assert log["learning_rate"].to_list() == pytest.approx([1e-2 * (1 - done / 6) for done in range(6)])
    # each epoch sees every token of the corpus once: the chat template adds 24 to a row's two messages
    letters = sum(len(m[0]["content"]) + len(m[1]["content"]) for m in demonstrations()["messages"].to_list())
    assert log["tokens"].to_list()[2::3] == [letters + 12 * 19, 2 * (letters + 12 * 19)]


def test_a_checkpoint_is_a_whole_model_that_generates(trained, student):
    from skillift.engines.interface import RunOptions, Sampling, Serving
    from skillift.engines.opening import open_engine

    folder, result = trained
    assert sorted(result.manifest["steps"]) == ["2", "6"] and result.manifest["final_step"] == 6
    final = folder / "checkpoints/step-6"
    assert result.manifest["steps"]["6"]["digests"] == folder_digests(final)
    assert not list(final.glob("adapter_*"))  # it stands in a folder of its own, not where an engine looks
    base, merged = weights(student), weights(final)
    assert base.keys() == merged.keys()
    changed = {name.rsplit(".", 2)[-2] for name in base if not base[name].equal(merged[name])}
    assert changed == {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
    assert result.manifest["parameter_count"] == sum(tensor.numel() for tensor in base.values())
    assert 0 < result.manifest["trainable_parameters"] < result.manifest["parameter_count"]
    declared = json.loads((final / "generation_config.json").read_text())
    assert (
        declared["eos_token_id"]
        == json.loads((student / "generation_config.json").read_text())["eos_token_id"]
    )
    with open_engine("transformers", final, Serving("float32", 64), RunOptions()) as engine:
        assert engine.generate([[1, 2, 3]], Sampling(8))[0].completion_tokens > 0


def test_lines_say_which_step_the_training_is_at_with_loss_tokens_and_time_left(repeated):
    lines = repeated[2]
    assert {(line.label, line.total, line.unit) for line in lines} == {("training", 6, "step")}
    at_work = [line for line in lines if 0 < line.done < 6]
    assert at_work and all(line.seconds_left is not None for line in at_work)
    assert "loss " in str(at_work[-1]) and " tokens/s" in str(at_work[-1])
    assert lines[-1].done == 6 and lines[-1].details[-1].startswith("took ")


def test_parts_of_a_batch_count_in_a_step_that_takes_long():
    from types import SimpleNamespace

    from skillift.training.callbacks import ShowProgress

    shown, args = ShowProgress(), SimpleNamespace(gradient_accumulation_steps=4)
    state = SimpleNamespace(is_world_process_zero=True, global_step=0, max_steps=3, num_input_tokens_seen=100)
    shown.on_train_begin(args, state, None)
    state.num_input_tokens_seen = 700
    shown.on_substep_end(args, state, None)
    line = shown.progress.line(shown.progress.began + 60)
    assert (line.done, line.seconds_left) == (0, 11 * 60)
    assert "10 tokens/s" in line.details
    shown.on_train_end(args, state, None)


@pytest.fixture(scope="module")
def repeated(student, tmp_path_factory) -> tuple[Path, TrainingResult, list]:
    """The same training again, with lines of progress at short intervals."""
    folder = tmp_path_factory.mktemp("repeated")
    with lines_told() as lines:
        result = run(student, folder, checkpoints=[2, "final"])
    return folder, result, lines


def test_a_repeated_training_gives_the_same_bytes(trained, repeated):
    folder, result = trained
    tmp_path, again, _ = repeated
    assert again.manifest == result.manifest
    assert again.log.equals(result.log)
    assert folder_digests(tmp_path / "checkpoints") == folder_digests(folder / "checkpoints")


def test_naming_a_checkpoint_does_not_change_the_training(trained, student, tmp_path):
    again = run(student, tmp_path, checkpoints=["final"])
    assert again.manifest["steps"]["6"] == trained[1].manifest["steps"]["6"]


def test_another_seed_gives_another_student(trained, student, tmp_path):
    again = run(student, tmp_path, seed=1)
    assert again.manifest["steps"]["6"] != trained[1].manifest["steps"]["6"]


def test_an_interrupted_training_ends_with_the_bytes_of_an_uninterrupted_one(
    trained, student, tmp_path, monkeypatch
):
    from skillift.training.callbacks import ShowProgress

    def stop(self, args, state, control, **kwargs):
        if state.global_step == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(ShowProgress, "on_step_end", stop)
    with pytest.raises(KeyboardInterrupt):
        run(student, tmp_path, checkpoints=[2, "final"], state_interval_s=0.0)
    monkeypatch.undo()
    assert (tmp_path / "state/trainer").is_dir() and not (tmp_path / "checkpoints").exists()
    steps = []
    monkeypatch.setattr(
        ShowProgress,
        "on_step_end",
        lambda self, args, state, control, **kwargs: steps.append(state.global_step),
    )
    resumed = run(student, tmp_path, checkpoints=[2, "final"])
    assert steps and steps[0] > 1
    assert resumed.manifest == trained[1].manifest
    assert resumed.log.equals(trained[1].log)
    assert not (tmp_path / "state").exists()


def test_the_state_of_another_recipe_is_not_continued(student, tmp_path):
    state = tmp_path / "state"
    (state / "weights/6").mkdir(parents=True)
    (state / "key.json").write_text('{"key": "of another recipe"}')
    assert run(student, tmp_path).log["step"].to_list() == [1, 2, 3, 4, 5, 6]


def test_full_training_changes_every_weight(student, tmp_path):
    result = run(student, tmp_path, trainable="full", learning_rate=1e-3, epochs=1)
    assert result.manifest["trainable_parameters"] == result.manifest["parameter_count"]
    base, after = weights(student), weights(tmp_path / "checkpoints/step-3")
    assert all(not base[name].equal(after[name]) for name in base)


def test_partial_training_changes_the_last_blocks_alone(student, tmp_path):
    run(student, tmp_path, trainable={"last_n_layers": 1}, learning_rate=1e-3, epochs=1)
    base, after = weights(student), weights(tmp_path / "checkpoints/step-3")
    changed = {name for name in base if not base[name].equal(after[name])}
    assert changed == {name for name in base if ".layers.1." in name}
    with pytest.raises(UserError, match=r"last_n_layers: found 3, expected at most 2, the student's blocks"):
        run(student, tmp_path, trainable={"last_n_layers": 3})


def test_weights_are_cast_to_the_precision_that_is_served(student, tmp_path):
    import torch

    run(student, tmp_path, precision="bfloat16", epochs=1)
    assert {tensor.dtype for tensor in weights(tmp_path / "checkpoints/step-3").values()} == {torch.bfloat16}


def test_the_cheap_loss_is_the_loss_of_trl(student, tmp_path, monkeypatch):
    import skillift.training.cpu_trainer

    cheap = run(student, tmp_path / "a", epochs=1)
    monkeypatch.setattr(
        skillift.training.cpu_trainer, "CpuSFTTrainer", skillift.training.cpu_trainer.GpuSFTTrainer
    )
    usual = run(student, tmp_path / "b", epochs=1)
    assert cheap.log["loss"].to_list() == pytest.approx(usual.log["loss"].to_list(), rel=1e-4)
    assert cheap.log["tokens"].equals(usual.log["tokens"])


@pytest.mark.parametrize("schedule", ["cosine", "constant"])
def test_the_schedule_is_the_one_that_was_asked_for(student, tmp_path, schedule):
    rates = run(student, tmp_path, schedule=schedule, warmup_ratio=0.3).log["learning_rate"].to_list()
    assert rates[:3] == pytest.approx([0.0, 0.5e-2, 1e-2])
    assert (rates[-1] == pytest.approx(1e-2)) == (schedule == "constant")


def test_the_pinned_thinking_mode_is_the_one_that_is_trained(tmp_path):
    student = write_student(tmp_path / "model", chat_template=THINKING_CHAT_TEMPLATE)
    plain = run(student, tmp_path / "plain", epochs=1, thinking=True)
    blocked = run(student, tmp_path / "blocked", epochs=1, thinking=False)
    block = len("<think>\n\n</think>\n\n")
    assert blocked.log["tokens"][-1] - plain.log["tokens"][-1] == 12 * block


def test_the_steps_of_a_recipe_are_counted_as_the_trainer_counts_them():
    six = TrainSpec(**{**RECIPE, "batch_size": 16, "epochs": 6})
    assert six.steps_on(353) == 138
    assert checkpoint_steps([100, "final", 138], 138) == [100, 138]


def test_max_steps_end_a_training_within_an_epoch_and_are_otherwise_those_of_epochs(student, tmp_path):
    in_steps = {name: value for name, value in RECIPE.items() if name != "epochs"}

    def trained(folder, recipe):
        folders = (tmp_path / folder / name for name in ("checkpoints", "state"))
        return train(recipe, student, demonstrations(), *folders)

    by_epochs = trained("epochs", RECIPE)
    last = by_epochs.manifest["final_step"]
    assert trained("steps", {**in_steps, "max_steps": last}).log.equals(by_epochs.log)
    short = trained("short", {**in_steps, "max_steps": last - 1})
    assert short.manifest["final_step"] == last - 1 == short.log["step"].max()


def test_a_checkpoint_beyond_the_last_step_is_refused(student, tmp_path):
    with pytest.raises(UserError, match=r"checkpoints: found 7, expected a step from 1 to 6"):
        run(student, tmp_path, checkpoints=[7])


def test_an_empty_corpus_is_refused(student, tmp_path):
    with pytest.raises(UserError, match="at least one demonstration"):
        run(student, tmp_path, demonstrations().clear())


def test_a_row_without_an_assistant_message_is_named(student, tmp_path):
    corpus = demonstrations().with_columns(
        messages=pl.when(pl.col("task_id") == "t3")
        .then(pl.col("messages").list.head(1))
        .otherwise("messages")
    )
    with pytest.raises(UserError, match=r"row t3, attempt 0: found \['user'\]"):
        run(student, tmp_path, corpus)


def test_a_row_that_is_too_long_is_named_and_not_cut(student, tmp_path):
    with pytest.raises(UserError, match=r"row t1, attempt 0: found '320 tokens', expected at most 256"):
        run(student, tmp_path, corpus_of([("a", "b"), ("a" * 300, "b")]))


def test_a_template_that_puts_more_under_the_loss_than_the_response_is_refused(tmp_path):
    template = CHAT_TEMPLATE.replace("message.content +", "message.content + ' (the end)' +")
    student = write_student(tmp_path / "model", chat_template=template)
    with pytest.raises(UserError, match=r"a loss on 'ANSWER: \d \(the end\)"):
        run(student, tmp_path)


def test_a_template_that_trains_another_prompt_than_it_serves_is_refused(tmp_path):
    template = CHAT_TEMPLATE.replace("<|im_start|>assistant", "<|im_start|>bot")
    student = write_student(tmp_path / "model", chat_template=template)
    with pytest.raises(UserError, match="the prompt that is served"):
        run(student, tmp_path)


def test_a_training_that_diverges_stops_with_its_step(student, tmp_path):
    broken = tmp_path / "model"
    shutil.copytree(student, broken)
    from safetensors.torch import save_file

    tensors = weights(broken)
    tensors["model.norm.weight"] = tensors["model.norm.weight"] * float("nan")
    save_file(tensors, broken / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UserError, match=r"training step 1: found 'a loss of nan'"):
        run(broken, tmp_path)


def test_an_unreadable_model_folder_is_named(student, tmp_path):
    broken = tmp_path / "model"
    shutil.copytree(student, broken)
    (broken / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(UserError, match="model"):
        run(broken, tmp_path)
    with pytest.raises(UserError, match="nowhere"):
        run(tmp_path / "nowhere", tmp_path)
