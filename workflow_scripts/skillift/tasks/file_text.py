"""The text of a user's file, whatever wrote it: UTF-8, UTF-16 or UTF-32 by its mark, compressed or not.

Line ends are the business of each form: `with_newlines` is for texts that a student is shown.
"""

from __future__ import annotations

import gzip
import re
import zlib
from pathlib import Path

from skillift.errors import UserError, problem
from skillift.yaml_sources.source import Words

_GZIP = b"\x1f\x8b"
_MARKS = (  # that of UTF-32 begins with that of UTF-16
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def file_text(path: Path | str, kind: str) -> str:
    """The text of a file, without a byte order mark; line ends as they stand.

    Args:
        path: the file; named in messages as given.
        kind: what the file is, for messages: `CSV file of tasks`.

    Raises:
        UserError: the file is missing, unreadable, or not text.
    """
    data = file_bytes(path, kind)
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        name = encoding.removesuffix("-sig").upper()
        line = data.count(b"\n", 0, error.start) + 1
        found = Words(f"bytes that are not {name} at position {error.start} (line {line})")
        fix = "Save the file as UTF-8 (in Excel: CSV UTF-8)."
        raise UserError(problem(str(path), found, f"a {kind} in UTF-8", fix)) from None


def file_bytes(path: Path | str, kind: str) -> bytes:
    """The bytes of a file, uncompressed where it is a gzip file.

    Raises:
        UserError: the file is missing or unreadable.
    """
    try:
        data = Path(path).read_bytes()
        return gzip.decompress(data) if data.startswith(_GZIP) else data
    except FileNotFoundError:
        raise UserError(problem(str(path), Words("no such file"), f"a {kind}")) from None
    except (OSError, EOFError, zlib.error, ValueError) as error:
        found = Words(getattr(error, "strerror", None) or str(error))
        raise UserError(problem(str(path), found, f"a readable {kind}")) from None


def with_newlines(text: str) -> str:
    """`text` with line feeds at its line ends, where Windows or an old Mac wrote others."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def unusable(text: str) -> str:
    """Why a text cannot be shown to a model, in words; empty where it can."""
    if half := _SURROGATE.search(text):
        return f"half a character ({ascii(half[0])[1:-1]}, one of two surrogates)"
    return "a null character (\\x00)" if "\x00" in text else ""


def printable(text: str) -> str:
    """`text` as a message can show it, whatever the terminal: halves of characters are written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
