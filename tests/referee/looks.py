"""What they can say of looks at the results, of changes after them, and of what was studied."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.studies import base_alone, known, on_bench
from referee.whole import respecified
from skillift.publication.ledger import EVENTS


def _events(*rows: dict) -> pl.DataFrame:
    empty = {"time": "2026-11-01T10:00:00Z", "results": False, "key": "", "before": "", "after": ""}
    return pl.DataFrame([dict.fromkeys(EVENTS) | empty | row for row in rows], schema=EVENTS)


_REGISTERED = {"event": "registered", "key": "confidence", "after": "0.95"}
_MORE = {"event": "changed", "results": True, "key": "samples", "before": "", "after": "4"}
_EARLY = {"event": "changed", "key": "headline_path", "before": "bench", "after": "judge:a"}
_PREDICTED = {"event": "changed", "results": True, "key": "predictions.adds", "before": "a", "after": "b"}
_LOOK = {"event": "look", "results": True, "alpha": 0.025, "n_tasks": 36, "n_skills": 12}


def _looked(number: int, *rows: dict) -> Study:
    study = known()
    alpha = round(0.05 / (number * (number + 1)), 10)
    look = {"look": number, "alpha": alpha, "declared": 0.95}
    looked = respecified(study, {"confidence": 1 - alpha}, look=look)
    return looked._replace(tables={**study.tables, "ledger": _events(*rows)})


@cache
def first_look() -> Study:
    return _looked(1, _REGISTERED, _LOOK | {"look": 1})


@cache
def second_look() -> Study:
    """The second of three; the margin was changed between them, when results existed."""
    changed = {
        "event": "changed",
        "results": True,
        "key": "margins.recipe_tie",
        "before": "0.02",
        "after": "0.1",
    }
    looks = [_LOOK | {"look": number} for number in (1, 2, 3)]
    return _looked(2, {**_REGISTERED, "results": True}, _EARLY, *looks, changed, _MORE, _PREDICTED)


@cache
def more_samples() -> Study:
    """No word depends on what was changed when results existed."""
    return _looked(1, _REGISTERED, _LOOK | {"look": 1}, _MORE)


@cache
def registered_late() -> Study:
    """The design was registered when results existed, and not changed since."""
    return _looked(1, {**_REGISTERED, "results": True}, _LOOK | {"look": 1})


@cache
def changed_early() -> Study:
    """The design was changed before results existed, and a prediction after."""
    return _looked(1, _REGISTERED, _EARLY, _EARLY | {"key": "samples"}, _LOOK | {"look": 1}, _PREDICTED)


@cache
def unregistered_design() -> Study:
    return _looked(1, _LOOK | {"look": 1}, {"event": "registered", "key": "predictions.adds", "after": "b"})


CASES = [
    Sentence(
        "holdout suite, last checkpoint of each run, scored by the path judge:a where nothing else is "
        "said; 95 % intervals; differences in percentage points (pp)",
        "the page is of this path, and nobody has counted the looks",
        known,
        (on_bench, first_look),
        "page",
    ),
    Sentence(
        "said; 97.5 % intervals (look 1 (none before), alpha 0.025); differences",
        "this is the first look",
        first_look,
        (known, second_look),
        "page",
    ),
    Sentence(
        "The same tasks with and without a skill's procedure in the prompt, before and after supervised "
        "fine-tuning (SFT): what did SFT add to what the procedure is worth? That is the lift. Students: "
        "45 k, 115 k, big.",
        "runs were trained",
        known,
        (base_alone,),
        "page",
    ),
    Sentence(
        "The same tasks with and without a skill's procedure in the prompt: what is the procedure worth? "
        "No student was trained. Students: 45 k, 115 k, big.",
        "no run was trained",
        base_alone,
        (known,),
        "page",
    ),
    Sentence(
        "looks | This analysis is not counted in a ledger of looks: its words are at 0.05, and are right "
        "for a first and only look. [",
        "nobody has counted the looks",
        known,
        (first_look, second_look),
    ),
    Sentence(
        "looks | Look 1 at the results of this study (none came before): words, intervals and smallest "
        "detectable effects are at alpha 0.025 = 0.05 / (1 \u00d7 2). All looks together, however many, "
        "share 0.05. The ledger began on 2026-11-01, before results existed. [",
        "this is the first look",
        first_look,
        (known, second_look, unregistered_design),
    ),
    Sentence(
        "Look 2 at the results of this study (1 look came before, 1 look came later): words, intervals and "
        "smallest detectable effects are at alpha 0.00833 = 0.05 / (2 \u00d7 3). All looks together, "
        "however many, share 0.05. The ledger began on 2026-11-01, when results existed already: earlier "
        "looks are unknown. [",
        "so many looks came before and after; the design was registered when results existed",
        second_look,
        (known, first_look),
    ),
    Sentence(
        "share 0.05. No design was registered. [",
        "no design was registered",
        unregistered_design,
        (first_look, known),
    ),
    Sentence(
        "warning | margins.recipe_tie 0.02 \u2192 0.1, changed on 2026-11-01 after results existed. [",
        "a setting that words depend on was changed when results existed",
        second_look,
        (known, first_look),
    ),
    Sentence(
        "design | samples none \u2192 4, changed on 2026-11-01 after results existed. [",
        "a setting that no word depends on was",
        second_look,
        (known, first_look),
    ),
    Sentence(
        "warning | … \u2192 …, changed on 2026-11-01 after results existed. [",
        "a setting that words depend on was changed when results existed",
        second_look,
        (registered_late, changed_early, more_samples, first_look),
    ),
    Sentence(
        "design | … \u2192 …, changed on 2026-11-01 after results existed. [",
        "a setting that no word depends on was changed when results existed",
        more_samples,
        (registered_late, changed_early, first_look),
    ),
    Sentence(
        "(97.5 % interval ", "intervals are at the level of the first look", first_look, (known, second_look)
    ),
]
