"""Tiny GGUF files, written with `gguf` as llama.cpp's converter writes them: no model is loaded for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from plain_folders import CHATML

WIDTH, LAYERS, HEADS, HEAD = 64, 2, 2, 32
TOKENS = {
    "bos": "<|bos|>",
    "turn": "<|im_start|>",
    "end": "<|im_end|>",
    "text_end": "<|eot|>",
    "pad": "<|pad|>",
}
USER_DEFINED = "<think>"


def vocabulary() -> list[str]:
    """Every byte, two merges, a token of reasoning, and the marks of texts and turns."""
    from tokenizers import pre_tokenizers

    return [*sorted(pre_tokenizers.ByteLevel.alphabet()), "he", "ĊĊ", USER_DEFINED, *TOKENS.values()]


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    """Random weights of a Llama by the names of transformers."""
    draws = np.random.default_rng(seed)

    def matrix(rows: int, columns: int = WIDTH) -> np.ndarray:
        return draws.normal(0, 0.2, (rows, columns)).astype(np.float32)

    found = {"model.embed_tokens.weight": matrix(len(vocabulary()))}
    for layer in range(LAYERS):
        block = f"model.layers.{layer}"
        for name in ("q", "o"):
            found[f"{block}.self_attn.{name}_proj.weight"] = matrix(WIDTH)
        for name in ("k", "v"):
            found[f"{block}.self_attn.{name}_proj.weight"] = matrix(HEAD)
        for name in ("gate", "up", "down"):
            found[f"{block}.mlp.{name}_proj.weight"] = matrix(WIDTH)
        for name in ("input_layernorm", "post_attention_layernorm"):
            found[f"{block}.{name}.weight"] = draws.normal(1, 0.1, WIDTH).astype(np.float32)
    found["model.norm.weight"] = draws.normal(1, 0.1, WIDTH).astype(np.float32)
    return found


def kind_of(name: str) -> str:
    """How a tensor of the file is quantised: norms not at all, attention by 4 bits, the others by 8."""
    return "F32" if "norm" in name else "Q4_0" if "self_attn" in name else "Q8_0"


def dequantised(seed: int = 0) -> dict[str, np.ndarray]:
    """`weights` as they come out of the file, by gguf's own arithmetic."""
    from gguf import GGMLQuantizationType
    from gguf.quants import dequantize, quantize

    kinds = {name: GGMLQuantizationType[kind_of(name)] for name in weights(seed)}
    return {
        name: dequantize(quantize(value, kinds[name]), kinds[name]) for name, value in weights(seed).items()
    }


def write_gguf(
    path: Path,
    *,
    architecture: str = "llama",
    template: str | None = CHATML,
    tokenizer: bool = True,
    ends: bool = True,
    add_bos: bool = False,
    head: int = HEAD,
    positions: int = 256,
    kind: str | None = None,
    scaling: np.ndarray | None = None,
    split: str = "gpt-2",
    seed: int = 0,
    metadata: Mapping[str, object] | None = None,
) -> Path:
    """A Llama of two layers with a byte-level tokenizer, by Q4_0 and Q8_0.

    Args:
        path: the file.
        architecture: what the file calls its architecture.
        template: chat template; none for None.
        tokenizer: whether it holds one.
        ends: whether its tokenizer names an end token.
        add_bos: whether every text begins with the token `bos`.
        head: what it calls the size of its attention heads.
        positions: of the model.
        kind: `general.type`, such as `adapter`.
        scaling: factors of the rotated frequencies.
        split: how its tokenizer splits text.
        seed: of the weights.
        metadata: values by key in the place of those; None takes one out.
    """
    from gguf import GGMLQuantizationType, GGUFValueType, GGUFWriter, LlamaFileType, TokenType
    from gguf.quants import quantize

    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, architecture)
    if kind:
        writer.add_type(kind)
    writer.add_name("Tiny Llama")
    writer.add_license("mit")
    writer.add_file_type(LlamaFileType.MOSTLY_Q8_0)
    writer.add_context_length(positions)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(WIDTH)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_dimension_count(head)
    writer.add_rope_freq_base(5_000.0)
    if tokenizer:
        _add_tokenizer(writer, TokenType, split, ends, add_bos)
    if template is not None:
        writer.add_chat_template(template)
    for name, value in weights(seed).items():
        stored = _permuted(value, 1 if ".k_proj" in name else HEADS) if _is_rotated(name) else value
        quantised = GGMLQuantizationType[kind_of(name)]
        writer.add_tensor(_ggml_name(name), quantize(stored, quantised), raw_dtype=quantised)
    if scaling is not None:
        writer.add_tensor("rope_freqs.weight", scaling.astype(np.float32))
    for key, value in (metadata or {}).items():
        writer.kv_data[0].pop(key, None)
        if value is not None:
            writer.add_key_value(key, value, GGUFValueType.get_type(value))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_tokenizer(writer, kinds, split: str, ends: bool, add_bos: bool) -> None:
    tokens = vocabulary()
    of_token = {USER_DEFINED: kinds.USER_DEFINED, **dict.fromkeys(TOKENS.values(), kinds.CONTROL)}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(split)
    writer.add_token_list(tokens)
    writer.add_token_types([of_token.get(token, kinds.NORMAL) for token in tokens])
    writer.add_token_merges(["h e", "Ċ Ċ"])
    writer.add_bos_token_id(tokens.index(TOKENS["bos"]))
    writer.add_pad_token_id(tokens.index(TOKENS["pad"]))
    writer.add_add_bos_token(add_bos)
    if ends:
        writer.add_eos_token_id(tokens.index(TOKENS["end"]))
        writer.add_eot_token_id(tokens.index(TOKENS["text_end"]))


def _is_rotated(name: str) -> bool:
    return ".q_proj" in name or ".k_proj" in name


def _permuted(value: np.ndarray, heads: int) -> np.ndarray:
    """Rows of queries and keys as llama.cpp's converter orders them for its rotary embedding."""
    halves = value.reshape(heads, 2, value.shape[0] // heads // 2, *value.shape[1:])
    return np.ascontiguousarray(halves.swapaxes(1, 2).reshape(value.shape))


def _ggml_name(name: str) -> str:
    for theirs, ours in (
        ("model.embed_tokens", "token_embd"),
        ("model.norm", "output_norm"),
        ("model.layers", "blk"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
        ("input_layernorm", "attn_norm"),
        ("post_attention_layernorm", "ffn_norm"),
    ):
        name = name.replace(theirs, ours)
    return name
