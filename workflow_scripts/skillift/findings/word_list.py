"""The list of words on the page of the docs, made from the glossary of the findings."""

from __future__ import annotations

from skillift.errors import UserError, problem
from skillift.findings.glossary import TERMS

BEGIN, END = "<!-- words: made by document_study.py -->\n", "<!-- end of words -->\n"


def with_words(page: str, source: str) -> str:
    """A page with the list of all words between its two marks.

    Args:
        page: Markdown.
        source: the page's name, for messages.

    Raises:
        UserError: a mark is missing.
    """
    rows = [f"| {term.name} | {term.meaning.format(alpha='alpha')} |\n" for term in TERMS]
    if page.count(BEGIN) != 1 or page.count(END) != 1:
        raise UserError(problem(source, "not both of them once", f"the lines {BEGIN!r} and {END!r}"))
    before, _, rest = page.partition(BEGIN)
    head = "\n| word | meaning |\n|---|---|\n"
    return "".join([before, BEGIN, head, *rows, "\n", END, rest.partition(END)[2]])
