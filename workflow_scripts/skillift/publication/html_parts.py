"""What the workflow's own HTML pages share: their template, and the policy that keeps them to themselves.

A page's policy lets a browser run the page's own script and apply its own style, by their SHA-256, and load
nothing from elsewhere (https://www.w3.org/TR/CSP3/). Texts are escaped by the template.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from skillift.errors import UserError, problem


class PageParts(NamedTuple):
    """How a page looks and acts.

    Attributes:
        template: Jinja over `policy`, `style`, `script` and the page's own values; all else is escaped.
        style: a style sheet.
        script: JavaScript.
    """

    template: str
    style: str = ""
    script: str = ""


def render(parts: PageParts, values: Mapping[str, object], page: str) -> str:
    """A page of HTML from its template, with style sheet and script inside, so that it loads nothing.

    Args:
        parts: its template, style sheet and script.
        values: texts, and what is made of them.
        page: which page this is, for messages.

    Raises:
        UserError: the template is not valid Jinja or uses another name, or a part would end its element.
    """
    import jinja2
    from markupsafe import Markup

    for name, text, ending in (("style sheet", parts.style, "</style"), ("script", parts.script, "</script")):
        if ending in text.lower():
            raise UserError(problem(f"{page}, {name}", ending, "no such text", "Write it in two parts."))
    policy = (
        f"default-src 'none'; img-src data:; script-src '{_digest(parts.script)}'; "
        f"style-src '{_digest(parts.style)}'; base-uri 'none'; form-action 'none'"
    )
    environment = jinja2.Environment(
        undefined=jinja2.StrictUndefined, autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    own = {"policy": policy, "style": Markup(parts.style), "script": Markup(parts.script)}
    try:
        return environment.from_string(parts.template).render(**values, **own)
    except jinja2.TemplateError as error:
        names = ", ".join([*values, *own])
        raise UserError(problem(f"{page}, template", str(error), f"a Jinja template over {names}")) from None


def read_part(path: Path | str) -> str:
    """The text of one of a page's parts.

    Raises:
        UserError: it cannot be read.
    """
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fix = "It is part of the workflow: take it from the repository."
        raise UserError(problem(str(path), str(error), "a readable text file", fix)) from None


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
