"""Reasoning before an answer, in the forms that published chat templates have for it.

Reasoning is a block that opens a response, or one that the prompt opened (the response then begins with its
tag, or only closes it). A tag anywhere else is text: a sentence about `<think>` hides nothing. Blocks that
models of other makers write are known here by their tags; a chat template with tags that are not known is
refused before its model is asked anything, because its reasoning would be scored as its answer.
"""

from __future__ import annotations

import re

from skillift.errors import problem

BLOCKS = (
    ("<think>", "</think>"),  # Qwen, DeepSeek, SmolLM, Phi, GLM
    ("[THINK]", "[/THINK]"),  # Mistral
    ("<thought>", "</thought>"),  # EXAONE
    ("<thinking>", "</thinking>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),  # Seed-OSS
    ("<|START_THINKING|>", "<|END_THINKING|>"),  # Command
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|channel>thought", "<channel|>"),  # Gemma 4
    ("◁think▷", "◁/think▷"),  # Kimi
)
TAGS = tuple(tag for block in BLOCKS for tag in block)
_SWITCHES = frozenset({"<|think|>"})  # a word in a prompt that turns reasoning on; no block

# the channels of the Harmony format, with their special tokens and without
_CHANNELS = re.compile(
    r"\s*(?:<\|channel\|>\s*analysis\b|analysis(?=[A-Z]|.*?assistant(?:final|commentary)))", re.DOTALL
)
_FINAL = re.compile(
    r"(?:<\|channel\|>\s*final\b[^<]*<\|message\|>|assistantfinal)(.*?)(?:<\|(?:return|end)\|>.*)?\Z",
    re.DOTALL,
)
# a tag that closes a block which the response did not open; in a sentence, spaces or quotes stand around it
_CLOSING = {
    closing: re.compile(rf"(?<![ \t`'\"“‘(]){re.escape(closing)}|{re.escape(closing)}(?=[ \t]*(?:\n|\Z))")
    for _, closing in BLOCKS
}
_OPENED = re.compile(rf"(?:{'|'.join(re.escape(opening) for opening, _ in BLOCKS)})\s*\Z")
_TAG_OF_REASONING = re.compile(
    r"(?:<\|?|◁)/?[\w:]*(?:think|thought|reason|scratchpad|analysis|monologue)[\w:]*(?:\|?>|▷)"
    r"|\[/?[A-Z_]*(?:THINK|THOUGHT|REASON)[A-Z_]*\]",
    re.IGNORECASE,
)


def strip_reasoning(text: str) -> str | None:
    """`text` without the reasoning before its answer; None where that is never closed: there is no answer.

    Blocks one after another are all reasoning. A block whose opening tag stood in the prompt ends at its
    closing tag.
    """
    if _CHANNELS.match(text):
        finals = _FINAL.search(text)
        return finals[1].strip() if finals else None
    while True:
        rest = _behind_block(text)
        if rest is None:
            return None
        if rest == text:
            return text.strip()
        text = rest


def _behind_block(text: str) -> str | None:
    begin = text.lstrip()
    for opening, closing in BLOCKS:
        if begin.startswith(opening):
            _, closed, rest = begin.partition(closing)
            return rest if closed else None
    for opening, closing in BLOCKS:
        found = _CLOSING[closing].search(text) if closing in text else None
        if found and opening not in text[: found.start()]:
            return text[found.end() :]
    return text


def reasons(text: str) -> bool:
    """Whether a response reasons in a block before its answer; an empty block is none."""
    for opening, closing in BLOCKS:
        text = re.sub(rf"\A\s*{re.escape(opening)}\s*{re.escape(closing)}", "", text)
    return strip_reasoning(text) != text.strip()


def opened_block(prompt: str) -> str:
    """The tag, and the white space after it, with which a prompt opens a block; empty if it opens none."""
    found = _OPENED.search(prompt)
    return found[0] if found else ""


def unknown_tags(template: str) -> list[str]:
    """The tags of reasoning in a chat template that no block of `BLOCKS` has."""
    found = dict.fromkeys(tag for tag in _TAG_OF_REASONING.findall(template))
    known = {tag.casefold() for tag in TAGS} | _SWITCHES
    return [tag for tag in found if tag.casefold() not in known]


def reasoning_mistakes(template: str, where: str) -> list[str]:
    """What keeps the reasoning of a model with this chat template from being told from its answers."""
    unknown = unknown_tags(template)
    if not unknown:
        return []
    known = ", ".join(f"{opening}...{closing}" for opening, closing in BLOCKS)
    fix = "Rewrite them in chat_template.jinja, or add the block to skillift/answers/reasoning.py."
    return [problem(where, f"the tags of reasoning {', '.join(unknown)}", known, fix)]
