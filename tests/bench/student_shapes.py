"""Random-weight students in the shapes of published models, for measurements that need no weights from a hub.

Shapes of Qwen3.5: config.json of Qwen/Qwen3.5-0.8B, -2B and -4B (text part). `tiny` has the architecture of
Qwen3, which vLLM's CPU kernels can run.
"""

from __future__ import annotations

from pathlib import Path

VOCABULARY = 248_320
_QWEN3_5 = {
    "vocab_size": VOCABULARY,
    "head_dim": 256,
    "linear_num_key_heads": 16,
    "tie_word_embeddings": True,
}
SHAPES: dict[str, dict] = {
    "tiny": {},
    "0.8B": _QWEN3_5
    | {"hidden_size": 1024, "intermediate_size": 3584, "num_hidden_layers": 24}
    | {"num_attention_heads": 8, "num_key_value_heads": 2, "linear_num_value_heads": 16},
    "2B": _QWEN3_5
    | {"hidden_size": 2048, "intermediate_size": 6144, "num_hidden_layers": 24}
    | {"num_attention_heads": 8, "num_key_value_heads": 2, "linear_num_value_heads": 16},
    "4B": _QWEN3_5
    | {"hidden_size": 2560, "intermediate_size": 9216, "num_hidden_layers": 32}
    | {"num_attention_heads": 16, "num_key_value_heads": 4, "linear_num_value_heads": 32},
}


def random_model(shape: str):
    """A Qwen3.5 causal language model of that shape, weights as initialised; not for `tiny`."""
    from transformers import Qwen3_5ForCausalLM, Qwen3_5TextConfig

    return Qwen3_5ForCausalLM(Qwen3_5TextConfig(**SHAPES[shape], max_position_embeddings=32_768))


def write_shaped_student(shape: str, folder: Path) -> Path:
    """Write a random student of that shape, in bfloat16 but for `tiny`, with a byte-level tokenizer."""
    import torch
    from chat_templates import chat_template, chat_tokenizer
    from tiny_models import write_student

    if shape == "tiny":
        return write_student(folder, positions=4096)
    tokenizer = chat_tokenizer(chat_template("qwen3_5_nothink"))
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    with torch.device("cuda" if torch.cuda.is_available() else "cpu"):
        torch.set_default_dtype(torch.bfloat16)
        try:
            model = random_model(shape)
        finally:
            torch.set_default_dtype(torch.float32)
    model.generation_config.eos_token_id = tokenizer.eos_token_id
    model.generation_config.pad_token_id = tokenizer.pad_token_id
    model.save_pretrained(folder)
    return folder
