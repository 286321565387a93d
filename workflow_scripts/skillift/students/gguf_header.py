"""The header of a GGUF file: what it says of a model, and which tensors follow, without reading these.

GGUF is the format of llama.cpp (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md): metadata by key,
a table of tensors, then their numbers, mostly quantised. The header is read at every start of a study. So it
is read here, Gemma 3's in 0.15 s: the reader of `gguf` makes an array of each of its 262,144 tokens, in 18 s,
and that of `transformers` loads torch.
"""

from __future__ import annotations

import mmap
import os
import struct
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import NamedTuple

from skillift.errors import UserError, problem
from skillift.students.folder_files import GGUF_MAGIC as _MAGIC
from skillift.students.folder_files import GGUF_SUFFIX as SUFFIX
from skillift.students.gguf_splits import WHOLE

SENTENCEPIECE, BYTE_LEVEL = "llama", "gpt2"  # kinds of vocabularies (tokenizer.ggml.model)
CONTROL, USER_DEFINED = 3, 4  # types of tokens (gguf.TokenType)
NAMED_TOKENS = {
    "bos_token": "bos_token_id",
    "eos_token": "eos_token_id",
    "unk_token": "unknown_token_id",
    "pad_token": "padding_token_id",
}
# what ends an answer: a text, a turn, a message to a tool
END_KEYS = ("eos_token_id", "eot_token_id", "eom_token_id")

_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_LONG = {"tokenizer.ggml.merges"}  # passed over: nothing is said of them here
_MOST_DIMENSIONS = 4
_COPY_AGAIN = "Copy or download the file again."


class Tensor(NamedTuple):
    """A line of the table of tensors: its kind is a number of `gguf.GGMLQuantizationType`."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int


class GgufHeader(NamedTuple):
    """What a GGUF file says before its numbers begin.

    Attributes:
        path: the file.
        size: its bytes.
        metadata: values by key, such as `general.architecture`.
        tensors: the table of tensors.
        data_start: where the numbers begin (bytes).
    """

    path: Path
    size: int
    metadata: dict[str, object]
    tensors: tuple[Tensor, ...]
    data_start: int

    @property
    def architecture(self) -> str:
        """The architecture by llama.cpp's name, such as `llama`; empty where the file names none."""
        return self.text("general.architecture")

    @property
    def parameters(self) -> int:
        """The number of weights."""
        return sum(prod(tensor.shape) for tensor in self.tensors)

    def text(self, key: str) -> str:
        """A text of the metadata; empty where there is none."""
        value = self.metadata.get(key)
        return value if isinstance(value, str) else ""

    def of_architecture(self, key: str) -> object:
        """A value of the architecture, such as `context_length`; None where there is none."""
        return self.metadata.get(f"{self.architecture}.{key}")

    def tokens(self) -> list[str]:
        """The vocabulary by token id."""
        found = self.metadata.get("tokenizer.ggml.tokens")
        return found if isinstance(found, list) else []

    def named_tokens(self) -> dict[str, str]:
        """The texts of the tokens that have a name, such as `bos_token`."""
        tokens = self.tokens()
        ids = {name: self.metadata.get(f"tokenizer.ggml.{key}") for name, key in NAMED_TOKENS.items()}
        return {
            name: tokens[place]
            for name, place in ids.items()
            if isinstance(place, int) and 0 <= place < len(tokens)
        }

    def end_tokens(self) -> list[int]:
        """The ids of the tokens that end an answer, that of the text first."""
        ids = [self.metadata.get(f"tokenizer.ggml.{key}") for key in END_KEYS]
        return list(dict.fromkeys(number for number in ids if isinstance(number, int) and number >= 0))

    def tokenizer_config(self) -> dict[str, object]:
        """What tokenizer_config.json would say: named tokens, chat template, added tokens by id."""
        kinds = self.metadata.get("tokenizer.ggml.token_type")
        kinds = kinds if isinstance(kinds, list) else []
        added = {
            str(place): {"content": token, "special": kind == CONTROL}
            for place, (token, kind) in enumerate(zip(self.tokens(), kinds, strict=False))
            if kind in (CONTROL, USER_DEFINED)
        }
        template = self.text("tokenizer.chat_template")
        return {
            **self.named_tokens(),
            **({"chat_template": template} if template else {}),
            "added_tokens_decoder": added,
        }

    def adds(self, which: str) -> bool:
        """Whether a text begins with the token `bos`, or ends with `eos`, wherever the model is used.

        Where the file does not say, llama.cpp takes it that texts of SentencePiece vocabularies and of those
        like Llama 3's begin so.
        """
        declared = self.metadata.get(f"tokenizer.ggml.add_{which}_token")
        if isinstance(declared, bool) or which != "bos":
            return declared is True
        kind, way = self.text("tokenizer.ggml.model"), self.text("tokenizer.ggml.pre")
        return kind == SENTENCEPIECE or (kind == BYTE_LEVEL and way in WHOLE)


def is_gguf(path: Path | str) -> bool:
    """Whether a path leads to a file that calls itself GGUF."""
    return str(path).endswith(SUFFIX) and os.path.isfile(path)


def read_header(path: Path | str) -> GgufHeader:
    """The header of a GGUF file.

    Raises:
        UserError: the file is unreadable, is no GGUF file, or its header is cut short or damaged.
    """
    path = Path(path)
    try:
        status = path.stat()
        return _read(path, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror or error}). {_COPY_AGAIN}") from None


@lru_cache(maxsize=8)  # asked several times for each file before the first job
def _read(path: Path, size: int, _changed: int) -> GgufHeader:
    if size < len(_MAGIC):
        raise UserError(problem(f"{path}", f"{size} bytes", "a GGUF file", _COPY_AGAIN))
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if data[: len(_MAGIC)] != _MAGIC:
            found = f"a file that begins with {bytes(data[:12])!r}"
            fix = f"{_COPY_AGAIN} Where git has left a pointer in its place, `git lfs pull`."
            raise UserError(problem(f"{path}", found, "a GGUF file, which begins with 'GGUF'", fix))
        try:
            return _parsed(path, data)
        except (struct.error, IndexError, UnicodeDecodeError, OverflowError, MemoryError, KeyError):
            found = f"a header that is cut short or damaged ({size} bytes)"
            raise UserError(problem(f"{path}", found, "a whole GGUF file", _COPY_AGAIN)) from None


def _parsed(path: Path, data: mmap.mmap) -> GgufHeader:
    version, n_tensors, n_keys = struct.unpack_from("<IQQ", data, 4)
    if version not in _VERSIONS:
        expected = f"version {' or '.join(map(str, _VERSIONS))}, little-endian"
        fix = "Convert the model again with a present llama.cpp."
        raise UserError(problem(f"{path}", f"GGUF of version {version}", expected, fix))
    place, metadata = 24, {}
    for _ in range(n_keys):
        key, place = _string(data, place)
        (kind,) = struct.unpack_from("<I", data, place)
        metadata[key], place = _value(data, place + 4, kind, key)
    tensors = []
    for _ in range(n_tensors):
        name, place = _string(data, place)
        (n_dimensions,) = struct.unpack_from("<I", data, place)
        if n_dimensions > _MOST_DIMENSIONS:
            raise IndexError
        *shape, kind, offset = struct.unpack_from(f"<{n_dimensions}QIQ", data, place + 4)
        place += 16 + 8 * n_dimensions
        tensors.append(Tensor(name, tuple(reversed(shape)), kind, offset))
    alignment = metadata.get("general.alignment", 32)
    if not isinstance(alignment, int) or alignment < 1:
        raise IndexError
    return GgufHeader(path, len(data), metadata, tuple(tensors), -(-place // alignment) * alignment)


def _value(data: mmap.mmap, place: int, kind: int, key: str) -> tuple[object, int]:
    """A value of the metadata, and the place behind it; None for one that is passed over."""
    if kind == _STRING:
        return _string(data, place)
    if kind != _ARRAY:
        (value,) = struct.unpack_from(f"<{_SCALARS[kind]}", data, place)
        return value, place + struct.calcsize(f"<{_SCALARS[kind]}")
    kind, count = struct.unpack_from("<IQ", data, place)
    place += 12
    if kind in _SCALARS:
        form = f"<{count}{_SCALARS[kind]}"
        return list(struct.unpack_from(form, data, place)), place + struct.calcsize(form)
    if kind != _STRING or count > len(data):
        raise KeyError(kind)
    values: list[str] | None = None if key in _LONG else []
    length_of = struct.Struct("<Q").unpack_from
    for _ in range(count):
        (length,) = length_of(data, place)
        place += 8 + length
        if values is not None:
            values.append(_text(data, place - length, place))
    if place > len(data):
        raise IndexError
    return values, place


def _string(data: mmap.mmap, place: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<Q", data, place)
    end = place + 8 + length
    return _text(data, place + 8, end), end


def _text(data: mmap.mmap, start: int, end: int) -> str:
    if end > len(data):
        raise IndexError
    return data[start:end].decode("utf-8")
