"""What they can say of looks at the results, of changes after them, and of what was studied."""

from __future__ import annotations

from functools import cache

from referee import Sentence, Study
from referee.studies import base_alone, known, on_bench
from referee.whole import respecified
from skillift.ledger.entries import Look, Record
from skillift.publication.ledger import events

_DESIGN = {"confidence": 0.95, "headline_path": "judge:a", "margins.recipe_tie": 0.02}
_ADDS = {"text": "Training adds.", "than": 0.0}


def _declared(
    design: dict | None = None, predictions: dict | None = None, day: int = 1, results: bool = False
) -> Record:
    time = f"2026-11-{day:02}T10:00:00Z"
    return Record(time, results, predictions or {}, "", "", _DESIGN if design is None else design)


def _look(number: int, day: int = 2) -> Look:
    alpha = 0.05 / (number * (number + 1))
    return Look(f"2026-11-{day:02}T10:00:00Z", number, alpha, {}, "", 36, 12, "", "")


def _looked(number: int, *entries: Record | Look) -> Study:
    """A study at a look, with the ledger of these lines."""
    study = known()
    alpha = round(0.05 / (number * (number + 1)), 10)
    looked = respecified(study, look={"look": number, "alpha": alpha})
    return looked._replace(tables={**study.tables, "ledger": events(entries, study.view.label_by_student)})


def _late(before: dict, after: dict) -> Study:
    """What was declared was changed when results existed."""
    changed = _declared(_DESIGN | after, day=3, results=True)
    return _looked(1, _declared(_DESIGN | before), _look(1), changed)


@cache
def first_look() -> Study:
    return _looked(1, _declared(), _look(1))


@cache
def second_look() -> Study:
    """The second of three; a margin and the samples were changed after them, and a prediction."""
    after = _DESIGN | {"margins.recipe_tie": 0.1, "samples": 4}
    looks = [_look(number) for number in (1, 2, 3)]
    first = _declared(predictions={"adds": _ADDS}, results=True)
    return _looked(2, first, *looks, _declared(after, {"adds": _ADDS | {"than": 0.1}}, 3, results=True))


@cache
def more_samples() -> Study:
    """No word depends on what was changed when results existed."""
    return _late({}, {"samples": 4})


@cache
def other_trajectory() -> Study:
    before, after = ([{"student": "s", "delta": delta}] for delta in (-0.075, 0.075))
    return _late({"trajectory": before}, {"trajectory": after})


@cache
def a_condition_less() -> Study:
    return _late({"conditions": ["none", "curated", "filler"]}, {"conditions": ["none", "curated"]})


@cache
def a_condition_more() -> Study:
    return _late({"conditions": ["none", "curated"]}, {"conditions": ["none", "curated", "filler"]})


@cache
def a_recipe_less() -> Study:
    return _late({"seeds.dpo.s": [0]}, {"seeds.dpo.s": None})


@cache
def fewer_tasks() -> Study:
    return _late({"tasks.holdout": 400}, {"tasks.holdout": 50})


@cache
def more_tasks() -> Study:
    return _late({"tasks.holdout": 50}, {"tasks.holdout": 400})


@cache
def registered_late() -> Study:
    """The design was registered when results existed, and not changed since."""
    return _looked(1, _declared(results=True), _look(1))


@cache
def changed_early() -> Study:
    """The design was changed before results existed, and predictions after."""
    early = _declared(
        _DESIGN | {"headline_path": "bench", "samples": 1}, {"adds": _ADDS, "gone": {"than": 0}}
    )
    late = _declared(predictions={"adds": _ADDS | {"than": 0.1}, "new": _ADDS}, day=4, results=True)
    return _looked(1, early, _declared(predictions=early.predictions, day=2), _look(1, 3), late)


@cache
def reworded() -> Study:
    late = _declared(predictions={"adds": _ADDS | {"text": "Training helps."}}, day=3, results=True)
    return _looked(1, _declared(predictions={"adds": _ADDS}), _look(1), late)


@cache
def withdrawn() -> Study:
    return _looked(1, _declared(predictions={"adds": _ADDS}), _look(1), _declared(day=3, results=True))


@cache
def unregistered_design() -> Study:
    """The ledger is older than the registration of designs."""
    record = Record("2026-11-01T10:00:00Z", False, {"adds": _ADDS}, "", "", None)
    return _looked(1, record, _look(1))


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
        "warning | margins.recipe_tie 2.0 pp \u2192 10.0 pp, changed on 2026-11-03 after results existed. [",
        "a setting that words depend on was changed when results existed",
        second_look,
        (known, first_look),
    ),
    Sentence(
        "design | samples none \u2192 4, changed on 2026-11-03 after results existed. [",
        "a setting that no word depends on was",
        second_look,
        (known, first_look),
    ),
    Sentence(
        "warning | trajectory 45 k \u22127.5 pp \u2192 45 k +7.5 pp, changed on 2026-11-03 after results "
        "existed.",
        "words depend on what was changed",
        other_trajectory,
        (known, more_samples),
    ),
    Sentence(
        "design | tasks.holdout 50 \u2192 400, changed on 2026-11-03 after results existed. [",
        "there are more of them than were declared",
        more_tasks,
        (known, fewer_tasks),
    ),
    Sentence(
        "warning | conditions none, curated, filler \u2192 none, curated, changed on",
        "one that was declared is gone",
        a_condition_less,
        (known, a_condition_more),
    ),
    Sentence(
        "warning | seeds.dpo.s 0 \u2192 none, changed on",
        "one that was declared is gone",
        a_recipe_less,
        (known, more_samples),
    ),
    Sentence(
        "warning | … \u2192 …, changed on … after results existed. [",
        "a setting that words depend on was changed when results existed",
        fewer_tasks,
        (registered_late, changed_early, more_samples, first_look, a_condition_more, more_tasks),
    ),
    Sentence(
        "design | … \u2192 …, changed on … after results existed. [",
        "a setting that no word depends on was changed when results existed",
        more_samples,
        (registered_late, changed_early, first_look),
    ),
    Sentence(
        "(97.5 % interval ", "intervals are at the level of the first look", first_look, (known, second_look)
    ),
]
