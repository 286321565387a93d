"""A GGUF file becomes a model folder: the weights that it holds, and all that it says of its tokenizer."""

from __future__ import annotations

import json

import gguf_models
import numpy as np
import pytest
from gguf_models import TOKENS, USER_DEFINED, vocabulary, write_gguf

from skillift.errors import UserError
from skillift.students.chat_files import special_tokens_of
from skillift.students.chat_format import prompt_text, token_ids, trained_tokens
from skillift.students.folder_checks import folder_mistakes
from skillift.students.folders import import_student, write_manifest
from skillift.students.gguf_conversion import convert_gguf
from skillift.students.model_folders import end_tokens, load_model, load_tokenizer
from skillift.tables import sha256_file

pytestmark = pytest.mark.models

IDS = {name: vocabulary().index(token) for name, token in TOKENS.items()}


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """A GGUF file whose texts begin with `bos`, and the folder that was made of it."""
    folder = tmp_path_factory.mktemp("gguf")
    file = write_gguf(folder / "tiny.gguf", add_bos=True)
    # transformers would take these for the file's own
    (folder / "tokenizer_config.json").write_text('{"eos_token": "another"}')
    (folder / "config.json").write_text("{}")
    return file, folder / "model", import_student(file, folder / "model", "transformers")


def test_the_weights_are_those_that_gguf_dequantises_in_float32(converted):
    _, folder, _ = converted
    found = {name: value.numpy() for name, value in load_model(folder, "float32").state_dict().items()}
    expected = gguf_models.dequantised()
    assert set(found) - set(expected) == {"lm_head.weight"}  # tied to the embeddings
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)
    drawn = gguf_models.weights()
    assert max(np.abs(drawn[name] - value).max() for name, value in expected.items()) < 0.2  # coarse: 4 bits


def test_the_shape_and_the_positions_are_the_files(converted):
    config = json.loads((converted[1] / "config.json").read_text())
    expected = {"head_dim": 32, "max_position_embeddings": 256, "num_key_value_heads": 1, "dtype": "float32"}
    assert {name: config[name] for name in expected} == expected
    assert config["rope_parameters"]["rope_theta"] == 5_000.0
    assert "quantization_config" not in config
    assert folder_mistakes(converted[1], "transformers") == []


def test_tokenizer_template_training_and_engine_agree_on_what_begins_and_ends(converted):
    file, folder, _ = converted
    tokenizer = load_tokenizer(folder)
    named = (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id)
    assert named == (IDS["bos"], IDS["end"], IDS["pad"])
    assert tokenizer.unk_token is None
    assert end_tokens(folder, tokenizer) == sorted((IDS["end"], IDS["text_end"]))
    assert tokenizer("hehe <think>")["input_ids"] == [
        IDS["bos"],
        *[vocabulary().index("he")] * 2,
        vocabulary().index("Ġ"),
        vocabulary().index(USER_DEFINED),
    ]
    prompt = prompt_text(tokenizer, "he", False)
    ids = token_ids(tokenizer, [prompt])[0]
    assert ids[:2] == [IDS["bos"], IDS["turn"]]  # once, and first
    assert ids.count(IDS["bos"]) == 1
    trained = trained_tokens(tokenizer, "he", "he he", False, end_tokens(folder, tokenizer))
    assert (trained.prompt, trained.response[-1]) == (ids, IDS["end"])
    assert special_tokens_of(folder) == special_tokens_of(file)


def test_it_answers_as_the_model_of_those_weights(converted):
    import torch

    model = load_model(converted[1], "float32")
    ids = token_ids(load_tokenizer(converted[1]), ["<|bos|>he"])
    with torch.inference_mode():
        answer = model.generate(torch.tensor(ids), max_new_tokens=6, do_sample=False)[0].tolist()
    assert answer[: len(ids[0])] == ids[0]
    assert len(answer) > len(ids[0])


def test_the_manifest_says_what_the_file_was(converted):
    file, folder, facts = converted
    assert facts == {
        "gguf": {
            "file": "tiny.gguf",
            "sha256": sha256_file(file),
            "name": "Tiny Llama",
            "architecture": "llama",
            "licence": "mit",
            "file_type": "MOSTLY_Q8_0",
            "tensors": {"F32": 5, "Q4_0": 8, "Q8_0": 7},
        }
    }
    manifest = write_manifest(folder, {"kind": "path", "path": "tiny.gguf", **facts})
    assert manifest["parameter_count"] == sum(value.size for value in gguf_models.weights().values())
    assert set(manifest["digests"]) == {
        *("chat_template.jinja", "config.json", "generation_config.json"),
        *("model.safetensors", "tokenizer.json", "tokenizer_config.json"),
    }
    for name in set(manifest["digests"]) - {"model.safetensors"}:
        assert "skillift-" not in (folder / name).read_text()  # no name of a temporary folder


def test_the_same_file_gives_the_same_bytes(converted, tmp_path):
    convert_gguf(converted[0], tmp_path / "again")
    for path in converted[1].iterdir():
        assert (tmp_path / "again" / path.name).read_bytes() == path.read_bytes(), path.name


@pytest.mark.parametrize("add_bos", [False, True])
def test_a_template_that_begins_as_the_file_says_is_kept_as_it_is(tmp_path, add_bos):
    template = ("{{ bos_token }}" if add_bos else "") + gguf_models.CHATML
    folder = tmp_path / "model"
    convert_gguf(write_gguf(tmp_path / "m.gguf", template=template, add_bos=add_bos), folder)
    assert (folder / "chat_template.jinja").read_text() == template
    text = load_tokenizer(folder)("he")["input_ids"]
    assert text == [IDS["bos"]] * add_bos + [vocabulary().index("he")]


@pytest.mark.parametrize(("split", "tokens"), [("gpt-2", ["Ċ", "Ċ", "4"]), ("smollm", ["ĊĊ", "4"])])
def test_text_is_split_as_the_file_says(tmp_path, split, tokens):
    convert_gguf(write_gguf(tmp_path / "m.gguf", split=split), tmp_path / "model")
    assert load_tokenizer(tmp_path / "model").tokenize("\n\n4") == tokens


def test_the_positions_of_a_llama_3_are_scaled_as_its_own(tmp_path):
    import torch
    from transformers import LlamaConfig
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    scaling = {"rope_type": "llama3", "rope_theta": 5_000.0, "factor": 32.0, "low_freq_factor": 1.0}
    scaling |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 8192}
    config = LlamaConfig(hidden_size=64, num_attention_heads=2, head_dim=32, rope_parameters=scaling)
    frequencies, _ = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))
    factors = 5_000.0 ** (-torch.arange(0, 32, 2) / 32) / frequencies  # as llama.cpp's converter writes them
    convert_gguf(write_gguf(tmp_path / "m.gguf", scaling=factors.numpy()), tmp_path / "model")
    made = json.loads((tmp_path / "model" / "config.json").read_text())
    assert made["rope_parameters"] == pytest.approx(scaling)


def test_a_broken_file_is_refused_before_anything_is_dequantised(tmp_path):
    file = write_gguf(tmp_path / "m.gguf", architecture="command-r")
    with pytest.raises(UserError, match=r"general\.architecture"):
        convert_gguf(file, tmp_path / "model")
    assert not (tmp_path / "model").exists()
