"""Special tokens: which they are, by a tokenizer's files, and that prompts and demonstrations hold none."""

from __future__ import annotations

import json

import pytest
from chat_templates import CHATML, chat_tokenizer
from plain_folders import write_folder, write_json
from trainings import corpus_of

from skillift.errors import UserError
from skillift.students.chat_files import first_special, special_tokens_of, template_mistakes
from skillift.students.chat_format import refuse_special_tokens
from skillift.training.training_data import conversations


def test_the_files_of_a_tokenizer_say_the_same_as_the_tokenizer(tmp_path):
    tokenizer = chat_tokenizer(CHATML, special_tags=True)
    tokenizer.save_pretrained(tmp_path)
    tokens = special_tokens_of(tmp_path)
    assert tokens == ["<|im_end|>", "<|im_start|>", "<|pad|>"]
    for token in tokens:
        with pytest.raises(UserError, match="a special token of"):
            refuse_special_tokens(tokenizer, f"a {token}", "task t")
    refuse_special_tokens(tokenizer, "<think>a</think> <b> <|im_ end|>", "task t")


def test_marks_of_turns_count_although_their_tokenizer_does_not_call_them_special(tmp_path):
    marks = "<｜User｜>{{ m.content }}{% if m.role == 'assistant' %}<｜end｜>{% endif %}"
    folder = write_folder(tmp_path, f"{{% for m in messages %}}{marks}{{% endfor %}}")
    texts = ("<｜User｜>", "<｜end｜>", "<｜fim｜>", "\n", "answer")
    added = [{"content": text, "special": False} for text in texts]
    write_json(folder / "tokenizer.json", {"added_tokens": added})
    assert special_tokens_of(folder) == ["<|im_end|>", "<|pad|>", "<｜User｜>", "<｜end｜>"]


def test_tokens_that_only_the_older_files_name_are_found(tmp_path):
    folder = write_folder(tmp_path)
    write_json(folder / "tokenizer.json", {"added_tokens": []})
    write_json(folder / "special_tokens_map.json", {"bos_token": "<s>", "unk_token": {"content": "<unk>"}})
    decoder = {"5": {"content": "[X]", "special": True}}
    more = {"additional_special_tokens": ["[INST]"], "added_tokens_decoder": decoder}
    write_json(folder / "tokenizer_config.json", {"eos_token": "</s>", **more})
    assert special_tokens_of(folder) == ["</s>", "<s>", "<unk>", "[INST]", "[X]"]


def test_the_longest_token_at_a_place_is_the_one_that_is_told():
    assert first_special("a <|end|><|end_of_text|>", ["<|end", "<|end|>", "<|end_of_text|>"]) == "<|end|>"
    assert first_special("nothing here", ["<|end|>"]) == first_special("<|end|>", []) == ""


@pytest.mark.parametrize(
    ("row", "place"),
    [
        (("See <|im_end|>", "ANSWER: 1"), "its prompt"),
        (("What?", "ANSWER: <|im_start|>1"), "its answer"),
    ],
)
def test_a_demonstration_that_holds_one_is_refused_before_anything_is_trained(row, place):
    tokenizer = chat_tokenizer(CHATML)
    corpus = corpus_of([("What is 1?", "ANSWER: 1"), row])
    with pytest.raises(UserError, match=f"corpus: row t1, attempt 0: {place}: found"):
        conversations(corpus, tokenizer, False, [tokenizer.eos_token_id])


@pytest.mark.parametrize(
    "template",
    [
        "{{ 1 / 0 }}",
        "{{ messages[0].content + 5 }}",
        "{% break %}",
        "{{ range(10**9) | list }}",
        "{{ cycler() }}",
    ],
)
def test_a_template_that_fails_in_any_way_is_told_in_words(tmp_path, template):
    (tmp_path / "chat_template.jinja").write_text(template, encoding="utf-8")
    settings = {"eos_token": "<end>", "additional_special_tokens": 5, "extra_special_tokens": "abc"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (mistake,) = template_mistakes(tmp_path)
    assert "chat template" in mistake
    assert special_tokens_of(tmp_path) == ["<end>"]
