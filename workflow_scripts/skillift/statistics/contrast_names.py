"""Names of contrasts, as in the column `contrast` of the tables of the analysis and in predictions.

`curated-none` and its kin compare two conditions, `variant:<condition>` variants with the tasks that they are
made of; `gain:<condition>` is what training changed under one condition, `lift:<contrast>` what it changed in
a contrast.
"""

from __future__ import annotations

from collections.abc import Collection

CONTRASTS = (
    ("curated", "none"),
    ("placebo", "none"),
    ("curated", "placebo"),
    ("filler", "none"),
    ("curated", "filler"),
    ("curated", "shuffled"),
)
GAIN, LIFT, VARIANT = "gain:", "lift:", "variant:"


def contrast_name(treated: str, control: str) -> str:
    """The name of a contrast between two conditions."""
    return f"{treated}-{control}"


def is_contrast(name: str) -> bool:
    """Whether a name is that of a contrast of one run, and not that of a condition."""
    return "-" in name or name.startswith(VARIANT)


def variants_of(conditions: Collection[str]) -> list[str]:
    """Names of the contrasts of variants with their tasks, of arms of one run."""
    return [VARIANT + name for name in sorted(conditions)]


def contrasts_of(conditions: Collection[str]) -> list[str]:
    """Names of the contrasts that a study with these conditions has, of arms of one run."""
    return [contrast_name(*pair) for pair in CONTRASTS if set(pair) <= set(conditions)]


def changes_of(conditions: Collection[str]) -> list[str]:
    """Names of what training can change in a study with these conditions: lifts and gains."""
    return [LIFT + name for name in contrasts_of(conditions)] + [GAIN + name for name in sorted(conditions)]
