"""The page docs/validation.md: what was simulated, and what was found."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from validation.asymmetry import DELTAS, LIFT, SPLITS
from validation.asymmetry import Slopes as SlopeRow
from validation.claims import Claim, Measured
from validation.coverage import FIRST, NOTHING, PLANTED, Rate
from validation.designs import FEW, KINDS, RATES, Cell
from validation.judges import DIFFERENTIAL, LABELLED, Bias
from validation.missing import LOST, MISSES, N_LABELS, Prose
from validation.power import Power
from validation.sameness import MARGIN, N_STUDENTS, Flagged
from validation.seeds import MARGIN as SEED_MARGIN
from validation.seeds import N_SKILLS, OF_ONE_RUN, SeedCoverage
from validation.studies import ARMS, Population

_NAMES = {"curated-none": "procedural delta", "lift:curated-none": "lift"}


def page(measured: Measured, found: Sequence[Claim], when: str, machine: str, seconds: float) -> str:
    """The page as Markdown."""
    n_studies, noisy = measured.planted[0].n_studies, PLANTED.judges["judge:noisy"]
    certainty = 100 * 1.96 * (0.95 * 0.05 / n_studies) ** 0.5
    paragraphs = f"""# Validation: do the intervals hold what they promise?

Written by `make validate` on {when}, on {machine}, in {seconds / 60:.0f} minutes; do not edit by hand.
Studies with a known truth are simulated and analysed by the library's own functions.

{_list(found)}

## The simulated studies

{PLANTED.n_skills * PLANTED.per_skill} tasks in {PLANTED.n_skills} skills, one student before and after
training, conditions `none` and `curated`. Every study draws its own skills and tasks, so the truth is that
of the population of skills. The pass probability of an arm on a task is the arm's rate plus a part of the
skill ({_spread(PLANTED.skill)}), a part of the task ({_spread(PLANTED.task)}) and a part of the skill in that
arm ({_spread(PLANTED.skill_in_arm)}), all uniform, so that differences between arms are in expectation
exactly those of the rates: {_rates(PLANTED)}. With probability {PLANTED.shared} the arms of a task share
their draw, which gives 20 to 25 % discordant pairs. On the path `bench` verdicts are right; the judge `noisy`
has a sensitivity of {_whole(noisy.sensitivity[0])} and a specificity of {_whole(noisy.specificity[0])} in
every arm and leaves {_whole(PLANTED.unscored)} unscored; the truth on its path is that of its expected
verdicts.

## Coverage

{n_studies:,} studies; a rate of 95 % is then known to ± {certainty:.1f} pp.

{_coverage(measured.planted)}

`covered` is the interval clustered by skill with Student's t, which claims rest on; the bootstrap over skills
is the cross-check beside it in the table `effects`.

## Studies without an effect

The same with all four rates at {_whole(NOTHING.rates[0])} and no part of skills in arms: the share of
{n_studies:,} studies with p < 0.05.

{_flagged(measured.nothing)}

## Correction of judge errors

A judge that errs differently in every arm; {_whole(LABELLED)} of the tasks are labelled, at random.

{_judge()}

The truth is that of right responses; {measured.biases[0].n_studies:,} studies.

{_biases(measured.biases)}

## Regime asymmetry

Three students with deltas of {_points(DELTAS.values())} pp before training, skills that differ in how much
the procedure helps, and one lift of {100 * LIFT:.0f} pp for all: no asymmetry. The noise of the deltas is as
large before training as after, which Oldham's estimator needs and the others do not. Slopes of the lift on
the baseline delta over {measured.slopes[0].n_studies:,} studies, {SPLITS} splits each. `cells` are the skills
at all students, each student with its own mean; `students` are the three students, between which slopes
scatter widely, so that the median stands beside the mean.

{_slopes(measured.slopes)}

## Claims of sameness

{N_STUDENTS} students at the rates above, all with the same lift, and without any: how often a test says what
is not so, of {measured.false_findings[0].n_studies:,} studies, at 5 %. For equivalence, two lifts differ by
just the margin, {100 * MARGIN:.0f} pp.

{_false_findings(measured.false_findings)}

## Training seeds

Skill means of an effect of 0, drawn for {N_SKILLS} skills and several trainings of one recipe at one tier or
three. Sampling alone gives one training a standard error of {100 * OF_ONE_RUN:.0f} pp; trainings differ by a
standard deviation of `between` pp. {measured.seeds[0].n_studies:,} studies each. `covered` is the interval
that claims about a recipe rest on (`seed_variance`); the one `given the seeds` leaves out that trainings
differ. `held`: a prediction that the effect is above 0, which is not so, at one-sided 2.5 %. `differ`: the
tiers are said to differ. `equivalent`: two that differ by the margin, {100 * SEED_MARGIN:.0f} pp, are said
not to. `not pooled`: one tier's trainings were taken to differ more than the others'.

{_seeds(measured.seeds)}

## Few skills, unequal skills, floors and ceilings

So many skills with 5 tasks each (`equal`), with 1 to 30 tasks, or one with 30 and the others with 1 to 5
(`one large`). Rates of the four arms: {_levels()}. Skills differ by a Beta distribution around these.
{measured.designs[0].n_studies:,} studies each; a rate of 95 % is then known to ± {_of_designs(measured):.1f}
pp. Each entry is the share of defined intervals that cover: procedural delta / lift / pass rate of the first
arm; in brackets the share of studies in which the lift has no interval, where there are any. `df`: degrees of
freedom with all tasks scored.

{_designs(measured.designs)}

{_lowest(measured.designs)}

## Power of a word

The first of so many lifts is as large as the smallest detectable effect that its claim states (the median
over studies); the others are null, or as large. `supported` is the share of {measured.power[0].n_studies:,}
studies in which it has that word. A family of four null lifts has any word of a resolved effect in
{_percent(measured.family_size)} of studies.

{_power(measured.power)}

## Missing rows

{measured.missing.n_studies:,} studies without a lift, in which {_whole(LOST)} of the rows of failed answers
under `curated` after SFT are left out of the scores. All of them are counted as unscored. The lift is
`supported` in {_percent(measured.missing.supported)} of the studies; in
{_percent(measured.missing.without_caveat)} it is so without the word that it hangs on missing verdicts.

## Errors on prose

No lift, but SFT takes ANSWER lines under `curated` from 40 to 100 % of the responses, and the judge misses
{_whole(MISSES)} of the right answers in prose. Labels are the responses with an ANSWER line, or {N_LABELS} of
all episodes drawn at random. {measured.prose[0].n_studies:,} studies.

{_prose(measured.prose)}
"""
    return "\n\n".join(_filled(paragraph) for paragraph in paragraphs.rstrip().split("\n\n")) + "\n"


def _filled(paragraph: str) -> str:
    """Prose in lines of equal length; tables, lists and headings as they are."""
    if paragraph.startswith(("|", "-", "#")):
        return paragraph
    return textwrap.fill(paragraph, 110, break_long_words=False, break_on_hyphens=False)


def _whole(share: float) -> str:
    return f"{100 * share:.0f} %"


def _list(found: Iterable[Claim]) -> str:
    return "\n".join(f"- {'holds' if claim.holds else '**does not hold**'}: {claim.text}" for claim in found)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 2) -> str:
    """A Markdown table; the first `words` columns are text."""
    rule = ["---"] * words + ["---:"] * (len(head) - words)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def _spread(half: float) -> str:
    return f"± {100 * half:.0f} pp"


def _points(values: Iterable[float]) -> str:
    return ", ".join(f"{100 * value:.0f}" for value in values)


def _rates(population: Population) -> str:
    named = zip(ARMS, population.rates, strict=True)
    return ", ".join(f"`{condition}` {_when(run)} {_whole(rate)}" for (run, condition), rate in named)


def _when(run: str) -> str:
    return "before" if run == "base" else "after"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _signed(value: float) -> str:
    return f"{100 * value:+.2f}".replace("-", "−")


def _coverage(rows: Iterable[Rate]) -> str:
    head = ("path", "effect", "truth, pp", "mean estimate, pp", "covered", f"first {FIRST:,}", "bootstrap")
    return _table(
        head,
        (
            (
                f"`{row.path}`",
                _NAMES[row.contrast],
                _signed(row.truth),
                _signed(row.mean_estimate),
                _percent(row.covered),
                _percent(row.covered_of_first),
                _percent(row.covered_by_bootstrap),
            )
            for row in rows
        ),
    )


def _flagged(rows: Iterable[Rate]) -> str:
    return _table(
        ("path", "effect", "flagged"),
        ((f"`{row.path}`", _NAMES[row.contrast], _percent(row.flagged)) for row in rows),
    )


def _judge() -> str:
    rows = zip(ARMS, DIFFERENTIAL.sensitivity, DIFFERENTIAL.specificity, strict=True)
    return _table(
        ("training", "condition", "sensitivity", "specificity"),
        (
            (_when(run), f"`{condition}`", _whole(first), _whole(second))
            for (run, condition), first, second in rows
        ),
    )


def _biases(rows: Iterable[Bias]) -> str:
    return _table(
        ("effect", "method", "truth, pp", "bias, pp", "its standard error", "covered"),
        (
            (
                _NAMES[row.contrast],
                f"`{row.method}`",
                _signed(row.truth),
                _signed(row.bias),
                f"{100 * row.bias_error:.2f}",
                _percent(row.covered),
            )
            for row in rows
        ),
    )


def _slopes(rows: Iterable[SlopeRow]) -> str:
    return _table(
        ("level", "estimator", "mean slope", "its standard error", "median", "interval without 0"),
        (
            (
                f"`{row.level}`",
                f"`{row.estimator}`",
                f"{row.mean:+.3f}".replace("-", "−"),
                f"{row.mean_error:.3f}",
                f"{row.median:+.3f}".replace("-", "−"),
                _percent(row.flagged),
            )
            for row in rows
        ),
    )


def _false_findings(rows: Iterable[Flagged]) -> str:
    return _table(("found though not so", "flagged"), ((row.test, _percent(row.flagged)) for row in rows), 1)


def _seeds(rows: Iterable[SeedCoverage]) -> str:
    def rate(value: float) -> str:
        return "" if value != value else _percent(value)

    return _table(
        (
            "seeds",
            "tiers",
            "between, pp",
            "covered",
            "given the seeds",
            "held",
            "differ",
            "equivalent",
            "not pooled",
        ),
        (
            (
                str(row.n_seeds),
                str(row.n_tiers),
                f"{100 * row.spread:g}",
                *map(rate, (row.covered, row.given_the_seeds, row.held)),
                *map(rate, (row.differ, row.equivalent, row.unpooled)),
            )
            for row in rows
        ),
    )


def _levels() -> str:
    return "; ".join(f"`{name}` {_points(rates)} %" for name, rates in RATES.items())


def _of_designs(measured: Measured) -> float:
    return 100 * 1.96 * (0.95 * 0.05 / measured.designs[0].n_studies) ** 0.5


def _designs(rows: Sequence[Cell]) -> str:
    by_place = {(row.sizes, row.n_skills, row.rates, row.effect): row for row in rows}

    def entry(kind: str, n_skills: int, level: str) -> str:
        found = [by_place[kind, n_skills, level, name] for name in ("procedural delta", "lift", "pass rate")]
        missing = f" ({_percent(found[1].undefined)})" if found[1].undefined >= 0.0005 else ""
        return " / ".join(f"{100 * row.covered:.1f}" for row in found) + missing

    return _table(
        ("sizes", "skills", "df", *RATES),
        (
            (
                kind,
                str(n_skills),
                f"{by_place[kind, n_skills, 'mid', 'lift'].degrees_of_freedom:.1f}",
                *(entry(kind, n_skills, level) for level in RATES),
            )
            for kind in KINDS
            for n_skills in FEW
        ),
    )


def _lowest(rows: Sequence[Cell]) -> str:
    near = min((row for row in rows if row.rates != "mid"), key=lambda row: row.covered)
    place = f"{near.effect} at `{near.rates}` with {near.n_skills} skills ({near.sizes})"
    return (
        "Near 0 and 1 few tasks pass or fail, and Student's t may cover less: least for the "
        f"{place}, {_percent(near.covered)}. The findings count the arms that leave no room to move."
    )


def _power(rows: Iterable[Power]) -> str:
    return _table(
        ("lifts", "the others", "skills", "stated effect, SD between skills", "supported"),
        (
            (
                str(row.n_tests),
                row.rest if row.n_tests > 1 else "",
                str(row.n_skills),
                f"{row.stated:.2f}",
                _percent(row.supported),
            )
            for row in rows
        ),
    )


def _prose(rows: Iterable[Prose]) -> str:
    return _table(
        ("labels", "method", "mean lift, pp", "covers 0"),
        ((row.labels, f"`{row.method}`", _signed(row.mean), _percent(row.covered)) for row in rows),
    )
