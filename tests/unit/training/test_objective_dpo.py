"""Claims about the objective `dpo`: the loss of trl, however a batch is cut, beside the right reference."""

from __future__ import annotations

import random

import polars as pl
import pytest
from forked import forking
from tiny_models import write_student
from trainings import RECIPE, corpus_of, train

from skillift.contracts.pipeline import CORPUS
from skillift.contracts.training import OF_PAIRS, RUN_LOG
from skillift.errors import UserError
from skillift.settings.specs import TrainSpec
from skillift.tables import check, folder_digests
from skillift.training.objectives.dpo import pair_trainer
from skillift.training.training_options import TrainingOptions

pytestmark = pytest.mark.models

DPO = {**RECIPE, "objective": "dpo", "beta": 0.5, "sft_weight": 0.3, "batch_size": 16, "epochs": 3}
NEAR = {"abs": 1e-4}


def pairs(count: int) -> pl.DataFrame:
    """Right answers of one to six figures, and wrong ones of other lengths."""
    draw = random.Random(3)

    def answer() -> str:
        return "ANSWER: " + "".join(draw.choices("123", k=draw.randint(1, 6)))

    rows = [("".join(draw.choices("abcde", k=draw.randint(3, 9))), answer()) for _ in range(count)]
    wrong = [f"{answer()}{'4' * (number % 3)}" for number in range(count)]
    return check(corpus_of(rows).with_columns(rejected=pl.Series(wrong)), CORPUS, "pairs")


ROWS = pairs(21)  # batches of 16 and 5


@pytest.fixture(scope="module")
def student(tmp_path_factory):
    return write_student(tmp_path_factory.mktemp("student") / "model")


def run(student, folder, recipe=DPO, rows=ROWS, **how):
    return train(recipe, student, rows, folder / "checkpoints", folder / "state", TrainingOptions(**how))


@pytest.fixture(scope="module")
def whole(student, tmp_path_factory):
    """A training with each batch at once."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, run(student, folder, device_batch_size=16)


def same_log(found: pl.DataFrame, expected: pl.DataFrame) -> None:
    assert found.height == expected.height == 6
    for name in ("loss", *OF_PAIRS):
        assert found[name].to_list()[:3] == pytest.approx(expected[name].to_list()[:3], **NEAR), name
        assert found[name].to_list() == pytest.approx(expected[name].to_list(), rel=1e-3, abs=1e-3), name
    assert found["tokens"].equals(expected["tokens"])


@pytest.mark.parametrize("device_rows", [1, 4])
def test_losses_and_margins_do_not_depend_on_how_a_batch_is_cut_into_parts(
    whole, student, tmp_path, device_rows
):
    """16 in parts of 4 are equal, but 5 are of 2 and 3 pairs: a mean of means would differ at once."""
    same_log(run(student, tmp_path, device_batch_size=device_rows).log, whole[1].log)


def test_two_processes_have_the_losses_of_one(whole, student, tmp_path):
    with forking("loaded_libraries"):
        found = run(student, tmp_path, processes=2, device_batch_size=4)
    same_log(found.log, whole[1].log)


@pytest.mark.parametrize("trainable", [RECIPE["trainable"], "full"], ids=["lora", "full"])
def test_the_first_losses_are_those_of_bare_trl(student, tmp_path, trainable):
    """trl's own trainer, loss and reference on the same tokens, each batch at once."""
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from trl import DPOConfig, DPOTrainer

    from skillift.training.trained_parts import lora_config

    recipe = {**DPO, "trainable": trainable, "learning_rate": 1e-3}
    ours = run(student, tmp_path / "ours", recipe, pairs(48))
    _, data = pair_trainer(TrainSpec(**recipe), student, pairs(48), tmp_path / "state", TrainingOptions())

    class Tokenised(DPOTrainer):
        def _prepare_dataset(self, dataset, *_):
            return dataset

    model = AutoModelForCausalLM.from_pretrained(student, dtype="float32")
    adapters = None if trainable == "full" else lora_config(trainer_parts(recipe).lora, model)
    theirs = Tokenised(
        model=model,
        args=DPOConfig(
            output_dir=str(tmp_path / "theirs"),
            seed=0,
            learning_rate=recipe["learning_rate"],
            num_train_epochs=recipe["epochs"],
            per_device_train_batch_size=16,
            lr_scheduler_type="linear",
            warmup_steps=0,
            beta=recipe["beta"],
            loss_type=["sigmoid", "sft"],
            loss_weights=[1.0, recipe["sft_weight"]],
            bf16=False,
            gradient_checkpointing=False,
            use_cpu=True,
            logging_steps=1,
            max_length=None,
            save_strategy="no",
            report_to="none",
            disable_tqdm=True,
        ),
        train_dataset=Dataset.from_list(data.rows.to_list()),
        processing_class=AutoTokenizer.from_pretrained(student),
        peft_config=adapters,
    )
    theirs.train()
    logged = [entry for entry in theirs.state.log_history if "loss" in entry]
    assert len(logged) == ours.log.height == 9
    for column, name in (
        ("loss", "loss"),
        ("margin", "rewards/margins"),
        ("chosen_logprob", "logps/chosen"),
        ("rejected_logprob", "logps/rejected"),
    ):
        expected = [entry[name] for entry in logged]
        assert ours.log[column].to_list()[:3] == pytest.approx(expected[:3], **NEAR), column


def trainer_parts(recipe):
    return TrainSpec(**recipe).trainable


def test_it_prefers_right_answers_more_than_at_first(whole):
    log = check(whole[1].log, RUN_LOG, "log")
    assert log["margin"][0] == pytest.approx(0.0, abs=1e-5)  # it starts as its own reference
    assert log["margin"][-1] > 0.5
    assert log["loss"][0] > log["loss"][-1]


@pytest.mark.parametrize("trainable", [RECIPE["trainable"], "full"], ids=["lora", "full"])
def test_the_reference_stays_what_the_start_serves(student, tmp_path, trainable):
    """Before and after training, the reference's log-probabilities are those of the served start."""
    from skillift.engines.interface import RunOptions, Serving
    from skillift.engines.opening import open_engine
    from skillift.engines.probes import Probe

    sft = train(
        {**RECIPE, "trainable": "full"}, student, ROWS.drop("rejected"), tmp_path / "sft", tmp_path / "s"
    )
    start = tmp_path / f"sft/step-{sft.manifest['final_step']}"
    recipe = TrainSpec(**{**DPO, "trainable": trainable, "learning_rate": 1e-2})
    trainer, data = pair_trainer(recipe, start, ROWS, tmp_path / "state", TrainingOptions())
    rows = data.rows.to_list()
    sides = [[Probe(row["prompt_ids"], row[side]) for row in rows] for side in ("chosen_ids", "rejected_ids")]
    with open_engine("transformers", start, Serving("float32", 64), RunOptions()) as engine:
        served = [[sum(each) for each in engine.log_probabilities(side)] for side in sides]

    def reference() -> list[list[float]]:
        batch = trainer.data_collator(rows)
        labels = batch["input_ids"].masked_fill(batch["completion_mask"] == 0, -100)
        asked = {name: batch[name] for name in ("input_ids", "attention_mask")}
        return [side.tolist() for side in trainer.reference_log_probs(asked, labels)]

    before = reference()
    trainer.train()
    for side, expected in zip(reference(), served, strict=True):
        assert side == pytest.approx(expected, abs=1e-3)
    assert [pytest.approx(side, abs=1e-5) for side in before] == reference()


def test_scores_in_tiles_give_the_same_losses(whole, student, tmp_path, monkeypatch):
    import skillift.training.cpu_trainer

    monkeypatch.setattr(skillift.training.cpu_trainer, "KEPT_SCORES", 0)
    same_log(run(student, tmp_path, device_batch_size=4).log, whole[1].log)


def test_a_row_is_the_right_answer_after_the_served_prompt_with_one_end_token(whole):
    tokens = whole[1].trained_tokens
    texts = {row["task_id"]: row["messages"][-1]["content"] for row in ROWS.to_dicts()}
    assert {row["task_id"]: row["trained_text"] for row in tokens.to_dicts()} == {
        name: f"{text}<|im_end|>" for name, text in texts.items()
    }


def test_without_an_sft_weight_the_loss_is_that_of_the_pairs_alone(student, tmp_path):
    recipe = {name: value for name, value in DPO.items() if name != "sft_weight"}
    found = run(student, tmp_path, {**recipe, "epochs": 1})
    assert found.log["loss"][0] == pytest.approx(0.693147, abs=1e-5)


def test_memory_is_measured_on_pairs_and_changes_no_byte(whole, student, tmp_path, monkeypatch):
    from skillift.training import device_memory

    monkeypatch.setattr(device_memory, "LITTLE", 0)
    found = run(student, tmp_path, device_batch_size=16)
    assert found.log.equals(whole[1].log)
    assert folder_digests(tmp_path / "checkpoints") == folder_digests(whole[0] / "checkpoints")


def test_a_corpus_without_wrong_answers_is_refused(student, tmp_path):
    with pytest.raises(UserError, match="no column 'rejected'"):
        run(student, tmp_path, rows=ROWS.drop("rejected"))


def test_a_wrong_answer_that_holds_a_special_token_is_refused(student, tmp_path):
    rows = ROWS.with_columns(rejected=pl.lit("ANSWER: <|im_end|>"))
    with pytest.raises(UserError, match=r"corpus: row t0, attempt 0: .*<\|im_end\|>"):
        run(student, tmp_path, rows=rows)
