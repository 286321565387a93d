"""Contamination: tasks of other suites that a student may have seen among the train tasks.

Two kinds are looked for in the table of tasks. `same_prompt`: the two prompts are equal but for case,
white space and the punctuation of sentences (signs such as + and -, and marks inside numbers, are kept:
they change a task). `ngram_overlap`: most of the other prompt's word 8-grams stand in the train prompt
and both tasks have the same reference; 8-grams and the share of 0.7 are those of PaLM (Chowdhery et al.,
2022, arXiv 2204.02311). Tasks made from templates share their wording without sharing their
content, hence limits of our own: the references must agree; an n-gram that stands in the prompts of more than
`WORDING` train tasks counts as wording and is left out; and the share must be as large among the n-grams that
stand in no prompt with another reference, as the others say nothing of the answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict

import polars as pl

from skillift.contracts.pipeline import CONTAMINATION

NGRAM = 8  # words
THRESHOLD = 0.7  # share of a prompt's n-grams that stand in one train prompt
WORDING = 10  # train tasks
_SHOWN = 10  # pairs in one message

_WORD = re.compile(r"\w+(?:[.,:]\d+)*|[^\w\s]")
_SENTENCE_MARKS = frozenset(".,;:!?'\"`\u2018\u2019\u201c\u201d\u2026")


def normalised(text: str) -> tuple[str, ...]:
    """The words of a text in one form: NFKC, casefolded, without the punctuation of sentences."""
    words = _WORD.findall(unicodedata.normalize("NFKC", text).casefold())
    return tuple(word for word in words if word not in _SENTENCE_MARKS)


def find_contamination(tasks: pl.DataFrame, ngram: int = NGRAM, threshold: float = THRESHOLD) -> pl.DataFrame:
    """Pairs of a train task and a task of another suite that are the same task, or nearly.

    Args:
        tasks: a frame that keeps the contract TASKS.
        ngram: words in an n-gram; shorter prompts are compared by `same_prompt` alone.
        threshold: least share of the other prompt's n-grams (fraction).

    Returns:
        A frame that keeps the contract CONTAMINATION, sorted by its key; `overlap` is the share of n-grams,
        1 for equal prompts. Each pair stands there once.
    """
    train, asked = _texts(tasks.filter(suite="train")), _texts(tasks.filter(pl.col("suite") != "train"))
    suite_of = dict(tasks.select("task_id", "suite").iter_rows())
    found = dict.fromkeys(_same_prompts(train, asked), ("same_prompt", 1.0))
    for pair, overlap in _overlaps(train, asked, ngram).items():
        if overlap >= threshold:
            found.setdefault(pair, ("ngram_overlap", overlap))
    rows = [
        (seen, suite_of[task_id], task_id, *kind_and_overlap)
        for (seen, task_id), kind_and_overlap in sorted(found.items())
    ]
    schema = {name: column.dtype.type for name, column in CONTAMINATION.columns.items()}
    return pl.DataFrame(rows, schema=schema, orient="row")


def in_words(pairs: pl.DataFrame, where: str) -> str:
    """What is wrong with tasks that hold such pairs; empty where there are none.

    Args:
        pairs: contract CONTAMINATION.
        where: the file or files that the tasks are of.
    """
    if pairs.is_empty():
        return ""
    lines = [
        f"  train task {train} and {suite} task {task}: {kind.replace('_', ' ')} ({overlap:.0%})"
        for train, suite, task, kind, overlap in pairs.head(_SHOWN).iter_rows()
    ]
    more = [f"  and {pairs.height - _SHOWN} more"] if pairs.height > _SHOWN else []
    suites = ", ".join(sorted(set(pairs["suite"])))
    found = (
        f"{where}: found {pairs.height} pair(s) of a train task and a task of another suite ({suites}) "
        "that are the same, expected none: a student would be asked what it was taught. "
        "Take one task of each pair out of its suite."
    )
    return "\n".join([found, *lines, *more])


_Task = tuple[str, tuple[str, ...], tuple[str, ...]]  # id, words of the prompt, words of the reference


def _texts(tasks: pl.DataFrame) -> list[_Task]:
    rows = tasks.select("task_id", "prompt", "reference").iter_rows()
    return [(task_id, normalised(prompt), normalised(reference)) for task_id, prompt, reference in rows]


def _same_prompts(train: list[_Task], asked: list[_Task]) -> list[tuple[str, str]]:
    by_prompt = defaultdict(list)
    for task_id, words, _ in train:
        by_prompt[words].append(task_id)
    return [(seen, task_id) for task_id, words, _ in asked for seen in by_prompt.get(words, ())]


def _ngrams(words: tuple[str, ...], ngram: int) -> set[tuple[str, ...]]:
    return {words[start : start + ngram] for start in range(len(words) - ngram + 1)}


def _overlaps(train: list[_Task], asked: list[_Task], ngram: int) -> dict[tuple[str, str], float]:
    """The share of n-grams for each pair that has one in common and the same reference.

    The smaller of two: of all n-grams but wording, and of those that no prompt with another reference holds.
    """
    seen_in = defaultdict(list)
    references = defaultdict(set)
    for place, (_, words, reference) in enumerate(train):
        for gram in _ngrams(words, ngram):
            seen_in[gram].append(place)
            references[gram].add(reference)
    for _, words, reference in asked:
        for gram in _ngrams(words, ngram) & references.keys():
            references[gram].add(reference)
    overlaps = {}
    for task_id, words, reference in asked:
        content = [gram for gram in _ngrams(words, ngram) if len(seen_in.get(gram, ())) <= WORDING]
        telling = [gram for gram in content if len(references.get(gram, ())) <= 1]
        shared, told = (
            Counter(place for gram in grams for place in seen_in.get(gram, ()))
            for grams in (content, telling)
        )
        for place, count in told.items():
            seen, _, seen_reference = train[place]
            if seen_reference == reference:
                overlaps[seen, task_id] = min(count / len(telling), shared[place] / len(content))
    return overlaps
