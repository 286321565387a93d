"""Paraphrases of chains of thought by a chat model: each different chain is asked for once, and checked.

The model sees the chain alone, between marker lines that the text cannot close, and neither the task nor its
answer. A paraphrase is to say the same in other words; what fails the check is no paraphrase, and its chain
is left out of the test and counted, never scored. The check is a local rule:

| a reply is | where |
|---|---|
| `unparsed` | it is not the requested JSON object with a text |
| `unchanged` | it differs from the chain in letter case and white space at most |
| `numbers_changed` | it lacks a number of the chain, has it less often, or has one that the chain lacks |
| `answer_added` | it has an ANSWER line |
| `reasoning_added` | it has a tag of reasoning |
| `too_long` | it has more characters than `longest` times those of the chain |

Labels of steps may go or stay: their numbers are not among those to be kept.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jinja2
import polars as pl

from skillift.answers.reasoning import TAGS, reasons, strip_reasoning
from skillift.chat.models import Asker, ChatAnswer, ChatModel, ChatRequest
from skillift.contracts.interventions import PARAPHRASED, PARAPHRASES
from skillift.errors import UserError, problem
from skillift.judging.replies import object_of
from skillift.judging.verdicts import fence_code
from skillift.scorers.answer_line import answer_lines
from skillift.settings.chat_models import PARAPHRASER, Paraphraser
from skillift.tasks.step_labels import split_labels

REPLY_SCHEMA = {
    "type": "object",
    "properties": {"paraphrase": {"type": "string"}},
    "required": ["paraphrase"],
    "additionalProperties": False,
}
_NUMBER = re.compile(r"(?:(?<![\w)\]])[-\u2212])?\d+(?:[.:]\d+)*")  # in "7-2" the sign is none
_SHOWN = 600  # characters of a reply that a message holds


def read_template(path: Path | str) -> jinja2.Template:
    """The prompt template of a paraphraser.

    Raises:
        UserError: the file cannot be read, or is no Jinja template with the placeholder `chain`.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
        template = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False).from_string(text)
        shown = template.render(chain="\x00", fence="")
    except (OSError, UnicodeDecodeError, jinja2.TemplateError) as error:
        expected = "a Jinja template with the placeholders chain and fence"
        raise UserError(problem(str(path), str(error), expected, "Correct the template.")) from None
    if "\x00" not in shown:
        fix = "Write {{ chain }} where the chain is to stand."
        raise UserError(problem(str(path), "no placeholder chain", "one", fix))
    return template


def texts_to_paraphrase(chains: pl.DataFrame) -> list[str]:
    """The different chains of a run that may be told in other words, sorted.

    Empty ones, and those within a block of reasoning, are not among them.

    Args:
        chains: contract CHAINS.
    """
    found = chains.filter(pl.col("opened") == "")["text"].unique()
    return sorted(
        text for text in found if text.strip() and not any(tag in text for tag in TAGS) and not reasons(text)
    )


def paraphrase_chains(
    chains: pl.DataFrame,
    entry: Paraphraser,
    template: jinja2.Template,
    client: Asker,
    max_unparsed: int | None = None,
) -> pl.DataFrame:
    """Ask for a paraphrase of each different chain, and check it.

    Args:
        chains: contract CHAINS.
        entry: the paraphraser's in the study file.
        template: of `read_template`.
        client: asks it.
        max_unparsed: number of replies in a row that are no such object after which the job ends; None for
            any.

    Returns:
        The table PARAPHRASES.

    Raises:
        UserError: see the client's, and `max_unparsed`.
    """
    model = ChatModel.from_entry(entry, PARAPHRASER)
    texts = texts_to_paraphrase(chains)
    requests = [_request(text, model, template) for text in texts]
    asking = _Asking(model, client, max_unparsed)
    answers = client.run_all([asking.ask(request) for request in requests], "paraphrasing", requests)
    rows = [_row(text, answer, entry.longest) for text, answer in zip(texts, answers, strict=True)]
    schema = {name: column.dtype.type for name, column in PARAPHRASES.columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _request(text: str, model: ChatModel, template: jinja2.Template) -> ChatRequest:
    code = fence_code(text)
    fenced = f"<<<text {code}>>>\n{text.strip()}\n<<<end text {code}>>>"
    content = template.render(chain=fenced, fence=code)
    return ChatRequest(model, [{"role": "user", "content": content}], REPLY_SCHEMA)


@dataclass
class _Asking:
    """The replies of one job, read as they come: a model that cannot keep the form is to cost little."""

    model: ChatModel
    client: Asker
    max_unparsed: int | None
    in_a_row: int = 0

    async def ask(self, request: ChatRequest) -> ChatAnswer:
        answer = await self.client.ask(request)
        if answer.status in ("answered", "truncated"):
            self.in_a_row = 0 if parse_reply(answer.text) is not None else self.in_a_row + 1
            if self.max_unparsed is not None and self.in_a_row >= self.max_unparsed:
                raise self.client.end(self._unreadable(answer))
        return answer

    def _unreadable(self, last: ChatAnswer) -> UserError:
        shown = last.text if len(last.text) <= _SHOWN else f"{last.text[:_SHOWN]} ..."
        fix = (
            f"It was cut off: raise max_tokens of {PARAPHRASER} (now {self.model.max_tokens})."
            if last.status == "truncated"
            else f"Set {PARAPHRASER}.response_format (json_schema, json_object or none) to what its server "
            "takes, or name another model."
        )
        return UserError(
            f"{PARAPHRASER} ({self.model.model}): {self.in_a_row} replies in a row cannot be read as a "
            f"paraphrase (judging.max_unparsed_in_a_row). One of them: {shown!r}. {fix} Replies are kept: "
            "the same command reads them again, and asks nothing that was answered."
        )


def parse_reply(text: str) -> str | None:
    """The paraphrase in a whole reply; None where that is not the requested JSON object.

    The model's reasoning before it is left out, and so is one code fence around all of it.
    """
    found = object_of(text) or object_of(strip_reasoning(text) or "")
    if found is None or set(found) != {"paraphrase"} or not isinstance(found["paraphrase"], str):
        return None
    return found["paraphrase"].strip() or None


def check_paraphrase(paraphrase: str, chain: str, longest: float) -> str:
    """What is wrong with a paraphrase of a chain, a word of the table above; `paraphrased` where nothing is.

    Args:
        paraphrase: the text.
        chain: the text that it is to say in other words.
        longest: most characters, as a multiple of the chain's.
    """
    if paraphrase.casefold().split() == chain.casefold().split():
        return "unchanged"
    if answer_lines(paraphrase):
        return "answer_added"
    if any(tag in paraphrase for tag in TAGS) or reasons(paraphrase):
        return "reasoning_added"
    if len(paraphrase) > longest * len(chain):
        return "too_long"
    if _numbers(_unlabelled(chain)) - _numbers(_unlabelled(paraphrase)) or (
        set(_numbers(paraphrase)) - set(_numbers(chain))
    ):
        return "numbers_changed"
    return PARAPHRASED


def _unlabelled(text: str) -> str:
    """A text without the labels of its steps."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return "\n".join(step for _, step in split_labels(lines))


def _numbers(text: str) -> Counter[str]:
    return Counter(number.replace("\u2212", "-") for number in _NUMBER.findall(text))


def _row(chain: str, answer: ChatAnswer, longest: float) -> tuple:
    paraphrase = None
    if answer.status in ("refused", "failed"):
        status, raw = answer.status, answer.text or answer.reason
    else:
        paraphrase, raw = parse_reply(answer.text), answer.text
        status = "unparsed" if paraphrase is None else check_paraphrase(paraphrase, chain, longest)
    passed = paraphrase if status == PARAPHRASED else None
    return (chain, status, passed, raw, answer.prompt_tokens, answer.completion_tokens, answer.cost_usd)


def failed(paraphrases: pl.DataFrame) -> Sequence[str]:
    """The reasons of the questions that failed.

    Args:
        paraphrases: contract PARAPHRASES.
    """
    return paraphrases.filter(status="failed")["raw"].to_list()
