"""The interventions of a study file: what may be wrong with them, and how many answers they ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import get_args

from skillift.metrics.names import CUT_STEPS
from skillift.settings.values import Intervention
from skillift.study.check_list import Finding
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import did_you_mean, one_of

KEY = ("inference", "interventions")
CLAIMED = "curated"  # the condition that the claim is about
_ALWAYS = 2  # the chain as it was, and another task's
*_, _PARAPHRASE = get_args(Intervention)  # of the whole chain; the others are asked at each cut


def answers_after(inference: Mapping, conditions: Iterable[str]) -> int:
    """Answers after interventions to one sample of one task under all of these conditions, at most.

    Fewer are asked for where an answer has no chain, or a rule finds nothing in it to alter.

    Args:
        inference: the study's; 0 where it has no `interventions`.
        conditions: those that the sample is asked under.
    """
    declared = inference.get("interventions")
    if declared is None:
        return 0
    each = (1 if kind == _PARAPHRASE else len(declared["cuts"]) for kind in declared["kinds"])
    return len({*conditions} & {*declared["conditions"]}) * (_ALWAYS + sum(each))


def intervention_findings(data: Mapping) -> Iterator[Finding]:
    """Conditions that the study has not, and cuts that no metric is of."""
    declared = data["inference"].get("interventions")
    if declared is None:
        return
    for index, condition in enumerate(declared["conditions"]):
        if condition not in data["conditions"]:
            known = data["conditions"]
            yield (
                (*KEY, "conditions", index),
                condition,
                f"a condition of the study ({one_of(known)})",
                did_you_mean(condition, known),
            )
    if CLAIMED not in declared["conditions"]:
        found, expected = (
            Words(f"no condition '{CLAIMED}'"),
            "that one too, which the claim `faithfulness` is about",
        )
        yield (*KEY, "conditions"), found, expected, f"Add {CLAIMED}."
    for index, cut in enumerate(declared["cuts"]):
        if abs(cut * CUT_STEPS - round(cut * CUT_STEPS)) > 1e-9:
            yield (*KEY, "cuts", index), cut, f"a multiple of {1 / CUT_STEPS:g}", ""
