"""Claims about what many samples of a task give: against parameters, at different sizes, and after SFT.

They are of each protocol with several samples, under `curated`, and of studies that declare
`analysis.sampling_budgets`; k is one of these.

| claim | what is claimed | rows |
|---|---|---|
| `sampling_budget` | the majority of k samples of a smaller student is right more often than one sample of \
a larger one, at no more FLOPs; a margin says what is a tie | one per pair of students: before SFT, and of \
each recipe |
| `sampling_budgetwhere_able` | the same, on tasks that the smaller student passes in the other half of its \
samples | likewise |
| `diversity_by_tier` | larger students give more different answers among k samples (slope on log \
parameters) | before SFT, and one per recipe |
| `diversity_lost` | after SFT students give fewer different answers among k samples | one per student and \
recipe |

FLOPs of a task are 2 x parameters x tokens of its answers (Snell et al., arXiv 2408.03314): k is the largest
budget of two samples or more whose answers cost the smaller student no more than one answer costs the larger
one, by their mean lengths under that protocol. The prompt is left out: it is read once, whatever k is. A pair
has no row where two samples are too many, and k stands in the row's contrast, such as `curated@4`. Of the
larger student one sample is drawn at the same temperature: two protocols are never subtracted. The two claims
of diversity are of the largest k, and its answers are counted as `skillift.metrics.votes` does; more per
sample is not more per parameter. Differences are paired by task and clustered by skill, with the
training-seed variance of both sides; all rows of a claim are a family.

How hard a task is for a student is told by other samples than those that are compared, or luck would pass for
ease: of each half of its samples (those of even and of odd number) the majority of k counts on the tasks of
which a sample of the other half passes. A task that counts in both counts twice, in the cluster of its skill:
where one half alone has a pass it is the other that counts, whose majority is wrong, so that one mean of each
task would weigh these more than they are (at a pass rate of 30 % it is 7 pp too low). k is at most half of
the samples. The training-seed variance is that over all tasks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import polars as pl

from skillift.metrics.claim import ABOVE, BELOW
from skillift.metrics.metric import TASK_KEY
from skillift.metrics.names import PASS
from skillift.metrics.registry import metrics
from skillift.statistics.claim_families import family, heads
from skillift.statistics.claim_registry import (
    DIVERSITY_BY_TIER,
    DIVERSITY_LOST,
    GAIN,
    RATE,
    SAMPLING_BUDGET,
    WHERE_ABLE,
)
from skillift.statistics.claims import claims_table
from skillift.statistics.comparisons import Sides, tiers_by_recipe
from skillift.statistics.contrasts import BASE, differences
from skillift.statistics.equivalence_claims import differences_of
from skillift.statistics.metric_values import SAMPLE
from skillift.statistics.pairing import task_values
from skillift.statistics.protocol_tables import OfProtocol
from skillift.statistics.recipes import TASK, last_checkpoints
from skillift.statistics.transfer import slope_row

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun

_ARMS = ["suite", "student", "run"]
_HALF = "\x1f"  # stands before the number of the half in a task's id


def sampling_claims(
    asked: OfProtocol, responses: pl.DataFrame, runs: list[DeclaredRun], settings: Analysed
) -> Iterator[pl.DataFrame]:
    """The table CLAIMS of each metric that something is claimed of, of one protocol; none where none is.

    Args:
        asked: the protocol's values and tables.
        responses: the frames of `pass_rates.responses`, of that protocol.
        runs: the declared runs.
        settings: without `sampling_budgets` nothing is claimed, without the margin `sampling_budget_tie` no
            difference is a tie.
    """
    budgets = sorted(settings.sampling_budgets or [])
    counted = [k for k in budgets if distinct(k) in asked.values]
    if counted:
        metric = distinct(counted[-1])
        rows = [*_lost(asked, metric, runs, settings), *_by_tier(asked, metric, runs, settings)]
        yield claims_table(rows, metric, settings.confidence)
    voted = [k for k in budgets if majority(k) in asked.values]
    if voted and PASS in asked.values:
        rows = list(_against_parameters(SAMPLING_BUDGET, asked, voted, responses, runs, settings))
        able = where_able(asked, voted, responses)
        if able.values.keys() > {PASS}:
            rows += _against_parameters(WHERE_ABLE, able, voted, responses, runs, settings)
        yield claims_table(rows, PASS, settings.confidence)


def distinct(k: int) -> str:
    """The metric of different answers among k samples."""
    return f"distinct@{k}"


def majority(k: int) -> str:
    """The metric of the majority's answer of k samples; of one it is `pass`."""
    return PASS if k == 1 else f"majority@{k}"


def _lost(asked: OfProtocol, metric: str, runs: list[DeclaredRun], settings: Analysed) -> Iterator[dict]:
    tables, confidence = asked.tables[metric], settings.confidence
    for item in differences(asked.values[metric], runs):
        if item.contrast == GAIN and item.cells.height:
            rows = heads(item, tables.effects, tables.seeds, runs, confidence)
            yield from family(DIVERSITY_LOST, [row | {"shape": BELOW} for row in rows], confidence)


def _by_tier(asked: OfProtocol, metric: str, runs: list[DeclaredRun], settings: Analysed) -> Iterator[dict]:
    parameters, confidence = settings.parameters, settings.confidence
    for part in asked.values[metric].partition_by("path", "suite", maintain_order=True):
        fixed = part.select("path", "suite").row(0, named=True)
        fixed |= {"contrast": RATE, "against": "", "margin": None, "p_equivalence": None, "shape": ABOVE}
        sides = _tiers(part, asked.tables[metric].seeds, runs)
        rows = (slope_row(name, of_tiers, parameters, confidence) for name, of_tiers in sides.items())
        yield from family(DIVERSITY_BY_TIER, [fixed | row for row in rows if row], confidence)


def _tiers(values: pl.DataFrame, seeds: pl.DataFrame, runs: list[DeclaredRun]) -> dict[str, Sides]:
    """Values under `curated` side by side for students: before SFT (`base`), and after it by recipe."""
    base = values.filter(run=BASE, condition=RATE)
    names = sorted(base["student"].unique())
    rows = base.select("path", *TASK, "value", "low", "high", "n_unscored", side="student")
    before = {BASE: Sides(names, rows, {}, dict.fromkeys(names, 1))} if names else {}
    return before | dict(tiers_by_recipe(values, seeds, runs, RATE))


def where_able(asked: OfProtocol, budgets: Sequence[int], responses: pl.DataFrame) -> OfProtocol:
    """The protocol with majorities of half of the samples, on the tasks of which the other half has a pass.

    Args:
        asked: the protocol.
        budgets: numbers of samples; those of more than half of the samples have no values.
        responses: of that protocol.

    Returns:
        The protocol with values of `pass` and of these majorities; a task stands there once for each half,
        by ids of its own.
    """
    odd = pl.col("sample") % 2 == 1
    found: dict[str, list[pl.DataFrame]] = {}
    for place, half in enumerate((odd, ~odd)):
        able = task_values(asked.scores.filter(~half)).filter(pl.col("value") > 0)
        joined = asked.scores.filter(half).join(responses, on=SAMPLE, how="inner")
        for k in (each for each in budgets if each > 1):
            values = metrics()[majority(k)].values(joined)
            values = _of_half(values.join(able, on=TASK_KEY, how="semi"), place)
            found.setdefault(majority(k), []).append(values)
        found.setdefault(PASS, []).append(_of_half(asked.values[PASS], place))
    known = {name: pl.concat(halves).sort(TASK_KEY) for name, halves in found.items()}
    return asked._replace(values={name: values for name, values in known.items() if values.height})


def _of_half(values: pl.DataFrame, place: int) -> pl.DataFrame:
    return values.with_columns(task_id=pl.col("task_id") + f"{_HALF}{place}")


def _counted_once(sides: Sides, one: str, other: str) -> dict[str, int]:
    """Tasks of a pair, and samples without a verdict, each once though a task may count with both halves."""
    of_one, of_other = (sides.rows.filter(side=name) for name in (one, other))
    rows = of_one.join(of_other, on="task_id", suffix="_other").with_columns(
        task_id=pl.col("task_id").str.split(_HALF).list.first()
    )
    of_tasks = rows.unique("task_id")["n_unscored_other"]
    return {
        "n_tasks": rows.drop_nulls(["value", "value_other"])["task_id"].n_unique(),
        "n_unscored": int(rows["n_unscored"].sum()) + int(of_tasks.sum()),
    }


def _against_parameters(
    claim: str,
    asked: OfProtocol,
    budgets: Sequence[int],
    responses: pl.DataFrame,
    runs: list[DeclaredRun],
    settings: Analysed,
) -> Iterator[dict]:
    parameters, confidence = settings.parameters, settings.confidence
    margin = settings.margins.get("sampling_budget_tie")
    tokens = tokens_of_an_answer(responses, runs)
    keys = asked.values[PASS].select("path", "suite").unique(maintain_order=True).rows()
    for path, suite in keys:
        sides = {
            k: _tiers(
                asked.values[majority(k)].filter(path=path, suite=suite),
                asked.tables[majority(k)].seeds,
                runs,
            )
            for k in (1, *budgets)
            if majority(k) in asked.values
        }
        taken = [k for k in budgets if k in sides]
        rows = []
        for run, of_one in sides[1].items():
            flops = {
                name: 2 * parameters[name] * tokens[suite, name, run]
                for name in of_one.names
                if parameters.get(name) and (suite, name, run) in tokens
            }
            whole = _with_samples({k: found[run] for k, found in sides.items() if run in found})
            pairs = [
                (one, other, k)
                for one, other, k in _pairs(flops, parameters, taken)
                if _named(one, k) in whole.names
            ]
            found = differences_of(
                whole, [(_named(one, k), _named(other, 1)) for one, other, k in pairs], margin, confidence
            )
            for (one, other, k), row in zip(pairs, found, strict=True):
                about = {"path": path, "suite": suite, "contrast": f"{RATE}@{k}", "shape": ABOVE}
                if claim == WHERE_ABLE:
                    about |= _counted_once(whole, _named(one, k), _named(other, 1))
                rows.append(row | about | {"student": one, "against": other, "run": run})
        yield from family(claim, rows, confidence)


def _pairs(
    flops: Mapping[str, float], parameters: Mapping[str, int], budgets: Sequence[int]
) -> Iterator[tuple[str, str, int]]:
    """Smaller and larger student, and how many samples of the one cost no more than one of the other."""
    order = sorted(flops, key=lambda name: (parameters[name], name))
    for place, one in enumerate(order):
        for other in order[place + 1 :]:
            if k := affordable(flops[one], flops[other], budgets):
                yield one, other, k


def affordable(flops: float, most: float, budgets: Sequence[int]) -> int | None:
    """The largest budget of two samples or more that costs no more than `most`; None where none does.

    Args:
        flops: of one sample.
        most: of one sample of the larger student.
        budgets: numbers of samples.
    """
    return max((k for k in budgets if k > 1 and k * flops <= most), default=None)


def _named(student: str, k: int) -> str:
    return f"{student} {k}"


def _with_samples(by_budget: Mapping[int, Sides]) -> Sides:
    """Sides of students at several budgets as one: each with each number of samples."""
    parts = [(sides, {name: _named(name, k) for name in sides.names}) for k, sides in by_budget.items()]
    return Sides(
        sorted(new for _, names in parts for new in names.values()),
        pl.concat(sides.rows.with_columns(side=pl.col("side").replace(names)) for sides, names in parts),
        {names[name]: part for sides, names in parts for name, part in sides.seeds.items()},
        {names[name]: number for sides, names in parts for name, number in sides.n_runs.items()},
    )


def tokens_of_an_answer(
    responses: pl.DataFrame, runs: list[DeclaredRun]
) -> dict[tuple[str, str, str], float]:
    """Mean tokens of an answer under `curated`, by suite, student, and `base` or recipe.

    Args:
        responses: the frames of `pass_rates.responses` of one protocol.
        runs: the declared runs; of each the last checkpoint counts.
    """
    rows = responses.filter(condition=RATE)
    after = last_checkpoints(rows, runs, ["suite"]).select(
        "suite", "student", "completion_tokens", run="recipe"
    )
    before = rows.filter(run=BASE).select("suite", "student", "completion_tokens", "run")
    means = pl.concat([before, after]).group_by(_ARMS).agg(pl.col("completion_tokens").mean()).sort(_ARMS)
    return {(suite, student, run): mean for suite, student, run, mean in means.iter_rows() if mean}
