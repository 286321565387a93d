"""Findings on the judges: their certificates, how far they agree, what others would say, errors corrected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import polars as pl

from skillift.findings.finding import (
    Finding,
    FormatCaveat,
    by_tier,
    interval,
    largest,
    numbers_of,
    whose,
)
from skillift.reporting.arms import place
from skillift.reporting.certificates import certificate, headline_judge, totals, warnings
from skillift.reporting.column_text import UNDEFINED
from skillift.reporting.numbers import decimal, how_many, percent, points
from skillift.reporting.view import View
from skillift.statistics.answer_lines import moved
from skillift.statistics.contrasts import LIFT, contrast_name

DELTA = contrast_name("curated", "none")
_ZERO = 1e-9  # what a mean over runs may miss zero by
_HEADLINES = {LIFT + DELTA: "lift", DELTA: "procedural delta"}
# The first leads. Responses with an ANSWER line are right more often than others, which Rogan and Gladen's
# alone allows for; labels that were drawn at random are right as often, and then the other is less variable.
_METHODS = {"rogan_gladen": "Rogan-Gladen", "prediction_powered": "prediction-powered"}
_LEADS = {
    "answer_lines": ("rogan_gladen", "prediction_powered"),
    "given": ("prediction_powered", "rogan_gladen"),
}


def warned(certification: pl.DataFrame, view: View) -> Iterator[Finding]:
    """A warning where the judge behind the headline path errs more often than the study allows."""
    path = view.headline_path
    rests = "Tasks without an extractor rest" if path == "bench" else "Every verdict rests"
    for line in warnings(certification, view):
        sentence = f"{line}. {rests} on that judge on the path {path}."
        yield Finding("judge", "warning", sentence, path=path, figure="certification")


def certificates(certification: pl.DataFrame, view: View) -> Iterator[Finding]:
    """How often each judge erred on cases whose right verdict is known."""
    first = headline_judge(view)
    for name in sorted(set(certification["judge"]), key=lambda name: (name != first, name)):
        text = certificate(certification, name, view)
        yield Finding("judge", "certification", text, path=f"judge:{name}", figure="certification")


def agreement(table: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for each pair of judges: all runs together, kappa from the worst to the best, coverage."""
    rows = table.filter(condition="all", suite=view.suite)
    if rows.is_empty():
        return
    rows = place(rows, view, "judge agreement")
    for (judge_a, judge_b), pair in rows.group_by("judge_a", "judge_b", maintain_order=True):
        both_pass, both_fail, only_a, only_b = (
            int(pair[name].sum()) for name in ("both_pass", "both_fail", "only_a", "only_b")
        )
        same = both_pass + both_fail
        scored = same + only_a + only_b
        share = (
            f"{percent(same / scored)} of {how_many(scored, 'episode')}"
            if scored
            else f"{UNDEFINED} (0 episodes)"
        )
        known = pair.filter(pl.col("kappa").is_not_null()).sort("kappa", maintain_order=True)
        kappas = f"Cohen's kappa {UNDEFINED}"
        if known.height:
            ends = [_kappa(known.row(end, named=True), view) for end in (0, -1)]
            kappas = f"Cohen's kappa {' to '.join(dict.fromkeys(ends))}"
        lost = (
            f"{pair['n_unscored_a'].sum()} unscored by {judge_a}, {pair['n_unscored_b'].sum()} by {judge_b}"
        )
        sentence = (
            f"Judges {judge_a} and {judge_b}, same verdict: {share} that both scored; {lost}; {kappas}."
        )
        yield Finding("judge", "agreement", sentence, figure="judge_agreement")


def _kappa(row: Mapping, view: View) -> str:
    value, low, high = (
        None if row[name] is None else decimal(row[name]) for name in ("kappa", "kappa_low", "kappa_high")
    )
    limits = f"{low} to {high}" if low and high else UNDEFINED
    return f"{value} ({whose(row['student'], row['run'], view)}; {view.level} interval {limits})"


def judge_shifts(table: pl.DataFrame, view: View) -> Iterator[Finding]:
    """One sentence for each pair of judges: how many headlines keep their sign, which one moves furthest."""
    rows = table.filter(suite=view.suite)
    if rows.is_empty():
        return
    rows = _from_the_headline(place(rows, view, "judge shift").filter("headline"), view)
    for (judge_a, judge_b), pair in rows.group_by("judge_a", "judge_b", maintain_order=True):
        row = largest(pair, "shift")
        if row is None:
            continue
        # where both judges pass as many with and without, there is no direction to keep
        somewhere = pl.any_horizontal(pl.col("estimate_a", "estimate_b").abs() > _ZERO)
        known = pair.filter(somewhere)["same_direction"].drop_nulls()
        keep = "keeps its" if known.sum() == 1 else "keep their"
        kept = f"{known.sum()} of {len(known)} headlines {keep} direction"
        if len(known) < 2:
            kept = "no headline has a direction"
        if len(known) == 1:
            kept = f"the headline {'keeps' if known.all() else 'changes'} its direction"
        furthest = (
            f"the {_HEADLINES[row['contrast']]} {whose(row['student'], row['run'], view)} moves furthest, "
            f"from {points(row['estimate_a'])} to {points(row['estimate_b'])} (shift {points(row['shift'])}, "
            f"{interval(row['ci_low'], row['ci_high'], view.level)}; {view.nouns.sizes(row)}; paths "
            f"judge:{judge_a} and judge:{judge_b}; chosen after the fact)"
        )
        if points(row["shift"]) == points(0.0):
            furthest = "none moves by 0.1 pp or more"
        sentence = f"Under the judge {judge_b} instead of {judge_a}, {kept}; {furthest}."
        yield Finding("judge", "another judge", sentence, student=row["label"], figure="lift_by_path")


def _from_the_headline(rows: pl.DataFrame, view: View) -> pl.DataFrame:
    """Shifts from the judge of the headline path, where it is of the pair, to the other."""
    turned = pl.col("judge_b") == view.headline_path.removeprefix("judge:")
    both = ("judge", "estimate")
    names = {f"{name}_{one}": f"{name}_{other}" for name in both for one, other in ("ab", "ba")}
    signs = {"shift": "shift", "ci_low": "ci_high", "ci_high": "ci_low"}
    return rows.with_columns(
        *(pl.when(turned).then(other).otherwise(name).alias(name) for name, other in names.items()),
        *(pl.when(turned).then(-pl.col(other)).otherwise(name).alias(name) for name, other in signs.items()),
    )


def corrected(table: pl.DataFrame, certification: pl.DataFrame, view: View) -> Iterator[Finding]:
    """Each lift corrected for the headline judge's own errors; one sentence for all where none can be."""
    path = view.headline_path
    rows = table.filter(suite=view.suite, path=path, contrast=LIFT + DELTA)
    if rows.is_empty():
        return
    rows = place(rows, view, "corrected effects").filter("headline")
    methods = rows.filter(pl.col("method").is_in(list(_METHODS)))
    if methods["estimate"].is_null().all():
        reasons = "; ".join(dict.fromkeys(filter(None, methods["reason"]))) or "no labelled episodes"
        sentence = f"No lift can be corrected for the judge's own errors: {reasons}."
        yield Finding("judge", "corrected lift", sentence, path=path)
        return
    for _, group in rows.group_by("student", "run", maintain_order=True):
        by_method = {row["method"]: row for row in group.iter_rows(named=True)}
        yield _corrected(by_method, certification, view)


def _corrected(by_method: Mapping[str, Mapping], certification: pl.DataFrame, view: View) -> Finding:
    plain = by_method["uncorrected"]
    order = _LEADS[plain["labelled_by"]]
    told = [f"{_METHODS[key]} {_correction(by_method[key], view)}" for key in order]
    before = UNDEFINED if plain["estimate"] is None else points(plain["estimate"])
    labelled = how_many(max(row["n_labelled"] for row in by_method.values()), "labelled episode")
    of_format = plain["labelled_by"] == "answer_lines" and moved(plain)
    kind = "errors on ANSWER lines" if of_format else "errors"
    sentence = (
        f"Lift {whose(plain['student'], plain['run'], view)}, corrected for the judge's own {kind} on "
        f"{labelled}: {'; '.join(told)}; as judged {before} ({view.nouns.counts(plain)})."
    )
    if of_format:
        sentence += (
            f" {format_moves(plain)}, and a response without one has no label: this correction cannot see "
            f"errors on prose. {_missed(certification, plain['path'])}Labels of random episodes (--labels) "
            f"would "
            "show them."
        )
    numbers = numbers_of(by_method[order[0]])
    return Finding(
        "judge", "corrected lift", sentence, "", plain["path"], plain["label"], "corrected_lift", numbers
    )


def format_moves(row: Mapping) -> str:
    """That the share of ANSWER lines differs between the arms of an effect."""
    shares = f"{percent(row['answer_lines_low'])} to {percent(row['answer_lines_high'])}"
    return f"Between its arms the share of responses with an ANSWER line varies from {shares}"


def _missed(certification: pl.DataFrame, path: str) -> str:
    """How often a path's judge failed certification cases that must pass."""
    rows = [row for row in totals(certification, path.removeprefix("judge:")) if row["error"] == "false_fail"]
    if not rows or rows[0]["rate"] is None:
        return ""
    return f"In its certification the judge failed {percent(rows[0]['rate'])} of the cases that must pass. "


def format_caveats(claims: pl.DataFrame, certification: pl.DataFrame, view: View) -> Iterator[Finding]:
    """A sentence for each lift of the headline path between whose arms the share of ANSWER lines changes.

    None for a lift that is zero or undefined: no part of it can be one of format.
    """
    path = view.headline_path
    rows = claims.filter(path=path, suite=view.suite, claim="lift")
    for row in by_tier(rows, view).iter_rows(named=True):
        if not moved(row) or row["estimate"] is None or points(row["estimate"]) == points(0.0):
            continue
        reads = "The extractor reads no prose, so the lift may be one of format."
        if path != "bench":
            missed = _missed(certification, path)
            reads = "Where the judge misses right answers in prose, a part of the lift is one of format."
            reads = f"{reads} {missed}".strip()
        moves = format_moves(row)
        lift = whose(row["student"], row["run"], view)
        sentence = f"Lift {lift}: {moves[0].lower()}{moves[1:]}. {reads}"
        caveat = FormatCaveat(lift, row["answer_lines_low"], row["answer_lines_high"], reads)
        label = view.label_by_student[row["student"]]
        yield Finding(
            "resolved", "format", sentence, path=path, student=label, figure="path_audit", caveat=caveat
        )


def _correction(row: Mapping, view: View) -> str:
    if row["estimate"] is None:
        return f"{UNDEFINED} ({row['reason']})" if row["reason"] else UNDEFINED
    return f"{points(row['estimate'])} ({interval(row['ci_low'], row['ci_high'], view.level)})"
