"""What is refused of a GGUF file, from its header alone, in one sentence each."""

from __future__ import annotations

import re

import numpy as np
import pytest
from gguf_models import LAYERS, TOKENS, WIDTH, vocabulary, weights, write_gguf
from plain_folders import CHATML, write_folder
from study_files import EMBEDDED, REPOSITORY

from skillift.errors import UserError
from skillift.preflight.mistakes import checked_study
from skillift.preflight.students import mistakes, prompt_mistakes
from skillift.students import head_sizes
from skillift.students.chat_files import special_tokens_of
from skillift.students.chat_settings import ChatSettings, ChatTemplate
from skillift.students.folder_checks import folder_mistakes
from skillift.students.gguf_header import read_header
from skillift.study.study import load_config, load_study


def test_a_whole_file_is_a_student_and_its_header_says_what_it_is(tmp_path):
    file = write_gguf(tmp_path / "m.gguf")
    assert folder_mistakes(file, "transformers") == []
    header = read_header(file)
    assert (header.architecture, header.text("general.name")) == ("llama", "Tiny Llama")
    assert header.of_architecture("embedding_length") == WIDTH
    assert header.tokens() == vocabulary()
    assert header.parameters == sum(value.size for value in weights().values())
    assert header.end_tokens() == [vocabulary().index(TOKENS[name]) for name in ("end", "text_end")]
    assert len(header.tensors) == 2 + 9 * LAYERS


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"architecture": "command-r"}, "general.architecture: found 'command-r', expected one that transf"),
        ({"tokenizer": False}, "tokenizer: found 'none (no tokenizer.ggml.tokens)'"),
        ({"ends": False}, "tokenizer: found 'none that ends an answer'"),
        ({"split": "default"}, "tokenizer: found \"text split by 'default'\", expected a way that is known"),
        ({"template": None}, "found 'no chat template'"),
        ({"template": "{% for"}, "chat template, line 1: "),
        ({"kind": "adapter"}, "found 'an adapter without its model'"),
        ({"kind": "mmproj"}, "found 'the part of a model that reads pictures or sound (mmproj)'"),
        ({"architecture": "clip"}, "found 'the part of a model that reads pictures or sound (mmproj)'"),
        ({"scaling": np.linspace(1, 8, 16)}, "found 'scaling of positions (rope_freqs.weight)'"),
        (
            {"scaling": np.linspace(1, 8, 16), "metadata": {"llama.rope.freq_base": "high"}},
            "found 'scaling of positions (rope_freqs.weight)'",
        ),
        (
            {"metadata": {"llama.block_count": 1}},
            "block_count: found 1, expected 2, the blocks of its tensors",
        ),
        ({"metadata": {"llama.block_count": None}}, "block_count: found None, expected a whole number at l"),
        ({"metadata": {"llama.context_length": "many"}}, "context_length: found 'many', expected a whole nu"),
        ({"metadata": {"llama.embedding_length": 32}}, "embedding_length: found 32, expected 64, the width"),
        ({"metadata": {"llama.attention.head_count": None}}, "attention.head_count: found None, expected a"),
        ({"metadata": {"llama.attention.head_count_kv": 3}}, "head_count_kv: found 3, expected a divisor of"),
        (
            {"metadata": {"llama.attention.layer_norm_rms_epsilon": None}},
            "attention.layer_norm_rms_epsilon: found None, expected a number above 0",
        ),
        ({"metadata": {"tokenizer.ggml.merges": None}}, "tokenizer: found 'no merges (tokenizer.ggml.merge"),
        ({"head": 48}, "attention heads: found 'size 48', expected a size that vLLM serves"),
    ],
)
def test_what_is_wrong_is_one_sentence_that_names_the_file(tmp_path, monkeypatch, changes, words):
    monkeypatch.setattr(head_sizes, "served_head_sizes", lambda: (32, 64))
    file = write_gguf(tmp_path / "m.gguf", **changes)
    (line,) = folder_mistakes(file, "vllm")
    assert line.startswith(f"{file}")
    assert words in line


def test_a_file_that_was_cut_short_is_told_by_its_bytes(tmp_path):
    file = write_gguf(tmp_path / "m.gguf")
    whole = file.read_bytes()
    file.write_bytes(whole[:-4])
    (line,) = folder_mistakes(file)
    assert f"found '{len(whole) - 4} bytes', expected " in line
    assert "bytes, as its header says: the file is cut short. Copy or download the file again." in line
    for length in (0, 3, 10, 100, 3_000):  # within the header, and before it
        file.write_bytes(whole[:length])
        (line,) = folder_mistakes(file)
        assert line.startswith(f"{file}: found ")
        assert "Copy or download the file again." in line


def test_a_damaged_header_is_told_and_reads_nothing_beyond_the_file(tmp_path):
    file = write_gguf(tmp_path / "m.gguf")
    whole = file.read_bytes()
    for place in range(8, 4_000, 61):
        file.write_bytes(whole[:place] + b"\xff" * 8 + whole[place + 8 :])
        for line in folder_mistakes(file):
            assert line.startswith(f"{file}")


@pytest.mark.parametrize(
    "content",
    [b"version https://git-lfs.github.com/spec/v1\noid", b"PK\x03\x04 a zip archive"],
)
def test_another_files_content_is_told(tmp_path, content):
    (tmp_path / "m.gguf").write_bytes(content)
    (line,) = folder_mistakes(tmp_path / "m.gguf")
    assert "expected a GGUF file, which begins with 'GGUF'" in line
    assert "`git lfs pull`" in line


def test_one_part_of_several_is_refused_by_its_name(tmp_path):
    (line,) = folder_mistakes(write_gguf(tmp_path / "m-00001-of-00003.gguf"))
    assert "found 'one of 3 parts of a model', expected a model in one file" in line
    assert folder_mistakes(write_gguf(tmp_path / "m-00001-of-00001.gguf")) == []


def test_a_folder_that_holds_a_gguf_file_says_to_name_the_file(tmp_path):
    file = write_gguf(tmp_path / "model" / "m.gguf")
    (line,) = folder_mistakes(tmp_path / "model")
    assert f"Name the file, such as {file.name}: at the end of `path`, or as `file`" in line


def test_what_is_in_the_place_of_a_file_is_told(tmp_path):
    file = write_gguf(tmp_path / "m.gguf")
    renamed = file.rename(tmp_path / "m.bin")
    (tmp_path / "link.gguf").symlink_to("nowhere")
    (tmp_path / "folder.gguf").mkdir()
    for path, words in (
        (file, "found 'nothing', expected a GGUF file. Correct `path`."),
        (renamed, "found 'a GGUF file of another name', .* Have its name end with .gguf."),
        (tmp_path / "link.gguf", r"found 'a link that leads to nothing \(nowhere\)', expected a GGUF file"),
        (tmp_path / "folder.gguf", "found 'an empty folder', expected a model folder"),
    ):
        (line,) = folder_mistakes(path)
        assert re.match(f"{path}: {words}", line)


def test_special_tokens_are_those_that_the_file_marks(tmp_path):
    assert special_tokens_of(write_gguf(tmp_path / "m.gguf")) == sorted(TOKENS.values())


@pytest.fixture
def study(study_file, tmp_path):
    """The embedded study with two GGUF files and a folder as reference models."""
    write_gguf(tmp_path / "a.gguf")
    write_gguf(tmp_path / "b.gguf")
    write_folder(tmp_path / "c")
    models = "".join(
        f"{name}: {{tier: {tier}, source: path, path: {path}}}, "
        for name, tier, path in (("a", 7, "a.gguf"), ("b", 8, "b.gguf"), ("c", 9, "c"))
    )
    return study_file(EMBEDDED.replace("references: {}", f"references: {{{models}}}"))


def test_the_mistakes_of_files_and_folders_are_told_together_before_the_first_job(study, tmp_path):
    assert mistakes(load_study(study)) == []
    write_gguf(tmp_path / "a.gguf", architecture="command-r", template=None)
    (tmp_path / "b.gguf").write_bytes((tmp_path / "b.gguf").read_bytes()[:-64])
    (tmp_path / "c" / "model.safetensors").unlink()
    with pytest.raises(UserError) as told:
        checked_study(str(study), load_config({"study": str(study)}))
    lines = str(told.value).splitlines()
    keys = [line.split(": ")[1] for line in lines]
    assert keys == [f"references.{name}.path" for name in ("a", "a", "b", "c")]
    told_of = ("general.architecture", "no chat template", "cut short", "expected weights as")
    assert all(words in line for words, line in zip(told_of, lines, strict=True))


def test_positions_and_special_tokens_of_a_file_are_looked_at_as_of_a_folder(study, tmp_path):
    import polars as pl

    write_gguf(tmp_path / "a.gguf", positions=48)
    lines = mistakes(load_study(study))
    assert [line.split(": ")[1] for line in lines] == ["inference.max_model_len", "inference.max_tokens"]
    assert "has 48 positions (context_length)" in lines[0]
    tasks = pl.DataFrame({"task_id": ["t"], "prompt": [f"What is {TOKENS['text_end']}?"]})
    (line,) = prompt_mistakes(load_study(study), tasks)
    assert "(a special token of a, b)" in line


def test_a_file_without_a_template_takes_the_studys_which_has_to_begin_as_its_texts_do(tmp_path):
    file = write_gguf(tmp_path / "m.gguf", template=None, add_bos=True)
    with_bos = ChatSettings(ChatTemplate("t.jinja", "{{ bos_token }}" + CHATML))
    assert folder_mistakes(file, "transformers", with_bos) == []
    (line,) = folder_mistakes(file, "transformers", ChatSettings(ChatTemplate("t.jinja", CHATML)))
    assert line.startswith("t.jinja: chat template: found \"a prompt that begins with '<|im_start|>user")
    assert f"expected <|bos|> first, as {file} says" in line


def test_whether_a_file_can_be_trained_in_its_template_is_told_before_the_first_job(study_file, tmp_path):
    smoke = (REPOSITORY / "studies/smoke.yaml").read_text(encoding="utf-8")
    scratch = smoke[smoke.rindex("    source: scratch\n") : smoke.index("\nteacher")]
    study = study_file(smoke.replace(scratch, "    source: path\n    path: m.gguf\n"))
    write_gguf(tmp_path / "m.gguf")
    assert checked_study(str(study), load_config({"study": str(study)}))
    write_gguf(tmp_path / "m.gguf", template=CHATML.replace("<|im_end|>", "<end>"))
    with pytest.raises(UserError, match=r"students\.m: .*'<end>' after an answer, no added token of"):
        checked_study(str(study), load_config({"study": str(study)}))


def test_a_path_to_no_file_is_told_once(study, tmp_path):
    (tmp_path / "a.gguf").unlink()
    with pytest.raises(UserError, match=r"references\.a\.path.*expected a \.gguf file \(looked for") as told:
        checked_study(str(study), load_config({"study": str(study)}))
    assert len(str(told.value).splitlines()) == 1
