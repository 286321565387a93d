"""Chat templates rendered by Jinja alone, as transformers renders them, without loading a tokenizer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import jinja2
import jinja2.ext
import jinja2.nodes
import jinja2.sandbox

from skillift.settings.values import DEFAULT_DATE
from skillift.students.clock import pinned_clock

QUESTION, ANSWER = "A question.", "An answer."


class _Generation(jinja2.ext.Extension):
    """The block `generation`, which marks in some templates what is trained on: its content as it is."""

    tags = {"generation"}  # noqa: RUF012 (as jinja2 declares it)

    def parse(self, parser: jinja2.parser.Parser) -> list[jinja2.nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


@lru_cache(maxsize=1)
def environment() -> jinja2.Environment:
    """Jinja as transformers sets it up for chat templates."""
    found = jinja2.sandbox.ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, jinja2.ext.loopcontrols]
    )
    found.filters["tojson"] = lambda value, **options: json.dumps(value, **{"ensure_ascii": False, **options})
    found.globals["raise_exception"] = _raise
    found.globals["strftime_now"] = pinned_clock(DEFAULT_DATE)
    return found


def _raise(message: str) -> None:
    raise jinja2.TemplateError(message)


@lru_cache(maxsize=8)
def _compiled(template: str) -> jinja2.Template:
    return environment().from_string(template)


def rendered(
    template: str, tokens: Mapping[str, str], messages: Sequence[Mapping], answer_begins: bool, **options: Any
) -> str:
    """Messages in a chat template.

    Args:
        template: its text.
        tokens: texts of the tokenizer's named tokens, such as `bos_token`.
        messages: of each its `role` and `content`.
        answer_begins: whether the beginning of an answer stands at the end (`add_generation_prompt`).
        options: further names that the template may use, such as `enable_thinking`.

    Raises:
        jinja2.TemplateError: whatever a template does wrong, such as a division by zero.
    """
    values = {"tools": None, "documents": None, **tokens, **options}
    try:
        return _compiled(template).render(
            messages=list(messages), add_generation_prompt=answer_begins, **values
        )
    except jinja2.TemplateError:
        raise
    except Exception as error:  # a template is a program
        raise jinja2.TemplateError(f"{type(error).__name__}: {error}") from None


def exchange(template: str, tokens: Mapping[str, str]) -> tuple[str, str]:
    """QUESTION up to where its answer begins, and QUESTION with ANSWER.

    Raises:
        jinja2.TemplateError: see `rendered`.
    """
    asked = [{"role": "user", "content": QUESTION}]
    answered = [*asked, {"role": "assistant", "content": ANSWER}]
    return rendered(template, tokens, asked, True), rendered(template, tokens, answered, False)
