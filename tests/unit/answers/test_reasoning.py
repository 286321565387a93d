"""Reasoning before an answer: what is stripped, what is text, and which chat templates are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_templates import chat_template

from skillift.answers.reasoning import BLOCKS, opened_block, reasons, strip_reasoning, unknown_tags
from skillift.scorers.answer_line import score as score_answer_line
from skillift.students.chat_files import template_mistakes


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
@pytest.mark.parametrize("file", ["chat_template.jinja", "tokenizer_config.json"])
def test_a_template_with_unknown_tags_is_refused_with_their_name(tmp_path, tag, file):
    template = chat_template("chatml").replace("assistant\n", f"assistant\n{tag}\n")
    settings = {"chat_template": template} if file == "tokenizer_config.json" else {}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(settings))
    if not settings:
        (tmp_path / file).write_text(template)
    (mistake,) = template_mistakes(tmp_path)
    assert f"the tags of reasoning {tag}" in mistake and "<think>...</think>" in mistake
