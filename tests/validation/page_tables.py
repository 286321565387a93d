"""The tables of the page docs/explanation/validation.md, and the phrases of its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from validation.asymmetry import Slopes as SlopeRow
from validation.claim_checks import Checked
from validation.claims import Claim, Measured
from validation.coverage import FIRST, Rate
from validation.depth import Depths
from validation.designs import FEW, KINDS, RATES, Cell
from validation.equivalence_claims import Flagged
from validation.families import Family
from validation.judges import DIFFERENTIAL, Bias
from validation.looks import SKILLS, Looked
from validation.missing import Prose
from validation.power import Power
from validation.seeds import SeedCoverage
from validation.studies import ARMS, Population
from validation.tier_claims import PATTERN

NAMES = {"curated-none": "procedural delta", "lift:curated-none": "lift"}


def whole(share: float) -> str:
    return f"{100 * share:.0f} %"


def told(found: Iterable[Claim]) -> str:
    return "\n".join(f"- {'holds' if claim.holds else '**does not hold**'}: {claim.text}" for claim in found)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], words: int = 2) -> str:
    """A Markdown table; the first `words` columns are text."""
    rule = ["---"] * words + ["---:"] * (len(head) - words)
    return "\n".join(f"| {' | '.join(row)} |" for row in [head, rule, *rows])


def spread(half: float) -> str:
    return f"± {100 * half:.0f} pp"


def points(values: Iterable[float]) -> str:
    return ", ".join(f"{100 * value:.0f}" for value in values)


def rates(population: Population) -> str:
    named = zip(ARMS, population.rates, strict=True)
    return ", ".join(f"`{condition}` {when(run)} {whole(rate)}" for (run, condition), rate in named)


def when(run: str) -> str:
    return "before" if run == "base" else "after"


def percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def signed(value: float) -> str:
    return f"{100 * value:+.2f}".replace("-", "−")


def coverage(rows: Iterable[Rate]) -> str:
    head = ("path", "effect", "truth, pp", "mean estimate, pp", "covered", f"first {FIRST:,}", "bootstrap")
    return table(
        head,
        (
            (
                f"`{row.path}`",
                NAMES[row.contrast],
                signed(row.truth),
                signed(row.mean_estimate),
                percent(row.covered),
                percent(row.covered_of_first),
                percent(row.covered_by_bootstrap),
            )
            for row in rows
        ),
    )


def flagged(rows: Iterable[Rate]) -> str:
    return table(
        ("path", "effect", "flagged"),
        ((f"`{row.path}`", NAMES[row.contrast], percent(row.flagged)) for row in rows),
    )


def judge() -> str:
    rows = zip(ARMS, DIFFERENTIAL.sensitivity, DIFFERENTIAL.specificity, strict=True)
    return table(
        ("training", "condition", "sensitivity", "specificity"),
        (
            (when(run), f"`{condition}`", whole(first), whole(second))
            for (run, condition), first, second in rows
        ),
    )


def biases(rows: Iterable[Bias]) -> str:
    return table(
        ("effect", "method", "truth, pp", "bias, pp", "its standard error", "covered"),
        (
            (
                NAMES[row.contrast],
                f"`{row.method}`",
                signed(row.truth),
                signed(row.bias),
                f"{100 * row.bias_error:.2f}",
                percent(row.covered),
            )
            for row in rows
        ),
    )


def slopes(rows: Iterable[SlopeRow]) -> str:
    return table(
        ("level", "estimator", "mean slope", "its standard error", "median", "interval without 0"),
        (
            (
                f"`{row.level}`",
                f"`{row.estimator}`",
                f"{row.mean:+.3f}".replace("-", "−"),
                f"{row.mean_error:.3f}",
                f"{row.median:+.3f}".replace("-", "−"),
                percent(row.flagged),
            )
            for row in rows
        ),
    )


def false_findings(rows: Iterable[Flagged]) -> str:
    return table(("found though not so", "flagged"), ((row.test, percent(row.flagged)) for row in rows), 1)


def seeds(rows: Iterable[SeedCoverage]) -> str:
    def rate(value: float) -> str:
        return "" if value != value else percent(value)

    return table(
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


def levels() -> str:
    return "; ".join(f"`{name}` {points(rates)} %" for name, rates in RATES.items())


def of_designs(measured: Measured) -> float:
    return 100 * 1.96 * (0.95 * 0.05 / measured.designs[0].n_studies) ** 0.5


def designs(rows: Sequence[Cell]) -> str:
    by_place = {(row.sizes, row.n_skills, row.rates, row.effect): row for row in rows}

    def entry(kind: str, n_skills: int, level: str) -> str:
        found = [by_place[kind, n_skills, level, name] for name in ("procedural delta", "lift", "pass rate")]
        undefined = [row.undefined for row in found[:2]]
        told = " / ".join(f"{100 * row.covered:.1f}" for row in found)
        if max(undefined) < 0.0005:
            return told
        return f"{told} ({' / '.join(f'{100 * share:.1f}' for share in undefined)})"

    return table(
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


def lowest(rows: Sequence[Cell]) -> str:
    effects = [row for row in rows if row.rates != "mid" and row.effect != "pass rate"]
    near = min(effects, key=lambda row: row.covered)
    place = f"{near.effect} at `{near.rates}` with {near.n_skills} skills ({near.sizes})"
    return (
        "Near 0 and 1 few tasks differ between arms, and the clustered standard error is small where the "
        "estimate is small. Below 10 tasks, and an eighth of all, it is at least that of Bonett and Price "
        "(statistics.md): without it five of these cells covered 90 to 93 %. Least now covers the "
        f"{place}, {percent(near.covered)}. The findings count the arms that leave no room to move."
    )


def power(rows: Iterable[Power]) -> str:
    return table(
        ("lifts", "the others", "skills", "stated effect, SD between skills", "supported"),
        (
            (
                str(row.n_tests),
                row.rest if row.n_tests > 1 else "",
                str(row.n_skills),
                f"{row.stated:.2f}",
                percent(row.supported),
            )
            for row in rows
        ),
    )


def prose(rows: Iterable[Prose]) -> str:
    return table(
        ("labels", "method", "mean lift, pp", "covers 0"),
        ((row.labels, f"`{row.method}`", signed(row.mean), percent(row.covered)) for row in rows),
    )


def looks(rows: Sequence[Looked]) -> str:
    return table(
        ("looks", "skills at the last", "each at 5 %", "sharing 5 %"),
        (
            (str(row.n_looks), str(skills), percent(row.each_at_alpha), percent(row.sharing_alpha))
            for row, skills in zip(rows, SKILLS, strict=True)
        ),
        words=0,
    )


def families(found: list[Family]) -> str:
    rows = [(f"`{row.claim}`", str(row.n_claims), percent(row.flagged)) for row in found]
    return table(["claim", "claims of a study", "false words"], rows, words=1)


def pattern() -> str:
    return ", ".join(f"{100 * delta:+.1f}".replace("-", "\u2212") for delta in PATTERN.values()) + " pp"


def further(rows: Iterable[Checked]) -> str:
    def share(value: float | None) -> str:
        return "" if value is None else percent(value)

    of_suites = (
        "transfer",
        "retention",
        "transfer_by_tier",
        "side_cost",
        "brittleness",
        "constraint_ceiling",
        "forecast_beyond_base",
    )
    of_samples = ("sampling_budget", "sampling_budget_where_able", "faithfulness")
    in_pp = ("format_before_correctness", *of_suites, *of_samples)
    factors = dict.fromkeys(in_pp, 100) | {"dominated_by_base": 1e4}
    return table(
        ("claim", "supported", "any word", "covered", "stated effect", "covered there", "power"),
        (
            (
                f"`{row.claim.partition(',')[0]}`{''.join(row.claim.partition(',')[1:])}",
                percent(row.supported),
                percent(row.resolved),
                share(row.covered),
                f"{factors.get(row.claim.partition(',')[0], 1) * row.stated:.2f}",
                share(row.covered_effect),
                percent(row.power),
            )
            for row in rows
        ),
        words=1,
    )


def depths(found: Depths) -> str:
    return table(
        ("course", "declared steps flag", "the lowest one seen flags"),
        (
            ("flat", percent(found.flat), percent(found.lowest)),
            (
                "flat but for the last step, which is certainly above all others",
                percent(found.null),
                percent(found.lowest_at_null),
            ),
        ),
        words=1,
    )
