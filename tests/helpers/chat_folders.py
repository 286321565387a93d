"""Folders as base models have them: a tokenizer that works, of bytes and a few added tokens, and no template.

Written without loading a model. The templates are those of published families, in our own words.
"""

from __future__ import annotations

from pathlib import Path

from plain_folders import CONFIG, write_folder, write_json

BOS, EOS = "<bos>", "<eos>"
GEMMA_TOKENS = (BOS, EOS, "<start_of_turn>", "<end_of_turn>")
LLAMA_TOKENS = (BOS, EOS, "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
# Turns of Gemma's: they end with a token that its base tokenizer calls no end.
GEMMA = (
    "{{ bos_token }}{% for message in messages %}"
    "{% set role = 'model' if message.role == 'assistant' else message.role %}"
    "{{ '<start_of_turn>' + role + '\n' + message.content | trim + '<end_of_turn>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}"
)
# As Llama 3's first: it opens an answer whether it is to or not.
LLAMA = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|start_header_id|>' + message.role + '<|end_header_id|>\n\n' }}"
    "{{ message.content | trim + '<|eot_id|>' }}"
    "{% endfor %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}"
)


def write_base(
    folder: Path, added: tuple[str, ...] = GEMMA_TOKENS, template: str = "", **config: object
) -> Path:
    """A base model's folder; `config` changes its config.json."""
    write_folder(folder, **config)
    (folder / "chat_template.jinja").unlink()
    write_byte_tokenizer(folder, added)
    if template:
        (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return folder


def write_byte_tokenizer(folder: Path, added: tuple[str, ...]) -> int:
    """tokenizer.json and tokenizer_config.json of a tokenizer of bytes; the number of its tokens."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    core = Tokenizer(models.BPE(vocab={symbol: index for index, symbol in enumerate(alphabet)}, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    core.add_tokens([AddedToken(token, special=True, normalized=False) for token in added])
    core.save(str(folder / "tokenizer.json"))
    named = {"bos_token": BOS, "eos_token": EOS, "tokenizer_class": "PreTrainedTokenizerFast"}
    write_json(folder / "tokenizer_config.json", named)
    return core.get_vocab_size()


def number_of(token: str, added: tuple[str, ...] = GEMMA_TOKENS) -> int:
    """The number of an added token: those of the bytes stand before."""
    return 256 + added.index(token)


def write_base_student(folder: Path, added: tuple[str, ...] = GEMMA_TOKENS) -> Path:
    """The same with random weights of a small model, which can be trained and answers nonsense."""
    import torch
    from transformers import GenerationConfig, Qwen3Config, Qwen3ForCausalLM

    folder.mkdir(parents=True)
    size = write_byte_tokenizer(folder, added)
    torch.manual_seed(0)
    sizes = {name: value for name, value in CONFIG.items() if isinstance(value, int)}
    config = Qwen3Config(
        **sizes,
        vocab_size=size,
        intermediate_size=64,
        num_hidden_layers=2,
        num_key_value_heads=1,
        initializer_range=0.2,
        tie_word_embeddings=True,
        max_position_embeddings=256,
        bos_token_id=number_of(BOS, added),
        eos_token_id=number_of(EOS, added),
    )
    model = Qwen3ForCausalLM(config)
    model.generation_config = GenerationConfig(
        bos_token_id=number_of(BOS, added), eos_token_id=number_of(EOS, added)
    )
    model.save_pretrained(folder)
    return folder
