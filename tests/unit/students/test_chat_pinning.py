"""A chat template in a student's folder: the study's is the only one, its end of turn is an end token."""

from __future__ import annotations

import pytest
from chat_folders import EOS, GEMMA, GEMMA_TOKENS, LLAMA, LLAMA_TOKENS, number_of, write_base
from plain_folders import CHATML, write_folder, write_json

from skillift.errors import UserError
from skillift.settings.student_specs import ImportSpec
from skillift.students.chat_files import template_of
from skillift.students.chat_settings import OWN, ChatSettings, ChatTemplate, chat_settings
from skillift.students.folders import import_student, write_manifest
from skillift.tables import folder_digests, read_json

GIVEN = ChatSettings(ChatTemplate("gemma.jinja", GEMMA))
NAMED_END = ChatSettings(None, ("<start_of_turn>",))


@pytest.fixture
def imported(tmp_path):
    """Imports a folder, and sees that the folder itself stays as it was."""

    def take(folder, chat):
        before = folder_digests(folder)
        import_student(folder, tmp_path / "out", chat=chat)
        assert folder_digests(folder) == before
        return tmp_path / "out"

    return take


def ends_of(folder):
    return read_json(folder / "generation_config.json")["eos_token_id"]


def test_the_template_stands_in_the_folder_and_its_end_of_turn_is_an_end_token(tmp_path, imported):
    folder = imported(write_base(tmp_path / "base"), GIVEN)
    assert (folder / "chat_template.jinja").read_text() == GEMMA
    assert ends_of(folder) == [number_of(EOS), number_of("<end_of_turn>")]


def test_no_second_copy_of_a_template_is_left(tmp_path, imported):
    base = write_base(tmp_path / "base", template=CHATML)
    settings = read_json(base / "tokenizer_config.json") | {
        "chat_template": [{"name": "tool_use", "template": "?"}]
    }
    for name in ("tokenizer_config.json", "processor_config.json"):
        write_json(base / name, settings)
    write_json(base / "chat_template.json", {"chat_template": "?"})
    folder = imported(base, GIVEN)
    assert template_of(folder) == GEMMA
    for name in ("tokenizer_config.json", "processor_config.json"):
        assert read_json(folder / name) == {
            name: settings[name] for name in settings if name != "chat_template"
        }
    assert not (folder / "chat_template.json").exists()


def test_the_end_of_a_template_that_comes_with_the_model_is_told_too(tmp_path, imported):
    folder = imported(write_base(tmp_path / "base", LLAMA_TOKENS, LLAMA), OWN)
    assert ends_of(folder) == [number_of(EOS, LLAMA_TOKENS), number_of("<|eot_id|>", LLAMA_TOKENS)]


def test_what_generation_has_of_the_configuration_is_kept(tmp_path, imported):
    base = write_base(tmp_path / "base", bos_token_id=number_of("<bos>"), eos_token_id=7)
    assert read_json(imported(base, GIVEN) / "generation_config.json") == {
        "bos_token_id": number_of("<bos>"),
        "eos_token_id": [7, number_of(EOS), number_of("<end_of_turn>")],
    }
    write_json(base / "generation_config.json", {"eos_token_id": 9, "temperature": 0.6})
    declared = read_json(imported(base, GIVEN) / "generation_config.json")
    assert declared == {"eos_token_id": [9, number_of(EOS), number_of("<end_of_turn>")], "temperature": 0.6}


@pytest.mark.parametrize("ends", [number_of("<end_of_turn>"), [number_of(EOS), number_of("<end_of_turn>")]])
def test_a_folder_that_says_all_that_is_taken_as_it_is(tmp_path, imported, ends):
    base = write_base(tmp_path / "base", template=GEMMA)
    write_json(base / "generation_config.json", {"eos_token_id": ends})
    assert folder_digests(imported(base, OWN)) == folder_digests(base)
    plain = write_folder(tmp_path / "plain")  # ends with the tokenizer's end token
    assert (
        folder_digests(imported(plain, OWN))["tokenizer_config.json"]
        == folder_digests(plain)["tokenizer_config.json"]
    )


def test_an_end_token_of_the_study_stands_beside_the_others(tmp_path, imported):
    folder = imported(write_base(tmp_path / "base", template=GEMMA), NAMED_END)
    assert ends_of(folder) == [number_of(token) for token in (EOS, "<start_of_turn>", "<end_of_turn>")]


def test_an_end_token_that_the_tokenizer_does_not_look_for_is_refused(tmp_path):
    base = write_base(tmp_path / "base", template=GEMMA)
    with pytest.raises(
        UserError, match=r"end token: found '<\|im_end\|>', expected one of the added tokens"
    ) as caught:
        import_student(base, tmp_path / "out", chat=ChatSettings(None, ("<|im_end|>",)))
    assert "It has <bos>, <eos>, <start_of_turn>, <end_of_turn>." in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "after",
    ["", "\n", "\n### The end", " <end_of_turn", "</think>", "."],
    ids=["nothing", "line", "words", "part", "tag", "stop"],
)
def test_an_ordinary_text_after_an_answer_ends_no_answer(tmp_path, imported, after):
    template = GEMMA.replace("<end_of_turn>\n'", f"{after}'".replace("\n", "\\n"))
    assert not (
        imported(write_base(tmp_path / "base", template=template), OWN) / "generation_config.json"
    ).exists()


def test_the_longest_token_there_is_the_one(tmp_path, imported):
    tokens = (*GEMMA_TOKENS, "<end_of_turn>\n")
    folder = imported(write_base(tmp_path / "base", tokens), GIVEN)
    assert ends_of(folder) == [number_of(EOS), number_of("<end_of_turn>\n", tokens)]


def test_without_a_template_of_either_the_folder_is_refused_with_the_line_to_write(tmp_path):
    with pytest.raises(UserError, match=r"no chat template.*`chat_template: plain` for a base model"):
        import_student(write_base(tmp_path / "base"), tmp_path / "out")


def test_the_manifest_names_the_template_by_its_digest(tmp_path, imported):
    template = {"file": "gemma.jinja", "text": GEMMA}
    chat = chat_settings(ImportSpec(source="path", chat_template=template, end_tokens=[EOS]))
    folder = imported(write_base(tmp_path / "base"), chat)
    source = write_manifest(folder, {"kind": "path", **chat.recorded})["source"]
    digest = folder_digests(folder)["chat_template.jinja"]
    assert source["chat_template"] == {"file": "gemma.jinja", "sha256": digest}
    assert source["end_tokens"] == [EOS]
    assert chat_settings(ImportSpec(source="path")) == OWN and OWN.recorded == {}
