"""Tiny random-weight students of the Qwen3.5 architecture: a gated delta layer and one of full attention."""

from __future__ import annotations

from pathlib import Path

from chat_templates import chat_template, chat_tokenizer
from tiny_models import smallest, write_model


def write_hybrid_student(
    folder: Path, *, seed: int = 0, template: str = "qwen3_5_nothink", with_vision: bool = False
) -> Path:
    """A Qwen3_5ForCausalLM of about 90 k parameters with its chat template, ready to be served.

    `with_vision` gives the class that the hub has: the language model beside a vision tower.
    """
    import torch
    from transformers import (
        Qwen3_5Config,
        Qwen3_5ForCausalLM,
        Qwen3_5ForConditionalGeneration,
        Qwen3_5TextConfig,
    )

    tokenizer = chat_tokenizer(chat_template(template))
    tokenizer.save_pretrained(folder)
    torch.manual_seed(seed)
    config = Qwen3_5TextConfig(
        **smallest(tokenizer),
        layer_types=["linear_attention", "full_attention"],
        linear_num_key_heads=2,
        linear_num_value_heads=4,
        linear_key_head_dim=16,
        linear_value_head_dim=16,
        max_position_embeddings=512,
    )
    if with_vision:
        vision = {"depth": 1, "hidden_size": 16, "intermediate_size": 16, "num_heads": 2, "patch_size": 4}
        vision |= {"out_hidden_size": 64, "num_position_embeddings": 16}
        whole = Qwen3_5Config(text_config=config.to_dict(), vision_config=vision, tie_word_embeddings=True)
        model = Qwen3_5ForConditionalGeneration(whole)
    else:
        model = Qwen3_5ForCausalLM(config)
    return write_model(folder, model, tokenizer)
