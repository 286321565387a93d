"""A tokenizer from its files, as far as `chat_format` asks one: without transformers, and so without torch.

`transformers.AutoTokenizer` opens the same tokenizer.json by the same library; importing it takes seconds,
which a preflight has not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skillift.errors import UserError, problem
from skillift.students.chat_files import (
    AddedToken,
    added_tokens,
    named_texts,
    named_tokens,
    tokenizer_settings,
)
from skillift.students.chat_rendering import rendered
from skillift.tables import sha256_file

if TYPE_CHECKING:
    import tokenizers

FILE = "tokenizer.json"


class _Token:
    """An added token by the names that transformers has for its parts."""

    def __init__(self, token: AddedToken) -> None:
        self.content, self.special = token.text, token.special


_OPENED: dict = {}  # by digest: the sizes of a family have one tokenizer, which takes a second to open


def _opened(file: Path) -> tokenizers.Tokenizer:
    import tokenizers

    digest = sha256_file(file)
    if digest not in _OPENED:
        _OPENED.clear()  # one takes 200 MB
        _OPENED[digest] = tokenizers.Tokenizer.from_file(str(file))
    return _OPENED[digest]


class FileTokenizer:
    """What `chat_format` needs of a `PreTrainedTokenizerBase`, by the same names."""

    def __init__(self, folder: Path | str, template: str, name: str) -> None:
        """Read the small files; the vocabulary is read when the first text is tokenised.

        Args:
            folder: holds tokenizer.json and tokenizer_config.json.
            template: the chat template's text.
            name: what messages call the template by: its file, or the folder.

        Raises:
            UserError: a file is unreadable.
        """
        self._file = Path(folder) / FILE
        self.name_or_path = name
        self.chat_template = template
        settings = tokenizer_settings(folder)
        self.special_tokens_map = named_texts(settings)
        self.all_special_tokens = list(named_tokens(settings))
        added = [token for token in added_tokens(folder, settings) if token.number is not None]
        self.added_tokens_decoder = {token.number: _Token(token) for token in added}

    @cached_property
    def _core(self) -> tokenizers.Tokenizer:
        try:
            return _opened(self._file)
        except Exception as error:  # the library raises Exception itself
            reason = " ".join(str(error).split())
            expected, fix = "a tokenizer", "Copy the folder again."
            raise UserError(problem(f"{self._file}", reason, expected, fix)) from None

    def apply_chat_template(
        self, messages: Sequence[Mapping], *, tokenize: bool, add_generation_prompt: bool, **options: Any
    ) -> str:
        """The text of messages in the chat template.

        Raises:
            jinja2.TemplateError: the template cannot be rendered.
        """
        return rendered(
            self.chat_template, self.special_tokens_map, messages, add_generation_prompt, **options
        )

    def __call__(self, texts: list[str], *, add_special_tokens: bool) -> dict[str, list[list[int]]]:
        """Token ids of texts.

        Raises:
            UserError: tokenizer.json cannot be read.
        """
        encoded = self._core.encode_batch(texts, add_special_tokens=add_special_tokens)
        return {"input_ids": [text.ids for text in encoded]}

    def decode(self, tokens: Sequence[int], skip_special_tokens: bool = False) -> str:
        """The text of tokens.

        Raises:
            UserError: tokenizer.json cannot be read.
        """
        return self._core.decode(list(tokens), skip_special_tokens=skip_special_tokens)
