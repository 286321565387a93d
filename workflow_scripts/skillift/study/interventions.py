"""The interventions of a study file: what may be wrong with them, and how many answers they ask for.

Of their chat model's prompt: `model_checks`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from skillift.metrics.names import CUT_STEPS
from skillift.study.check_list import Finding
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import did_you_mean, one_of

KEY = ("inference", "interventions")
PARAPHRASE = "paraphrase"  # of the whole chain; the other kinds are asked at each cut
CLAIMED = "curated"  # the condition that the claim is about
_ALWAYS = 2  # the chain as it was, and another task's


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
    each = (1 if kind == PARAPHRASE else len(declared["cuts"]) for kind in declared["kinds"])
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
    if PARAPHRASE in declared:
        yield from _paraphrase(data, declared["kinds"])
    for index, cut in enumerate(declared["cuts"]):
        if abs(cut * CUT_STEPS - round(cut * CUT_STEPS)) > 1e-9:
            yield (*KEY, "cuts", index), cut, f"a multiple of {1 / CUT_STEPS:g}", ""


def _paraphrase(data: Mapping, kinds: list[str]) -> Iterator[Finding]:
    """A chat model that would be asked for nothing."""
    key = (*KEY, "paraphrase")
    if PARAPHRASE not in kinds:
        fix = f"Add {PARAPHRASE} to the kinds, or delete the key."
        yield key, Words("the key 'paraphrase'"), f"no such key without the kind {PARAPHRASE}", fix
    if data["inference"]["thinking"]:
        found = Words("a chat model for chains in a block of reasoning")
        fix = "Set inference.thinking to false, or delete the key and the kind paraphrase."
        yield key, found, "students that think outside of one: no other chain is paraphrased", fix
