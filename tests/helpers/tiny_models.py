"""Tiny students for tests: random-weight Qwen3 models with a byte-level tokenizer and a chat template.

Nothing here is downloaded or pre-trained. The weights are drawn at random by a seed, wide enough that greedy
decoding has no near-ties; they answer nonsense, which is all that tests of training and engines need.
"""

from __future__ import annotations

from pathlib import Path

END = "<|im_end|>"
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)
# Like Qwen3's template: with thinking off, an empty block stands before every answer.
THINKING_CHAT_TEMPLATE = (
    "{%- set off = enable_thinking is defined and enable_thinking is false -%}"
    "{%- set block = '<think>\n\n</think>\n\n' if off else '' -%}"
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message.role + '\n' + (block if message.role == 'assistant' else '')"
    " + message.content + '<|im_end|>' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' + block }}{%- endif -%}"
)


def write_tokenizer(folder: Path, chat_template: str | None = CHAT_TEMPLATE):
    """A byte-level tokenizer of 259 entries: every byte, padding, and the two marks of a chat message."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={symbol: index for index, symbol in enumerate(alphabet)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<|pad|>", eos_token=END, additional_special_tokens=["<|im_start|>"]
    )
    if chat_template:
        tokenizer.chat_template = chat_template
    tokenizer.save_pretrained(folder)
    return tokenizer


def write_student(
    folder: Path, *, seed: int = 0, chat_template: str | None = CHAT_TEMPLATE, positions: int = 256
) -> Path:
    """A random-weight Qwen3ForCausalLM of about 50 k parameters with its tokenizer, ready to be served."""
    import torch
    from transformers import Qwen3Config, Qwen3ForCausalLM

    tokenizer = write_tokenizer(folder, chat_template)
    torch.manual_seed(seed)
    config = Qwen3Config(
        **smallest(tokenizer), max_position_embeddings=positions, rope_theta=10_000.0, bos_token_id=None
    )
    return write_model(folder, Qwen3ForCausalLM(config), tokenizer)


def smallest(tokenizer) -> dict:
    """The sizes and special tokens of a tiny model's config."""
    return {
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "initializer_range": 0.2,
        "tie_word_embeddings": True,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
    }


def write_model(folder: Path, model, tokenizer) -> Path:
    """Write a model that ends at the tokenizer's end token, and answers greedily."""
    from transformers import GenerationConfig

    model.generation_config = GenerationConfig(
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    model.save_pretrained(folder)
    return folder
