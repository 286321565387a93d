"""Claims about what is refused of a model folder, from its files alone."""

from __future__ import annotations

import numpy as np
import pytest
from plain_folders import CHATML, DATED, write_folder, write_json
from safetensors.numpy import save_file

from skillift.students import head_sizes
from skillift.students.chat_files import special_tokens_of
from skillift.students.folder_checks import folder_mistakes, listing_mistakes
from skillift.students.folders import import_student, parameter_count

NUMBERS = {"model.layers.0.weight": np.zeros((2, 5), np.float32)}


@pytest.fixture
def model(tmp_path):
    return write_folder(tmp_path / "model")


def _only_mistake(folder, engine=None):
    (line,) = folder_mistakes(folder, engine)
    assert str(folder) in line
    return line


def test_a_whole_folder_has_no_mistakes(model):
    assert folder_mistakes(model, "vllm") == []


@pytest.mark.parametrize("name", ["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"])
def test_an_adapter_beside_a_whole_model_is_refused_and_named(model, name):
    (model / name).write_text('{"base_model_name_or_path": "owner/base", "r": 8}')
    line = _only_mistake(model)
    assert f"an adapter beside a whole model ({name})" in line
    assert f"move {name} away" in line and "merge_and_unload" in line


def test_an_adapter_in_a_subfolder_is_left_behind(model, tmp_path):
    (model / "adapter").mkdir()
    write_json(model / "adapter" / "adapter_config.json", {"r": 8})
    import_student(model, tmp_path / "out")
    assert not (tmp_path / "out" / "adapter").exists()


def _adapter_alone(folder):
    (folder / "config.json").unlink()
    (folder / "model.safetensors").rename(folder / "adapter_model.safetensors")
    write_json(folder / "adapter_config.json", {"base_model_name_or_path": "Qwen/Qwen3-0.6B", "r": 8})


def _mistral_alone(folder):
    (folder / "config.json").rename(folder / "params.json")
    (folder / "model.safetensors").rename(folder / "consolidated.safetensors")


def _gguf(folder):
    (folder / "config.json").unlink()
    (folder / "model-q4.gguf").write_bytes(b"GGUF")


def _one_below(folder):
    write_folder(folder / "checkpoint-100")
    (folder / "config.json").unlink()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_adapter_alone, ["an adapter without its model", "Qwen/Qwen3-0.6B", "merge_and_unload"]),
        (_mistral_alone, ["Mistral's or Meta's own format", "format of transformers"]),
        (_gguf, ["GGUF (model-q4.gguf)", "Name the file", "end of `path`"]),
        (_one_below, ["models in the subfolders checkpoint-100", "Point `path` to one of them"]),
    ],
)
def test_what_is_no_model_of_transformers_is_named_by_what_it_is(model, change, words):
    change(model)
    line = _only_mistake(model)
    assert all(word in line for word in words), line


@pytest.mark.parametrize(
    ("settings", "method"),
    [
        ({"quantization_config": {"quant_method": "gptq", "bits": 4}}, "gptq"),
        ({"quantization_config": {"quant_method": "awq"}}, "awq"),
        ({"quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True}}, "bitsandbytes"),
        ({"quantization_config": {"quant_method": "fp8"}}, "fp8"),
        ({"quantization_config": {"quant_method": "mxfp4"}}, "mxfp4"),
        (
            {"text_config": {"quantization_config": {"quant_method": "hqq"}}},
            "hqq",
        ),
        ({"quantization": {"group_size": 64, "bits": 4}}, "quantization"),  # mlx
    ],
)
def test_quantised_weights_are_refused_by_their_method(tmp_path, settings, method):
    line = _only_mistake(write_folder(tmp_path / "model", **settings))
    assert f"weights quantised by {method}" in line and "dequantise" in line


@pytest.mark.parametrize("name", ["quantize_config.json", "quant_config.json", "hf_quant_config.json"])
def test_older_signs_of_quantised_weights_are_refused(model, name):
    write_json(model / name, {"bits": 4})
    assert name in _only_mistake(model)


@pytest.mark.parametrize(
    ("tensor", "kind"),
    [("model.layers.0.mlp.qweight", np.int32), ("model.layers.0.mlp.weight", np.uint8)],
)
def test_packed_numbers_are_refused_where_no_file_says_that_weights_are_quantised(model, tensor, kind):
    save_file({tensor: np.zeros((2, 2), kind)}, model / "model.safetensors")
    assert tensor in _only_mistake(model)


def test_whole_numbers_that_are_no_weights_are_none_of_this(model):
    buffers = {"model.position_ids": np.zeros((1, 8), np.int64), "h.attn.bias": np.zeros((4, 4), np.uint8)}
    save_file({**NUMBERS, **buffers}, model / "model.safetensors")
    assert folder_mistakes(model) == []


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"architectures": ["BertForMaskedLM"]}, "BertForMaskedLM"),
        ({"architectures": ["Qwen3ForSequenceClassification"]}, "SequenceClassification"),
        ({"is_encoder_decoder": True}, "an encoder and a decoder"),
        ({"architectures": ["Qwen3Model"]}, "a Qwen3Model, which has no head that writes tokens"),
        (
            {"model_type": "qwen99"},
            "model_type 'qwen99', which the installed transformers writes no text with",
        ),
        ({"model_type": "qwen99", "auto_map": {}}, "code of its own, which is never run"),
    ],
)
def test_a_model_that_writes_no_text_from_left_to_right_is_refused(tmp_path, config, words):
    assert words in _only_mistake(write_folder(tmp_path / "model", **config))


def test_models_that_write_text_are_known_by_their_type_and_head(tmp_path):
    for place, (kind, head) in enumerate(
        [("gpt2", "GPT2LMHeadModel"), ("qwen3_5", "Qwen3_5ForConditionalGeneration"), ("llama", None)]
    ):
        heads = {} if head is None else {"architectures": [head]}
        assert folder_mistakes(write_folder(tmp_path / str(place), model_type=kind, **heads)) == []


def test_other_copies_of_the_weights_are_neither_counted_nor_taken(model, tmp_path):
    alone = parameter_count(model)
    save_file(NUMBERS, model / "consolidated.safetensors")
    write_json(model / "params.json", {"dim": 64})
    write_json(model / "tekken.json", {})
    write_json(model / "pytorch_model.bin.index.json", {"weight_map": {}})
    for name in ("pytorch_model.bin", "consolidated.00.pth"):
        (model / name).write_bytes(b"the same again")
    (model / "original").mkdir()
    save_file(NUMBERS, model / "original" / "model.safetensors")
    assert parameter_count(model) == alone == 12
    import_student(model, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"),
        "chat_template.jinja",
    }


def test_weights_in_parts_are_those_of_the_index(model, tmp_path):
    (model / "model.safetensors").unlink()
    for part in ("model-00001-of-00002", "model-00002-of-00002", "model-00003-of-00003"):  # the last is old
        save_file({part: np.zeros((2, 5), np.float32)}, model / f"{part}.safetensors")
    parts = {f"w{number}": f"model-0000{number}-of-00002.safetensors" for number in (1, 2)}
    write_json(model / "model.safetensors.index.json", {"weight_map": parts})
    assert folder_mistakes(model) == [] and parameter_count(model) == 20
    import_student(model, tmp_path / "out")
    assert not (tmp_path / "out" / "model-00003-of-00003.safetensors").exists()


def test_two_copies_of_the_weights_that_transformers_and_vllm_would_read_apart_are_refused(model):
    save_file(NUMBERS, model / "model-00001-of-00001.safetensors")
    index = {"weight_map": {"model.layers.0.weight": "model-00001-of-00001.safetensors"}}
    write_json(model / "model.safetensors.index.json", index)
    assert "one copy of the weights" in _only_mistake(model)


def test_all_mistakes_of_a_folder_are_told_at_once(model):
    write_json(model / "adapter_config.json", {"r": 8})
    quantised = {"quantization_config": {"quant_method": "gptq"}}
    write_json(model / "config.json", {"model_type": "llama", **quantised})
    (model / "tokenizer.json").unlink()
    (model / "chat_template.jinja").write_text("{% for %}")
    (model / "model.safetensors").write_bytes(b"cut")
    told = folder_mistakes(model)
    words = [
        "gptq",
        "an adapter beside",
        "model.safetensors: cannot",
        "a tokenizer",
        "template, line 1",
    ]
    assert len(told) == len(words)
    assert all(word in line for word, line in zip(words, told, strict=True)), told


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{{ now() }}", "'now' is undefined"),
        ("{{ ['a', 'b'] | random }}", "the filter random"),
        ("{{ lipsum() }}", "lipsum"),
        ("{{ raise_exception('no user') }}", "no user"),
    ],
)
def test_a_template_that_cannot_be_rendered_or_is_another_each_time_is_refused(tmp_path, template, words):
    assert words in _only_mistake(write_folder(tmp_path / "model", template))


@pytest.mark.parametrize(
    "template",
    [
        CHATML,
        DATED,
        "{% for m in messages %}{% if loop.index0 %}{% break %}{% endif %}{{ m | tojson }}{% endfor %}",
        "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}{% endfor %}",
    ],
)
def test_what_templates_of_transformers_may_use_is_known(tmp_path, template):
    assert folder_mistakes(write_folder(tmp_path / "model", template)) == []


@pytest.mark.parametrize(
    ("config", "size"),
    [
        ({"head_dim": 16}, 16),
        ({"head_dim": None, "hidden_size": 96}, 48),
        ({"head_dim": 64, "global_head_dim": 72}, 72),
        ({"text_config": {"head_dim": 8}}, 8),
    ],
)
def test_a_head_size_that_vllm_does_not_serve_is_refused_with_the_way_out(
    tmp_path, config, size, monkeypatch
):
    monkeypatch.setattr(head_sizes, "served_head_sizes", lambda: (32, 64))
    folder = write_folder(tmp_path / "model", **config)
    line = _only_mistake(folder, "vllm")
    assert f"size {size}" in line and "(32, 64)" in line and "`engine: transformers`" in line
    assert folder_mistakes(folder, "transformers") == []


def test_heads_of_latent_attention_have_kernels_of_their_own(tmp_path, monkeypatch):
    monkeypatch.setattr(head_sizes, "served_head_sizes", lambda: (32, 64))
    assert folder_mistakes(write_folder(tmp_path / "model", head_dim=16, kv_lora_rank=512), "vllm") == []


def test_a_list_of_files_is_enough_to_refuse_a_model_of_the_hub(model):
    names = {path.name for path in model.iterdir()}
    assert listing_mistakes(model, names) == []
    assert "adapter beside" in listing_mistakes(model, names | {"adapter_config.json"})[0]
    assert "adapter without its model" in listing_mistakes(model, {"adapter_config.json"})[0]
    (weights,) = listing_mistakes(model, names - {"model.safetensors"} | {"pytorch_model.bin"})
    assert "save_pretrained" in weights


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("chat_template.jinja", "", "an empty template"),
        ("chat_template.jinja", "Hello.", "a template without the user's message"),
        ("chat_template.jinja", "{{ 1 / 0 }}", "division by zero"),
        ("chat_template.jinja", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}", "recursion"),
        ("tokenizer.json", "version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        ("tokenizer.json", '{"added_tokens": [], "model": {"vocab"', "a whole JSON object"),
        ("model.safetensors.index.json", '{"weight_map": {}}', "no weight_map"),
    ],
)
def test_a_broken_file_is_told_before_the_model_is_loaded(model, name, text, words):
    (model / name).write_text(text)
    assert words in _only_mistake(model)


@pytest.mark.parametrize("value", [5, "abc", True])
def test_further_special_tokens_that_are_no_list_are_none(model, value):
    write_json(model / "tokenizer_config.json", {"extra_special_tokens": value, "eos_token": "<|end|>"})
    assert "a" not in special_tokens_of(model)
    assert "<|end|>" in special_tokens_of(model)
