"""Model folders written by hand, without loading a model: a few numbers as weights, and added tokens."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# As Llama 3.2's: today's date where there is a clock
DATED = (
    "{% if not date_string is defined %}{% set date_string = strftime_now('%d %b %Y') %}{% endif %}"
    "<|im_start|>system\nToday Date: {{ date_string }}<|im_end|>" + CHATML
)
CONFIG = {
    "model_type": "qwen3",
    "architectures": ["Qwen3ForCausalLM"],
    "hidden_size": 64,
    "num_attention_heads": 2,
    "head_dim": 32,
}


def write_folder(folder: Path, template: str = CHATML, **config: object) -> Path:
    """A folder that passes for a model's; `config` changes its config.json."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", {**CONFIG, **config})
    save_file({"model.embed_tokens.weight": np.zeros((3, 4), np.float32)}, folder / "model.safetensors")
    added = [
        {"id": 0, "content": "<|im_start|>", "special": True},
        {"id": 1, "content": "<|im_end|>", "special": True},
        {"id": 2, "content": "<think>", "special": True},
        {"id": 3, "content": "<tool_call>", "special": False},
        {"id": 4, "content": "\n", "special": False},
    ]
    write_json(folder / "tokenizer.json", {"version": "1.0", "added_tokens": added, "model": {"vocab": {}}})
    write_json(folder / "tokenizer_config.json", {"eos_token": "<|im_end|>", "pad_token": "<|pad|>"})
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return folder


def write_json(path: Path, value: object) -> None:
    """A JSON file."""
    path.write_text(json.dumps(value), encoding="utf-8")
