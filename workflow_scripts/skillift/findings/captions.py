"""The captions of figures, which the report has in reStructuredText, as HTML for the findings page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from skillift.errors import UserError, problem

if TYPE_CHECKING:
    from docutils import nodes
    from markupsafe import Markup


class Caption(NamedTuple):
    """A figure's caption.

    Attributes:
        question: what the figure answers, its first words.
        what: what it shows, as HTML.
        how: its path, its n and how to read it, as HTML.
    """

    question: str
    what: Markup
    how: Markup


def caption(text: str, numbers: Mapping[str, int], source: str) -> Caption:
    """Read a caption: one paragraph that begins with a question in bold, then how to read the figure.

    Args:
        text: reStructuredText, as `rules/captions/<figure>.rst`.
        numbers: of the figures that the page shows, by name: where they are named, a link says their number.
        source: the file, for messages.

    Raises:
        UserError: the text is no such caption.
    """
    from docutils import nodes
    from docutils.core import publish_doctree
    from docutils.utils import SystemMessage
    from markupsafe import Markup

    settings = {"report_level": 2, "halt_level": 2, "file_insertion_enabled": False, "raw_enabled": False}
    expected = "one paragraph that begins with a question in bold, then how to read the figure"
    try:
        tree = publish_doctree(text, settings_overrides={**settings, "warning_stream": False})
    except SystemMessage as error:
        raise UserError(problem(source, str(error), expected)) from None
    first = tree.children[0] if tree.children else None
    if not isinstance(first, nodes.paragraph) or not isinstance(first.children[0], nodes.strong):
        raise UserError(problem(source, text[:60], expected))
    question = first.children[0].astext()
    first.remove(first.children[0])
    what, *how = [Markup("").join(_html(node, numbers) for node in [block]) for block in tree.children]
    return Caption(question, _once(what), _once(Markup("").join(how)))


def _once(html: Markup) -> Markup:
    """Where a caption says `figure` before a figure's name, its link need not say it again."""
    from markupsafe import Markup

    return Markup(re.sub(r"(figures?\s+<a [^>]*>)figure ", r"\1", str(html)))


def _html(node: nodes.Node, numbers: Mapping[str, int]) -> Markup:
    """A part of a caption as HTML; markup that captions do not use is written as its text."""
    from docutils import nodes
    from markupsafe import Markup, escape

    if isinstance(node, nodes.Text):
        return escape(node.astext())
    if isinstance(node, nodes.literal):
        name = node.astext()
        if name in numbers:
            return Markup('<a href="#figure-{}">figure {}</a>').format(name, numbers[name])
        return Markup("<code>{}</code>").format(name)
    inside = Markup("").join(_html(child, numbers) for child in node.children)
    tags = {
        nodes.paragraph: "p",
        nodes.bullet_list: "ul",
        nodes.list_item: "li",
        nodes.emphasis: "em",
        nodes.strong: "strong",
    }
    tag = tags.get(type(node))
    return Markup(f"<{tag}>{{}}</{tag}>").format(inside) if tag else inside
