"""Real chat templates on a tiny tokenizer that merges line breaks, as the tokenizers of real models do.

The templates of Qwen's models are those that trl ships, word for word as on the hub.
"""

from __future__ import annotations

from pathlib import Path

TAGS = ("<think>", "</think>")
CHATML = (
    "{% for message in messages %}"
    "{{'<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n'}}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


def chat_template(name: str) -> str:
    """`chatml`, or one of trl's: `qwen3`, `qwen3_5_think` (of 4B and up), `qwen3_5_nothink` (to 2B)."""
    import trl

    if name == "chatml":
        return CHATML
    return (Path(trl.__file__).parent / "chat_templates" / f"{name}.jinja").read_text(encoding="utf-8")


def chat_tokenizer(template: str, special_tags: bool = False):
    """A byte-level tokenizer in which two line breaks are one token, and tags of reasoning one token each."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {symbol: index for index, symbol in enumerate([*alphabet, "ĊĊ"])}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[("Ċ", "Ċ")]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    core.decoder = decoders.ByteLevel()
    core.add_tokens([AddedToken(tag, special=special_tags, normalized=False) for tag in TAGS])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        pad_token="<|pad|>",
        eos_token="<|im_end|>",
        additional_special_tokens=["<|im_start|>"],
    )
    tokenizer.chat_template = template
    return tokenizer
