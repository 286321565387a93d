"""Every word that texts over the task pack can hold: what a tokenizer must know whole.

The list is complete by construction: it is made of the pack's own templates, sentences, names and items.
"""

from __future__ import annotations

from collections.abc import Iterator

from skillift.taskpack.operations import OPERATIONS, READOUTS
from skillift.taskpack.skills import NAME_WORDS, domains_of
from skillift.taskpack.wording import prose_phrases, templates_of


def lexicon(difficulty: str) -> Iterator[str]:
    """Lines that together hold each word of the difficulty at least once."""
    operations = OPERATIONS[difficulty] + READOUTS[difficulty]
    for domain in domains_of(difficulty):
        yield f"Step 1: Copy the {domain.nouns}."
        for number in range(1, 6):
            for operation in operations:
                yield f"Step {number}: {operation.words(domain)}"
                yield f"Step {number}: {operation.verb} {domain.order[0]}"
        for template in templates_of(difficulty):
            for word in NAME_WORDS:
                name = f"{word} {domain.name}"
                yield template.text.format(name=name, nouns=domain.nouns, items=domain.order[0])
        for item in domain.order:
            yield f": {item}, {item}; Leave {item}"
            yield item
    yield "Step 5: Write the ANSWER line."
    yield "ANSWER:"
    yield from prose_phrases(difficulty)
