"""The chat template that a study names: which file it is, what depends on it, what is wrong with it."""

from __future__ import annotations

import pytest
from chat_folders import GEMMA, GEMMA_TOKENS, write_base
from study_files import EMBEDDED
from study_specs import all_specs

from skillift.errors import UserError
from skillift.preflight.mistakes import checked_study
from skillift.students.chat_settings import OWN, ready_made
from skillift.study.study import load_config, load_study

TWO = "references: {big: {tier: 8, source: path, path: big%s}, huge: {tier: 9, source: path, path: huge}}"


@pytest.fixture
def study(study_file, tmp_path):
    """Loads the embedded study with two base models for reference; `big` is what is said of one of them."""
    for name in ("big", "huge"):
        write_base(tmp_path / name)
    (tmp_path / "gemma.jinja").write_text(GEMMA, encoding="utf-8")

    def load(big: str = "", inference: str = ""):
        text = EMBEDDED.replace("references: {}", TWO % (f", {big}" if big else ""))
        return load_study(study_file(text.replace("  max_tokens: 48", f"  max_tokens: 48\n  {inference}")))

    return load


def problems(study, **texts) -> list[str]:
    with pytest.raises(UserError) as caught:
        study(**texts)
    return str(caught.value).splitlines()


def test_a_template_of_a_models_entry_goes_before_the_one_of_all(study, tmp_path):
    (tmp_path / "other.jinja").write_text(CHATML, encoding="utf-8")
    loaded = study(big="chat_template: other.jinja", inference="chat_template: ./gemma.jinja")
    assert loaded.chat("huge").template == ("gemma.jinja", GEMMA)
    assert loaded.chat("big").template == ("other.jinja", CHATML)
    assert study(big="chat_template: null", inference="chat_template: gemma.jinja").chat("big") == OWN
    assert {loaded.chat(name) for name in loaded.students} == {OWN}  # from scratch
    assert study().chat("big") == OWN


CHATML = "{{ messages[0].content }}{{ eos_token }}"


def test_the_specs_hold_the_template_by_its_text_and_only_those_of_its_students(study, tmp_path):
    before = study()
    assert before.import_spec("big").model_dump() == {"source": "path"}
    loaded = study(big="chat_template: gemma.jinja, end_tokens: ['<eos>', '<bos>']")
    template = {"file": "gemma.jinja", "text": GEMMA}
    expected = {"source": "path", "chat_template": template, "end_tokens": ["<bos>", "<eos>"]}
    assert loaded.import_spec("big").model_dump() == expected
    assert loaded.import_spec("huge") == before.import_spec("huge")
    of_all = study(inference="chat_template: gemma.jinja")
    assert of_all.import_spec("huge").chat_template.model_dump() == template
    assert all_specs(of_all) == all_specs(loaded) == all_specs(before)  # the folder brings it to what follows
    (tmp_path / "gemma.jinja").write_text(GEMMA + " ", encoding="utf-8")
    assert of_all.import_spec("huge").chat_template.text == GEMMA + " "


def test_a_file_as_windows_writes_it_is_the_same_template(study, tmp_path):
    lines = GEMMA.replace("{% for", "\n{% for")
    (tmp_path / "unix.jinja").write_bytes(lines.encode())
    (tmp_path / "windows.jinja").write_bytes(b"\xef\xbb\xbf" + lines.replace("\n", "\r\n").encode())
    texts = {
        study(big=f"chat_template: {name}.jinja").chat("big").template.text for name in ("unix", "windows")
    }
    assert texts == {lines}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "no.jinja",
            None,
            ["found no.jinja, expected a file with a chat template (looked for", "relative to the"],
        ),
        ("plian", None, ["Did you mean 'plain'?"]),  # codespell:ignore plian
        ("folder", "", ["found a folder (", "Name a file in it, such as folder/inner.jinja."]),
        ("empty.jinja", b" \n", ["found an empty file"]),
        (
            "latin.jinja",
            "Ärger".encode("latin-1"),
            ["found latin.jinja with bytes that are not UTF-8 at position 0 (line 1), expected a"],
        ),
        ("picture.jinja", b"a\x00b", ["found picture.jinja with a null character"]),
        (
            "long.jinja",
            b"{# a #}" * 5000,
            ["found long.jinja of 35000 bytes, expected a chat template of at most"],
        ),
        ("huge.jinja", b"\xff" * 300_000, ["found huge.jinja of 300000 bytes"]),  # is not read
        ("loop.jinja", "loop.jinja", ["found loop.jinja, a link that leads to no file"]),
        ("gone.jinja", "nowhere", ["found gone.jinja, a link that leads to no file"]),
    ],
)
@pytest.mark.parametrize("key", ["references.big", "inference"])
def test_what_cannot_be_a_template_is_told_by_the_studys_key_and_line(
    study, tmp_path, name, content, words, key
):
    path = tmp_path / name
    if content == "":
        path.mkdir()
        (path / "inner.jinja").touch()
    elif isinstance(content, str):
        path.symlink_to(content)
    elif content is not None:
        path.write_bytes(content)
    (line,) = problems(study, **{key.partition(".")[2] or key: f"chat_template: {name}"})
    assert f": {key}.chat_template: found" in line and line.startswith(str(tmp_path / "study.yaml:"))
    assert all(word in line for word in words), line


@pytest.mark.parametrize("key", ["chat_template: plain", "end_tokens: [<eos>]"])
def test_students_from_scratch_and_models_behind_an_api_have_their_own(study_file, key):
    entries = {"students.s": ("    label: 46 k\n", f"    label: 46 k\n    {key}\n")}
    api = "references: {a: {tier: 9, source: api, model: a/b, %s}}"
    entries["references.a"] = ("references: {}", api % key)
    for place, replacement in entries.items():
        with pytest.raises(UserError) as caught:
            load_study(study_file(EMBEDDED.replace(*replacement)))
        (line,) = str(caught.value).splitlines()
        name = key.partition(":")[0]
        assert f": {place}.{name}: found the key '{name}', expected no such key with source: " in line


def test_a_template_of_all_that_no_model_takes_is_told(study_file):
    text = EMBEDDED.replace("  max_tokens: 48", "  max_tokens: 48\n  chat_template: plain")
    with pytest.raises(UserError, match=r"inference\.chat_template: .* where no model takes it"):
        load_study(study_file(text))


def test_base_models_are_evaluated_in_a_template_that_comes_with_the_workflow(study):
    config = load_config({"study": "studies/smoke.yaml"})
    with pytest.raises(UserError) as caught:
        checked_study(study().path, config)
    lines = str(caught.value).splitlines()
    assert [line.split(": ")[1] for line in lines] == ["references.big.path", "references.huge.path"]
    assert all("no chat template" in line and "`chat_template: plain`" in line for line in lines)
    assert ready_made() == ["plain"]
    assert (
        checked_study(study(inference="chat_template: plain").path, config).chat("big").template.file
        == "plain.jinja"
    )


def test_tokens_of_the_named_template_may_stand_in_no_task(study):
    import polars as pl

    from skillift.preflight.students import prompt_mistakes

    tasks = pl.DataFrame({"task_id": ["t"], "prompt": [f"Say {GEMMA_TOKENS[2]}."]})
    (line,) = prompt_mistakes(study(inference="chat_template: gemma.jinja"), tasks)
    assert "a special token of big, huge" in line
