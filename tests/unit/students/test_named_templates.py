"""A base model in a template that the study names: asked, trained and served in it, ended by its token."""

from __future__ import annotations

import random
from pathlib import Path

import inferences
import polars as pl
import pytest
from chat_folders import EOS, GEMMA, number_of, write_base, write_base_student
from plain_folders import write_json
from trainings import RECIPE, corpus_of, train

from skillift.engines.interface import RunOptions, Sampling, Serving
from skillift.engines.opening import open_engine
from skillift.episodes.asked import check_template, rendered_prompts
from skillift.settings.specs import AnsweringSpec
from skillift.students.chat_format import prompt_text, token_ids
from skillift.students.chat_settings import ChatSettings, ChatTemplate
from skillift.students.file_tokenizer import FileTokenizer
from skillift.students.folders import import_student
from skillift.students.model_folders import end_tokens, load_tokenizer
from skillift.tables import read_json

pytestmark = pytest.mark.models

ENDS = [number_of(EOS), number_of("<end_of_turn>")]
MESSAGES = pl.DataFrame({"task_id": ["t"], "condition": ["none"], "content": ["What is 1?"]})
PROMPT = "<bos><start_of_turn>user\nWhat is 1?<end_of_turn>\n<start_of_turn>model\n"


@pytest.fixture(scope="module")
def student(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("student")
    chat = ChatSettings(ChatTemplate("gemma.jinja", GEMMA))
    import_student(write_base_student(folder / "base"), folder / "model", chat=chat)
    return folder / "model"


@pytest.fixture(scope="module")
def trained(student, tmp_path_factory):
    folder = tmp_path_factory.mktemp("trained")
    corpus = corpus_of([(f"What is {n}?", f"Step 1: {n}\n\nANSWER: {n}") for n in range(8)])
    return folder / "checkpoints/step-2", train(
        {**RECIPE, "epochs": 1}, student, corpus, folder / "checkpoints", folder / "state"
    )


def test_it_is_asked_in_the_template_and_its_checkpoint_too(student, trained):
    inference = AnsweringSpec(**inferences.INFERENCE)
    for folder in (student, trained[0]):
        texts = rendered_prompts(load_tokenizer(folder), MESSAGES, inference)
        assert texts == [PROMPT]
    check_template(student, load_tokenizer(trained[0]), MESSAGES, texts, inference, 2)


def test_it_is_trained_on_the_answer_and_the_templates_end_token(trained):
    rows = trained[1].trained_tokens
    assert rows["trained_text"].to_list() == [f"Step 1: {n}\n\nANSWER: {n}<end_of_turn>" for n in range(8)]
    assert set(rows["end_token"]) == {number_of("<end_of_turn>")}


def test_its_checkpoint_has_that_template_alone_and_stops_there_wherever_it_is_served(trained):
    folder = trained[0]
    assert (folder / "chat_template.jinja").read_text(encoding="utf-8") == GEMMA
    assert "chat_template" not in read_json(folder / "tokenizer_config.json")
    assert read_json(folder / "generation_config.json")["eos_token_id"] == ENDS
    assert end_tokens(folder, load_tokenizer(folder)) == ENDS


@pytest.mark.parametrize("kind", ["transformers", pytest.param("vllm", marks=pytest.mark.nightly)])
def test_an_engine_ends_an_answer_at_the_templates_token_and_at_the_tokenizers(student, kind):
    draw = random.Random(0)
    prompts = [[draw.randrange(256) for _ in range(9)] for _ in range(100)]
    settings = Serving("float32", 128)
    with open_engine(kind, student, settings, RunOptions(max_num_seqs=50)) as engine:
        answers = engine.generate(prompts, Sampling(64, 1.0, 1.0), range(len(prompts)))
    ended = {answer.tokens[-1] for answer in answers if answer.finish_reason == "stop"}
    assert ended == set(ENDS)
    assert not any(token in ENDS for answer in answers for token in answer.tokens[:-1])
    assert not any("<end_of_turn>" in answer.text for answer in answers)


@pytest.mark.parametrize("tokenizer_class", ["LlamaTokenizerFast", "LlamaTokenizer", "GPT2Tokenizer"])
def test_a_tokenizer_is_the_one_of_its_file_whatever_class_its_settings_name(tmp_path, tokenizer_class):
    """As in DeepSeek's distilled Llama models, whose spaces transformers 5 would take out of every text."""
    from transformers import AutoTokenizer

    base = write_base(
        tmp_path / "base", template=GEMMA, model_type="llama", architectures=["LlamaForCausalLM"]
    )
    settings = read_json(base / "tokenizer_config.json") | {"tokenizer_class": tokenizer_class}
    write_json(base / "tokenizer_config.json", settings)
    text = "Step 1: 19 + 23\n\nANSWER: 42<end_of_turn>"
    tokenizer = load_tokenizer(base)
    tokens = tokenizer(text, add_special_tokens=False)["input_ids"]
    assert tokens == [*token_ids(FileTokenizer(base, GEMMA, "base"), [text])[0]]
    assert tokenizer.decode(tokens) == text and tokens[-1] == number_of("<end_of_turn>")
    assert prompt_text(tokenizer, "What is 1?", False) == PROMPT
    tokenizer.save_pretrained(tmp_path / "checkpoint")
    again = AutoTokenizer.from_pretrained(tmp_path / "checkpoint")
    assert again(text, add_special_tokens=False)["input_ids"] == tokens
