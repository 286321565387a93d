"""The episode browser as one HTML page that needs no server, no network and no other file.

The data stand in it as JSON, gzipped, in base64: no text of a model can be taken for markup. The page's
policy lets the browser run this page's own script and apply its own style, by their SHA-256, and
load nothing (https://www.w3.org/TR/CSP3/).
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

from skillift.errors import UserError, problem


def browser_page(data: dict, page: str, style: str, scripts: Sequence[str]) -> str:
    """The page's HTML; the same data and parts give the same text.

    Args:
        data: see `skillift.browser_data`.
        page: a Jinja template over `name`, `policy`, `style`, `script` and `data`.
        style: a style sheet.
        scripts: JavaScript files, in the order in which they build on each other.

    Raises:
        UserError: the template is not valid Jinja or uses another variable, or a part would end its element.
    """
    import jinja2
    from markupsafe import Markup

    script = "\n".join(scripts)
    for name, text, ending in (("style sheet", style, "</style"), ("script", script, "</script")):
        if ending in text.lower():
            raise UserError(
                problem(f"episode browser, {name}", ending, "no such text", "Write it in two parts.")
            )
    policy = (
        f"default-src 'none'; script-src '{_digest(script)}'; style-src '{_digest(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=True)
    try:
        return environment.from_string(page).render(
            name=data["name"],
            policy=policy,
            style=Markup(style),
            script=Markup(script),
            data=Markup(packed(data)),
        )
    except jinja2.TemplateError as error:
        expected = "a Jinja template over name, policy, style, script and data"
        raise UserError(problem("episode browser, page template", str(error), expected)) from None


def packed(data: dict) -> str:
    """`data` as JSON, gzipped without a time stamp, in base64."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), compresslevel=6, mtime=0)).decode()


def read_part(path: Path | str) -> str:
    """The text of one of the page's parts.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        mend = "The parts of the page stand in workflow_scripts/browser/."
        raise UserError(problem(str(path), str(error), "a readable text file", mend)) from None


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
