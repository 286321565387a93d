"""Claims about scale: what does a larger model add, and what does a training at larger scale?

An emulated run (`skillift.engines.composed`) is a large student with the training of a small one. Beside it
stand the small one after that training, and the large one after its own by the same recipe:

| claim | what is claimed, under `none` | rows |
|---|---|---|
| `pretraining_scale` | the emulated run passes more often than the small student after its training: the \
training is the same, what it stands on is larger | one per emulated recipe and student |
| `finetuning_scale` | the large student passes more often after its own training than with the small \
one's | one per emulated recipe and student that the same recipe trained |
| `pretraining_scale_in_form`, `finetuning_scale_in_form` | the same of the share of responses in form \
(metric `format`) | likewise |

`pass` under `none` tells what a student knows, `format` how it answers (Mitchell et al., arXiv 2310.12962).
Differences are paired by task and clustered by skill. The training-seed variance of both sides is in them; of
`pretraining_scale` both sides have the same trainings, whose common part is not taken off, so its intervals
are rather too wide. All rows of one claim are a family.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import polars as pl

from skillift.metrics.claim import ABOVE
from skillift.metrics.names import PASS
from skillift.statistics.claim_families import family
from skillift.statistics.claim_registry import FINETUNING, IN_FORM_SUFFIX, PRETRAINING, UNAIDED
from skillift.statistics.comparisons import Sides, arms_after
from skillift.statistics.equivalence_claims import differences_of

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed, EmulatedRuns
    from skillift.settings.publication_specs import DeclaredRun


def scale_claims(
    values: pl.DataFrame, seeds: pl.DataFrame, runs: list[DeclaredRun], settings: Analysed, metric: str = PASS
) -> Iterator[dict]:
    """Rows of the table CLAIMS about emulated runs, on every path and suite.

    Args:
        values: of `pairing.task_values`, or of another metric.
        seeds: the table SEED_VARIANCE.
        runs: the declared runs.
        settings: `emulated` and `parameters`: a run that borrows from a student that is not smaller has no
            row.
        metric: whose values these are.
    """
    declared = [each for each in settings.emulated or () if _upwards(each, settings.parameters)]
    if not declared:
        return
    ending = "" if metric == PASS else IN_FORM_SUFFIX
    for part in values.partition_by("path", "suite", maintain_order=True):
        place = part.select("path", "suite").row(0, named=True) | {"contrast": UNAIDED, "shape": ABOVE}
        sides = arms_after(part, seeds, runs, UNAIDED)
        for claim, pairs in _pairs(declared).items():
            rows = list(_rows(sides, pairs, settings.confidence))
            yield from family(f"{claim}{ending}", [place | row for row in rows], settings.confidence)


def _upwards(each: EmulatedRuns, parameters: Mapping[str, int]) -> bool:
    """Whether a run borrows from a smaller student, or nothing is known of their sizes."""
    one, other = (parameters.get(name) for name in (each.student, each.from_student))
    return one is None or other is None or one > other


def _pairs(
    declared: list[EmulatedRuns],
) -> dict[str, list[tuple[dict, tuple[str, str], tuple[str, str]]]]:
    """Of each claim: what its row is about, and the arms (student, recipe) of both sides."""
    found: dict[str, list] = {PRETRAINING: [], FINETUNING: []}
    for each in declared:
        emulated = each.student, each.recipe
        small, own = (each.from_student, each.from_recipe), (each.student, each.from_recipe)
        about = {"student": each.student}
        found[PRETRAINING].append(
            (about | {"run": each.recipe, "against": each.from_student}, emulated, small)
        )
        found[FINETUNING].append((about | {"run": each.from_recipe, "against": each.recipe}, own, emulated))
    return found


def _rows(sides: Sides, pairs: list, confidence: float) -> Iterator[dict]:
    known = [(about, " ".join(one), " ".join(other)) for about, one, other in pairs]
    known = [each for each in known if {each[1], each[2]} <= {*sides.names}]
    found = differences_of(sides, [(one, other) for _, one, other in known], None, confidence)
    for (about, *_), row in zip(known, found, strict=True):
        yield row | about
