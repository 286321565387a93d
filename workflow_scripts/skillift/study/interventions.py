"""What may be wrong with the interventions of a study file; of their chat model's prompt: `model_checks`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skillift.metrics.names import CUT_STEPS
from skillift.study.check_list import Finding
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import did_you_mean, one_of

KEY = ("inference", "interventions")
PARAPHRASE = "paraphrase"
CLAIMED = "curated"  # the condition that the claim is about


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
    if "paraphrase" in declared:
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
