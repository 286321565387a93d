"""Whether a student can be asked and trained in its template is known before the first job, without torch."""

from __future__ import annotations

import sys

import pytest
from chat_folders import GEMMA, GEMMA_TOKENS, LLAMA, LLAMA_TOKENS, write_base
from plain_folders import CHATML, DATED
from study_files import REPOSITORY

from skillift.preflight.templates import mistakes
from skillift.study.study import load_study

SMOKE = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
SCRATCH = SMOKE[SMOKE.index("  s:\n") : SMOKE.index("  m:\n")]
PLAIN = (REPOSITORY / "workflow_scripts/assets/prompts/chat/plain.jinja").read_text(encoding="utf-8")
OFF = "enable_thinking is defined and not enable_thinking"
EMPTY = "{{ '<think>\n\n</think>\n\n' }}"
THINKING = GEMMA.replace(
    "model\n' }}{% endif %}", f"model\n' }}}}{{% if {OFF} %}}{EMPTY}{{% endif %}}{{% endif %}}"
)


@pytest.fixture
def told(study_file, tmp_path):
    """What is told of the smoke study where a student, or a model that is not trained, has this template."""

    def look(template: str, added: tuple[str, ...] = GEMMA_TOKENS, named=True, trained=True, thinking=False):
        write_base(tmp_path / "base", added, "" if named else template)
        (tmp_path / "its.jinja").write_text(template, encoding="utf-8")
        entry = (
            f"{{tier: {1 if trained else 9}, source: path, path: base{', chat_template: its.jinja' * named}}}"
        )
        text = SMOKE.replace("engine: vllm", f"engine: vllm, thinking: {str(thinking).lower()}")
        if trained:
            text = text.replace(SCRATCH, f"  s: {entry}\n")
        else:
            text += f"\nreferences:\n  s: {entry}\n".replace("  s:", "  r:")
        return mistakes(load_study(study_file(text)))

    return look


@pytest.mark.parametrize("named", [True, False], ids=["of the study", "of the folder"])
@pytest.mark.parametrize(
    ("template", "added"),
    [
        (GEMMA, GEMMA_TOKENS),
        (LLAMA, LLAMA_TOKENS),
        (PLAIN, ("<bos>", "<eos>")),
        (CHATML, (*GEMMA_TOKENS, "<|im_start|>", "<|im_end|>")),
        (DATED, (*GEMMA_TOKENS, "<|im_start|>", "<|im_end|>")),
        ("{{ 'Be brief.\n\n' }}" + GEMMA, GEMMA_TOKENS),
    ],
    ids=["gemma", "llama-3", "plain", "chatml", "dated", "system"],
)
def test_a_template_whose_turns_end_with_a_token_has_no_mistakes(told, template, added, named):
    assert told(template, added, named) == []


def test_torch_is_not_loaded_for_it(told):
    before = set(sys.modules)
    assert told(GEMMA) == []
    assert not {
        name for name in set(sys.modules) - before if name.partition(".")[0] in ("torch", "transformers")
    }


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (
            CHATML,
            ["found '<|im_end|>' after an answer, 10 tokens of this", "Write {{ eos_token }} (<eos>) there"],
        ),
        (GEMMA.replace("<end_of_turn>\n'", "'"), ["found nothing after an answer", "`chat_template: plain`"]),
        (GEMMA.replace("<end_of_turn>\n'", "\\n---\n'"), ["found '---' after an answer, 3 tokens"]),
        (GEMMA.replace("<end_of_turn>\n'", ".'"), ["found '.' after an answer, one token of its text"]),
        (GEMMA.replace("turn>model", "turn>bot"), ["before a response", "renders a prompt in two ways"]),
        (
            GEMMA.replace("message.content | trim", "message.content | replace('\n\n', ' ') | trim"),
            ["found \"a loss on 'Step 1: 19 + 23 = 42 ANSWER: 42<end_of_turn>'\""],
        ),
        (
            GEMMA.replace("if add_generation_prompt", "if false"),
            [
                "opens an answer with '<start_of_turn>model\\n' alone",
                "under `{% if add_generation_prompt %}`",
            ],
        ),
        (GEMMA.replace("message.content | trim", "message.content[:12]"), ["without the whole user message"]),
        (
            GEMMA.replace("message.content | trim", "(message.content if role == 'user' else '7')"),
            ["a question and an answer: found \"a loss on '7<end_of_turn>"],
        ),
    ],
    ids=[
        "no-token",
        "nothing",
        "words",
        "a-token-of-texts",
        "another-prompt",
        "other-breaks",
        "no-opening",
        "cut",
        "other-words",
    ],
)
def test_what_training_would_refuse_is_told_in_one_sentence(told, template, words):
    (line,) = told(template)
    assert ": students.s: " in line and "its.jinja" in line
    assert all(word in line for word in words), line


def test_a_model_that_is_only_evaluated_needs_no_end_of_an_answer(told):
    assert told(GEMMA.replace("<end_of_turn>\n'", "'"), trained=False) == []


@pytest.mark.parametrize("trained", [False, True])
def test_what_a_prompt_would_be_refused_for_is_told_whether_or_not_the_student_is_trained(told, trained):
    ignored = THINKING.replace("and not enable_thinking", "")
    (line,) = told(ignored, trained=trained)
    assert "in both thinking modes" in line and "ignores it" in line
    (line,) = told(GEMMA.replace("{% if add_generation", "{% if not add_generation"), trained=trained)
    assert "a prompt: found" in line


@pytest.mark.parametrize("thinking", [False, True])
def test_the_studys_thinking_mode_is_the_one_that_is_looked_at(told, thinking):
    """A template that has the empty block in prompts alone trains another prompt than it serves."""
    before_answers = (
        f"{{% if message.role == 'assistant' and {OFF} %}}{EMPTY}{{% endif %}}{{{{ message.content"
    )
    whole = THINKING.replace("'\n' + message.content", "'\n' }}" + before_answers)
    assert told(whole, thinking=thinking) == []
    assert len(told(THINKING, thinking=thinking)) == (not thinking)


def test_a_broken_vocabulary_is_told_by_its_file(told, tmp_path):
    assert told(GEMMA) == []
    study = load_study(tmp_path / "study.yaml")
    file = tmp_path / "base" / "tokenizer.json"
    file.write_text(file.read_text().replace('"BPE"', '"XYZ"'))
    (line,) = mistakes(study)
    assert str(file) in line and "Copy the folder again." in line
