"""Reasoning before an answer: what is stripped, what is text, and which chat templates are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_templates import chat_template
from tiny_models import write_student

from skillift.answers.reasoning import BLOCKS, opened_block, reasons, strip_reasoning, unknown_tags
from skillift.errors import UserError
from skillift.judging.extraction import score_answer_line
from skillift.students.folders import check_model_folder


@pytest.mark.parametrize(("opening", "closing"), BLOCKS)
def test_a_block_of_any_known_form_is_no_part_of_the_answer(opening, closing):
    assert strip_reasoning(f"{opening}\nANSWER: 3\n{closing}\n\nANSWER: 5") == "ANSWER: 5"
    assert strip_reasoning(f"ANSWER: 3\n{closing}\nANSWER: 5") == "ANSWER: 5"  # the prompt opened it
    assert strip_reasoning(f"{opening}\nANSWER: 3") is None
    assert score_answer_line(f"The tag {opening} is text.\nANSWER: 5", "5")
    assert opened_block(f"<|assistant|>\n{opening}\n") == f"{opening}\n"
    assert reasons(f"{opening}hm{closing}ANSWER: 5") and not reasons(f"{opening}\n\n{closing}ANSWER: 5")


@pytest.mark.parametrize(
    ("response", "final"),
    [
        ("analysisWe add. ANSWER: 3assistantfinalANSWER: 5", "ANSWER: 5"),
        ("analysisWe add. ANSWER: 3", None),
        (
            "<|channel|>analysis<|message|>ANSWER: 3<|end|><|start|>assistant"
            "<|channel|>final<|message|>ANSWER: 5<|return|>",
            "ANSWER: 5",
        ),
        ("analysis of the list\nANSWER: 5", "analysis of the list\nANSWER: 5"),
    ],
)
def test_the_channels_of_harmony_are_told_apart(response, final):
    assert strip_reasoning(response) == final


def test_published_templates_have_known_tags():
    import trl

    templates = sorted((Path(trl.__file__).parent / "chat_templates").glob("*.jinja"))
    assert len(templates) > 10
    assert {path.name: unknown_tags(path.read_text("utf-8")) for path in templates} == {
        path.name: [] for path in templates
    }
    assert unknown_tags("{% if thinking_budget < 5 %}{{ message['reasoning_content'] }}{% endif %}") == []


@pytest.mark.parametrize("tag", ["<deep_thought>", "<|begin_reasoning|>", "[REASONING]", "<scratchpad>"])
def test_a_template_with_unknown_tags_is_refused_with_their_name(tmp_path, tag):
    template = chat_template("chatml").replace("assistant\n", f"assistant\n{tag}\n")
    folder = write_student(tmp_path / "model", chat_template=template)
    with pytest.raises(UserError, match=r"the tags of reasoning .*<think>"):
        check_model_folder(folder)


def test_a_template_inside_the_tokenizers_settings_is_read_too(tmp_path):
    folder = write_student(tmp_path / "model")
    (folder / "chat_template.jinja").unlink()
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["chat_template"] = [{"name": "default", "template": "{{ '<scratchpad>' }}"}]
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    with pytest.raises(UserError, match="<scratchpad>"):
        check_model_folder(folder)
