"""Claims about the objective `grpo`: the loss of trl, on answers that the devices do not change."""

from __future__ import annotations

import polars as pl
import pytest
from forked import forking
from tiny_models import write_student
from trainings import RECIPE, demonstrations, train

from skillift.contracts.training import OF_REWARDS, RUN_LOG
from skillift.errors import UserError
from skillift.settings.specs import TrainSpec
from skillift.tables import check
from skillift.training.objectives.grpo import answer_trainer
from skillift.training.training_data import with_scoring
from skillift.training.training_options import TrainingOptions

pytestmark = pytest.mark.models

GRPO = {
    **RECIPE,
    "objective": "grpo",
    "generations": 6,
    "max_tokens": 12,
    "beta": 0.05,
    "epochs": 3,
    "batch_size": 8,
}
NEAR = {"abs": 1e-4}


def tasks_of(corpus: pl.DataFrame, **columns) -> pl.DataFrame:
    """The tasks of a corpus, whose references its answers give."""
    answers = [messages[-1]["content"].split(": ")[1] for messages in corpus["messages"]]
    plain = {"scorer": "answer_line", "answer_type": "text", **columns}
    shown = [pl.lit(value).alias(name) for name, value in plain.items()]
    return corpus.select("task_id", *shown).with_columns(reference=pl.Series(answers))


CORPUS = demonstrations(13)  # batches of 8 and 5
ROWS = with_scoring(CORPUS, tasks_of(CORPUS))


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    """A student that answers in form, and mostly another task's answer."""
    folder = tmp_path_factory.mktemp("student")
    base = write_student(folder / "base")
    recipe = {**RECIPE, "trainable": "full", "epochs": 6}
    found = train(recipe, base, CORPUS, folder / "sft", folder / "state")
    return folder / f"sft/step-{found.manifest['final_step']}"


def run(student, folder, recipe=GRPO, rows=ROWS, **how):
    return train(recipe, student, rows, folder / "checkpoints", folder / "state", TrainingOptions(**how))


@pytest.fixture(scope="module")
def whole(student, tmp_path_factory):
    """A training with each batch at once."""
    folder = tmp_path_factory.mktemp("whole")
    return run(student, folder, device_batch_size=8)


def same_log(found: pl.DataFrame, expected: pl.DataFrame) -> None:
    assert found.height == expected.height == 6
    for name in ("loss", *OF_REWARDS):
        assert found[name].to_list()[:3] == pytest.approx(expected[name].to_list()[:3], **NEAR), name
    assert found["tokens"][:3].equals(expected["tokens"][:3])


@pytest.mark.parametrize("device_rows", [1, 3])
def test_answers_and_losses_do_not_depend_on_how_a_batch_is_cut_into_parts(
    whole, student, tmp_path, device_rows
):
    """8 in parts of 3 are of 2 and 3 tasks: a mean of means would differ at once."""
    same_log(run(student, tmp_path, device_batch_size=device_rows).log, whole.log)


def test_two_processes_have_the_answers_and_losses_of_one(whole, student, tmp_path):
    with forking("loaded_libraries"):
        found = run(student, tmp_path, processes=2, device_batch_size=2)
    same_log(found.log, whole.log)


@pytest.mark.parametrize("trainable", [RECIPE["trainable"], "full"], ids=["lora", "full"])
def test_rewards_and_divergence_of_the_first_steps_are_those_of_bare_trl(student, tmp_path, trainable):
    """trl's own trainer, advantages, loss and reference on answers of the same seeds, each batch at once.

    A step's loss says little, as a task's advantages add up to 0: what it has changed shows in the next ones.
    """
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import GRPOConfig, GRPOTrainer

    from skillift.training.trained_parts import lora_config

    rate = 1e-2 if trainable != "full" else 1e-3
    recipe = {**GRPO, "trainable": trainable, "batch_size": 13, "epochs": 4, "learning_rate": rate}
    ours = run(student, tmp_path / "ours", recipe)
    parts = (TrainSpec(**recipe), student, ROWS, tmp_path / "state", TrainingOptions())
    trainer, *_ = answer_trainer(*parts)
    answering = {name: vars(type(trainer))[name] for name in ("answers", "_answers", "_ended")}
    bare = type("Bare", (GRPOTrainer,), {**answering, "ends": trainer.ends})
    model = AutoModelForCausalLM.from_pretrained(student, dtype="float32")

    def right(prompts, completion_ids, scored_by, **_):
        texts = tokenizer.batch_decode(completion_ids, skip_special_tokens=True)
        return [float(text == f"ANSWER: {values[0]}") for text, values in zip(texts, scored_by, strict=True)]

    tokenizer = AutoTokenizer.from_pretrained(student)
    theirs = bare(
        model=model,
        reward_funcs=right,
        rollout_func=lambda prompts, trainer: trainer.answers(prompts),
        args=GRPOConfig(
            output_dir=str(tmp_path / "theirs"),
            seed=0,
            learning_rate=rate,
            num_train_epochs=4,
            per_device_train_batch_size=13 * 6,
            num_generations=6,
            max_completion_length=12,
            beta=0.05,
            loss_type="grpo",
            use_bias_correction_kl=False,
            lr_scheduler_type="linear",
            warmup_steps=0,
            bf16=False,
            gradient_checkpointing=False,
            use_cpu=True,
            logging_steps=1,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(trainer.train_dataset.to_list()),
        processing_class=tokenizer,
        peft_config=None if trainable == "full" else lora_config(parts[0].trainable.lora, model),
    )
    theirs.train()
    logged = [entry for entry in theirs.state.log_history if "loss" in entry]
    assert len(logged) == ours.log.height == 4
    assert ours.log["kl"][0] == pytest.approx(0.0, abs=1e-6) and ours.log["kl"][2] > 1e-3
    assert len(set(ours.log["reward"])) > 1
    for column, name in (
        ("loss", "loss"),
        ("reward", "reward"),
        ("kl", "kl"),
        ("cut_off", "completions/clipped_ratio"),
    ):
        expected = [entry[name] for entry in logged]
        assert ours.log[column].to_list()[:3] == pytest.approx(expected[:3], **NEAR), column


def test_right_answers_become_more_frequent(student, tmp_path):
    log = check(run(student, tmp_path, {**GRPO, "epochs": 12}).log, RUN_LOG, "log")
    rewards = log["reward"].to_list()
    assert sum(rewards[-6:]) > sum(rewards[:6]) + 0.3


def test_without_beta_nothing_is_said_of_a_reference(student, tmp_path):
    recipe = {name: value for name, value in GRPO.items() if name != "beta"}
    log = run(student, tmp_path, {**recipe, "epochs": 1}).log
    assert log.columns[-3:] == ["reward", "reward_std", "cut_off"]


def test_a_prompt_without_room_for_its_answer_is_refused(student, tmp_path):
    with pytest.raises(UserError, match=r"max_tokens: found '\d+ tokens of the longest prompt and an answer"):
        run(student, tmp_path, {**GRPO, "max_tokens": 100_000})


def test_a_task_that_a_judge_scores_is_refused_and_named():
    with pytest.raises(UserError, match=r"tasks: t0: scorer: found 'judge', expected a scorer that needs no"):
        with_scoring(CORPUS, tasks_of(CORPUS, scorer="judge"))
