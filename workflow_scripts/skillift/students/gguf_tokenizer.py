"""The tokenizer of a GGUF file: all that the file says of it, and no token that it has not.

transformers makes the tokenizer. The ways in which byte-level vocabularies split text that it does not know
are added here (`gguf_splits`): a model that is shown other splits than it was trained on reads other tokens.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem
from skillift.libraries import fast_imports
from skillift.students import gguf_splits
from skillift.students.chat_rendering import exchange
from skillift.students.gguf_header import NAMED_TOKENS, GgufHeader

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_BOS = "{{ bos_token }}"
_ELSE = "Take the model's safetensors, or another file."


def gguf_tokenizer(file: Path, header: GgufHeader) -> PreTrainedTokenizerBase:
    """The tokenizer of a GGUF file, with its chat template if it has one.

    Args:
        file: the GGUF file.
        header: its header.

    Raises:
        UserError: its marks have other ids in transformers, or it has tokens that the file has not.
    """
    with fast_imports():
        from tokenizers import Tokenizer, pre_tokenizers
        from transformers import PreTrainedTokenizerFast
        from transformers.integrations.gguf import convert_gguf_tokenizer, get_gguf_tokenizer

    architecture, said, _ = get_gguf_tokenizer(str(file))
    way = header.text("tokenizer.ggml.pre")
    said["pre_tokenizer_type"] = gguf_splits.SAME.get(way, way)
    core, _ = convert_gguf_tokenizer(architecture, said)
    if way in gguf_splits.BY_DIGIT:
        core.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Digits(individual_digits=True),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
            ]
        )
    parts = json.loads(core.to_str())
    if way in gguf_splits.WHOLE:
        parts["model"]["ignore_merges"] = True
    # what the model's class adds to the file's vocabulary, such as <|endoftext|>, has no weights
    parts["added_tokens"] = [token for token in parts["added_tokens"] if token["id"] < len(header.tokens())]
    named = header.named_tokens()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(parts)),
        **{name: named.get(name) for name in NAMED_TOKENS},
        add_bos_token=header.adds("bos") and "bos_token" in named,
        add_eos_token=header.adds("eos") and "eos_token" in named,
    )
    template = header.text("tokenizer.chat_template")
    if template:
        tokenizer.chat_template = with_bos(template, header)
    _check_vocabulary(tokenizer, header)
    return tokenizer


def _check_vocabulary(tokenizer: PreTrainedTokenizerBase, header: GgufHeader) -> None:
    """See that the tokens which begin, end and mark texts have the ids that the file says, and none other."""
    tokens = header.tokens()
    if len(tokenizer) > len(tokens):
        found, expected = f"{len(tokenizer)} tokens in transformers", f"the file's {len(tokens)}"
        raise UserError(
            problem(f"{header.path}: tokenizer", found, expected, "Take the model's safetensors.")
        )
    marks = [*header.named_tokens().values(), *(tokens[place] for place in header.end_tokens())]
    for token in marks:
        number, own = tokenizer.convert_tokens_to_ids(token), tokens.index(token)
        if number != own:
            where = f"{header.path}: tokenizer, the token {token}"
            raise UserError(problem(where, f"the id {number} in transformers", f"the id {own}", _ELSE))


def with_bos(template: str, header: GgufHeader) -> str:
    """A file's chat template, made to begin with the token `bos` where every text of its model does.

    What stands before a message is the template's alone (`chat_format.token_ids`): a tokenizer that adds the
    token by itself does not add it to a rendered prompt. Gemma without it repeats one word for ever.
    """
    named = header.named_tokens()
    if not (header.adds("bos") and "bos_token" in named):
        return template
    prompt, _ = exchange(template, named)
    return template if prompt.startswith(named["bos_token"]) else _BOS + template
