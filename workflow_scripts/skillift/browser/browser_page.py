"""The episode browser as one HTML page that needs no server, no network and no other file.

The data stand in it as JSON, gzipped, in base64: no text of a model can be taken for markup.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Sequence

from skillift.publication.html_parts import PageParts, render


def browser_page(data: dict, page: str, style: str, scripts: Sequence[str]) -> str:
    """The page's HTML; the same data and parts give the same text.

    Args:
        data: see `skillift.browser.browser_data`.
        page: a Jinja template over `name`, `data` and what `html_parts.render` adds.
        style: a style sheet.
        scripts: JavaScript files, in the order in which they build on each other.

    Raises:
        UserError: see `html_parts.render`.
    """
    values = {"name": data["name"], "data": packed(data)}
    return render(PageParts(page, style, "\n".join(scripts)), values, "episode browser")


def packed(data: dict) -> str:
    """`data` as JSON, gzipped without a time stamp, in base64."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()
