"""Claims about scratch students: what they read, what they are, and that they can be made again."""

from __future__ import annotations

from itertools import islice

import polars as pl
import pytest
from made_specs import pack_of
from progress_lines import lines_told

from skillift.contracts.training import TRAINING_LOG
from skillift.errors import UserError
from skillift.settings.student_specs import PretrainSpec, TokenizerSpec
from skillift.students.pretraining import answer_loss, batches, learning_rate, new_student, pretrain
from skillift.students.pretraining_text import exchanges
from skillift.students.tokenizers import build_tokenizer
from skillift.tables import check, folder_digests
from skillift.taskpack import build_pack
from skillift.taskpack.domains import TINY_DOMAINS
from skillift.taskpack.instances import suite_of
from skillift.taskpack.skills import draw_skills

PACK = {
    "difficulty": "tiny",
    "seed": 0,
    "per_skill": {"train": 11, "dev": 5, "holdout": 5},
    "judge_scored": 33,
}
SPEC = {
    "architecture": {"hidden_size": 32, "layers": 2, "heads": 2, "kv_heads": 1, "intermediate_size": 64},
    "pretraining": {"steps": 12, "learning_rate": 6.0e-3, "seed": 0},
    "pack": PACK,
}


@pytest.fixture(scope="module")
def tokenizer_folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tokenizer")
    build_tokenizer(TokenizerSpec(difficulty="tiny"), folder)
    return folder


@pytest.fixture(scope="module")
def tokenizer(tokenizer_folder):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tokenizer_folder)


@pytest.fixture(scope="module")
def student(tokenizer_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("student")
    with lines_told() as lines:
        log = pretrain(PretrainSpec(**SPEC), tokenizer_folder, folder)
    return folder, log, lines


@pytest.fixture(scope="module")
def texts():
    return list(islice(exchanges(pack_of(**PACK), 0), 4000))


@pytest.mark.models
def test_the_same_spec_gives_the_same_bytes(student, tokenizer_folder, tmp_path):
    folder, log, _ = student
    again = pretrain(PretrainSpec(**SPEC), tokenizer_folder, tmp_path)
    assert folder_digests(tmp_path) == folder_digests(folder)
    assert again.equals(log)


@pytest.mark.models
def test_another_seed_gives_other_weights(student, tokenizer_folder, tmp_path):
    spec = SPEC | {"pretraining": SPEC["pretraining"] | {"seed": 1}}
    pretrain(PretrainSpec(**spec), tokenizer_folder, tmp_path)
    name = "model.safetensors"
    assert folder_digests(tmp_path)[name] != folder_digests(student[0])[name]


@pytest.mark.models
def test_the_log_keeps_its_contract_and_the_loss_falls(tokenizer_folder, tmp_path):
    spec = SPEC | {"pretraining": SPEC["pretraining"] | {"steps": 110}}
    log = check(pretrain(PretrainSpec(**spec), tokenizer_folder, tmp_path), TRAINING_LOG, "log")
    assert log["step"].to_list() == [50, 100, 110]
    assert log["loss"][-1] < 0.7 * log["loss"][0]
    assert 80 * 1024 < log["tokens"][-1] <= 110 * 1024


@pytest.mark.models
def test_lines_say_which_step_the_pretraining_is_at(student):
    lines = [line for line in student[2] if line.label == "pretraining"]
    at_work = [line for line in lines if 0 < line.done < 12]
    assert at_work and all(line.seconds_left is not None for line in at_work)
    assert "loss " in str(at_work[-1]) and " tokens/s" in str(at_work[-1])
    assert (lines[-1].done, lines[-1].total, lines[-1].unit) == (12, 12, "step")


@pytest.mark.models
def test_a_student_loads_as_qwen3_in_float32_with_tied_embeddings_and_stops_at_the_end_token(student):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, Qwen3ForCausalLM

    folder, *_ = student
    model, tokenizer = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert isinstance(model, Qwen3ForCausalLM)
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}
    assert model.lm_head.weight is model.model.embed_tokens.weight
    assert model.config.head_dim == 32
    assert model.config.rope_parameters["rope_theta"] == 10_000
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    assert tokenizer.chat_template


@pytest.mark.models
def test_training_overfits_one_exchange_and_generation_stops_where_the_answer_ends(tokenizer):
    import torch

    torch.manual_seed(0)
    model = new_student(PretrainSpec(**SPEC).architecture, tokenizer)
    batch = next(batches(tokenizer, pack_of(**PACK), 0))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    one = type(batch)(batch.inputs[:1], batch.targets[:1], tokens=0)
    for _ in range(60):
        loss = answer_loss(model, one)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    assert loss.item() < 0.05
    answered = one.targets[0] >= 0
    prompt = one.inputs[:, : int(answered.nonzero()[0]) + 1]
    answer = one.targets[0][answered]
    model.eval()
    written = model.generate(prompt, attention_mask=torch.ones_like(prompt), max_new_tokens=60)
    assert written[0, prompt.shape[1] :].tolist() == answer.tolist()
    assert answer[-1] == tokenizer.eos_token_id


@pytest.mark.models
def test_the_loss_is_that_of_the_whole_model_on_answer_tokens_whatever_the_padding(tokenizer):
    import torch

    torch.manual_seed(0)
    model = new_student(PretrainSpec(**SPEC).architecture, tokenizer).eval()
    uneven = [
        batch
        for batch in islice(batches(tokenizer, pack_of(**PACK), 0), 150)
        if batch.tokens < batch.inputs.numel()
    ]
    assert uneven, "no batch with padding to look at"
    batch = uneven[0]
    losses = []
    for inputs, targets in zip(batch.inputs, batch.targets, strict=True):
        last = int((targets >= 0).nonzero()[-1])
        logits = model(inputs[None, : last + 1]).logits[0]
        kept = targets[: last + 1] >= 0
        losses.append(
            torch.nn.functional.cross_entropy(logits[kept], targets[: last + 1][kept], reduction="none")
        )
    expected = torch.cat(losses).mean()
    assert answer_loss(model, batch).item() == pytest.approx(expected.item(), rel=1e-4)


@pytest.mark.models
def test_batches_hold_about_1024_tokens_and_little_padding(tokenizer):
    found = list(islice(batches(tokenizer, pack_of(**PACK), 0), 100))
    places = sum(batch.inputs.numel() for batch in found)
    assert max(batch.inputs.numel() for batch in found) <= 1024
    assert sum(batch.tokens - len(batch.inputs) for batch in found) > 0.95 * places


def test_pre_training_text_never_holds_a_dev_or_holdout_list_in_a_prompt(texts):
    domains = {item: domain for domain in TINY_DOMAINS for item in domain.order}
    for exchange in texts:
        items = tuple(exchange.prompt.split()[-3:])
        assert suite_of(items, domains[items[0]], 0) == "train"


def test_no_task_of_dev_or_holdout_is_in_the_text(texts):
    _, tasks = build_pack(pack_of(**PACK))
    kept_out = set(tasks.filter(pl.col("suite") != "train")["prompt"])
    assert kept_out.isdisjoint(exchange.prompt.splitlines()[-1] for exchange in texts)


def test_skills_are_named_only_without_their_procedure_and_twelve_are_never_named(texts):
    names = {skill.name for skill in draw_skills("tiny", 0)}
    seen = set()
    for exchange in texts:
        *procedure, question = exchange.prompt.splitlines()
        named = {name for name in names if f" {name}" in question}
        assert not (procedure and named)
        seen |= named
    assert len(names - seen) == 12


def test_about_two_of_five_answers_to_tasks_have_an_answer_line(texts):
    asked = [exchange for exchange in texts if exchange.prompt.splitlines()[-1].count(" ") > 5]
    share = sum("ANSWER:" in exchange.answer for exchange in asked) / len(asked)
    assert 0.35 < share < 0.45


def test_a_few_answers_are_wrong(texts):
    worked = [exchange for exchange in texts if exchange.answer.startswith("Step 1: Copy")]
    wrong = [
        exchange
        for exchange in worked
        if not exchange.prompt.endswith(exchange.answer.splitlines()[0].removeprefix("Step 1: Copy "))
    ]
    assert 0.002 < len(wrong) / len(worked) < 0.05


def test_the_learning_rate_warms_up_stays_and_falls_to_nearly_nothing():
    rates = [learning_rate(step, 2000, 1.0) for step in range(1, 2001)]
    assert rates[0] == pytest.approx(1 / 60)
    assert rates[59:1300] == [1.0] * 1241
    assert rates[-1] == pytest.approx(1 / 700)
    assert rates[1300:] == sorted(rates[1300:], reverse=True)


@pytest.mark.parametrize("steps", [1, 2, 10])
def test_very_few_steps_still_train_at_a_positive_rate(steps):
    assert all(0 < learning_rate(step, steps, 1.0) <= 1 for step in range(1, steps + 1))


@pytest.mark.models
def test_a_student_may_be_made_without_a_pack(tokenizer_folder, student, tmp_path):
    pretrain(PretrainSpec(**SPEC | {"pack": None}), tokenizer_folder, tmp_path)
    assert folder_digests(tmp_path) == folder_digests(student[0])


def test_key_value_heads_that_do_not_divide_the_heads_are_named(tokenizer_folder, tmp_path):
    wrong = SPEC["architecture"] | {"heads": 3, "kv_heads": 2}
    with pytest.raises(UserError, match=r"architecture\.kv_heads: found 2, expected a divisor of `heads`"):
        pretrain(PretrainSpec(**SPEC | {"architecture": wrong}), tokenizer_folder, tmp_path)
