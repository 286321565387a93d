"""The whole analysis of a study in one call: from scores, tasks and responses to its tables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from skillift.contracts import pa
from skillift.contracts.analysis import EFFECTS, PASS_RATES
from skillift.contracts.claims import CLAIMS, SEED_VARIANCE
from skillift.contracts.pipeline import key_of
from skillift.contracts.scoring_audit import LABELLED_BY
from skillift.errors import UserError, problem
from skillift.processes.progress import Progress, part
from skillift.protocols import MAIN, PROTOCOL, of_protocol, with_protocol
from skillift.statistics.agreement import agreement
from skillift.statistics.answer_lines import with_answer_lines
from skillift.statistics.asymmetry import SPLITS, asymmetry
from skillift.statistics.bounds import bounds
from skillift.statistics.claims import at_level_of_claims, claims
from skillift.statistics.contrasts import differences
from skillift.statistics.corrected_effects import corrected_effects
from skillift.statistics.courses import courses
from skillift.statistics.effects import effects
from skillift.statistics.forecast import forecast_skills
from skillift.statistics.format_cells import format_cells
from skillift.statistics.joint_model import joint_model
from skillift.statistics.judge_errors import judge_errors
from skillift.statistics.judge_shift import judge_shift
from skillift.statistics.labels import exact_labels, given_labels, judged_and_labelled
from skillift.statistics.metric_tables import of_metric_alone
from skillift.statistics.metric_values import metric_values
from skillift.statistics.mixed_paths import mixed_paths
from skillift.statistics.pairing import task_values, with_skills
from skillift.statistics.pass_rates import pass_rates
from skillift.statistics.path_audit import path_shift
from skillift.statistics.protocol_tables import of_one, other_protocols
from skillift.statistics.sampling import sampling_claims
from skillift.statistics.sampling_budgets import sampling_budgets
from skillift.statistics.seed_variance import about_recipes, seed_variance
from skillift.statistics.skill_effects import skill_effects
from skillift.statistics.tier_spread import tier_spreads
from skillift.statistics.variants import variant_counts, variant_differences

if TYPE_CHECKING:
    from skillift.settings.analysis_specs import Analysed
    from skillift.settings.publication_specs import DeclaredRun


class Analysis(NamedTuple):
    """The tables of `analysis/`, each keeping the contract of its name in capitals."""

    pass_rates: pl.DataFrame
    effects: pl.DataFrame
    skill_effects: pl.DataFrame
    seed_variance: pl.DataFrame
    joint_model: pl.DataFrame
    claims: pl.DataFrame
    path_shift: pl.DataFrame
    mixed_paths: pl.DataFrame
    agreement: pl.DataFrame
    judge_shift: pl.DataFrame
    bounds: pl.DataFrame
    judge_errors: pl.DataFrame
    corrected_effects: pl.DataFrame
    asymmetry: pl.DataFrame
    format_cells: pl.DataFrame
    tier_spreads: pl.DataFrame
    variants: pl.DataFrame
    courses: pl.DataFrame
    forecast: pl.DataFrame  # without rows where none is declared
    sampling_budgets: pl.DataFrame  # likewise


# in the order of `OfMetric`
_BY_PROTOCOL = {
    "pass_rates": PASS_RATES,
    "effects": EFFECTS,
    "seed_variance": SEED_VARIANCE,
    "claims": CLAIMS,
}


def analyse(
    scores: pl.DataFrame,
    tasks: pl.DataFrame,
    response_frame: pl.DataFrame,
    settings: Analysed,
    runs: list[DeclaredRun],
    labels: pl.DataFrame | None = None,
    discrimination: pl.DataFrame | None = None,
    intervened: pl.DataFrame | None = None,
) -> Analysis:
    """All tables of the analysis.

    Args:
        scores: contract SCORES.
        tasks: contract TASKS.
        response_frame: the frames of `pass_rates.responses` of all runs, or `no_responses()`. Where a study
            declares protocols, both have their column, and so have the tables of `_BY_PROTOCOL`; the others
            are of `main` alone.
        settings: how effects are estimated.
        runs: as in `contrasts.differences`.
        labels: contract LABELS, to count the judges' errors on; where left out, `labels.exact_labels`.
        discrimination: contract DISCRIMINATION with the column `student`, where a forecast is declared.
        intervened: the frame of `interventions.interventions_of`, where the study asks for interventions.

    Raises:
        UserError: a margin is of no claim, a scored task is unknown, a scored run undeclared, or an episode
            labelled that is not scored.
    """
    _refuse_undeclared(scores, runs)
    responses = of_protocol(response_frame)
    of_main = (of_protocol(scores), tasks, responses, settings, runs)
    found = _analysed(*of_main, labels, discrimination, intervened)
    budgets = settings.sampling_budgets
    several = []  # protocols with several samples
    if budgets and scores["sample"].max() and of_protocol(scores)["sample"].max():
        several = [of_one(MAIN, of_protocol(scores), tasks, responses, runs, settings)]
        of_samples = [*sampling_claims(several[0], responses, runs, settings)]
        found = found._replace(claims=pl.concat([found.claims, *of_samples]).sort(key_of(CLAIMS)))
    if PROTOCOL not in scores.columns:
        return found._replace(sampling_budgets=sampling_budgets(several, settings))
    main = {name: with_protocol(getattr(found, name), MAIN) for name in _BY_PROTOCOL}
    parts = {name: [main[name]] for name in _BY_PROTOCOL}
    for protocol in other_protocols(scores, tasks, response_frame, runs, settings):
        several.append(protocol)
        for tables in protocol.tables.values():
            for name, table in zip(_BY_PROTOCOL, tables, strict=True):
                parts[name].append(with_protocol(table, protocol.name))
        told = of_protocol(response_frame, protocol.name)
        for claimed in sampling_claims(protocol, told, runs, settings):
            parts["claims"].append(with_protocol(claimed, protocol.name))
    return found._replace(
        sampling_budgets=sampling_budgets(several, settings),
        **{
            name: pl.concat(parts[name], how="diagonal").sort(key_of(schema, parts[name][0]))
            for name, schema in _BY_PROTOCOL.items()
        },
    )


def _analysed(
    scores: pl.DataFrame,
    tasks: pl.DataFrame,
    response_frame: pl.DataFrame,
    settings: Analysed,
    runs: list[DeclaredRun],
    labels: pl.DataFrame | None,
    discrimination: pl.DataFrame | None,
    intervened: pl.DataFrame | None,
) -> Analysis:
    """The tables of one protocol: `main`, or the only one; arguments as in `analyse`."""
    confidence, bootstrap = settings.confidence, (settings.bootstrap_samples, settings.seed)
    known = with_skills(scores, tasks)
    values = task_values(known)
    labelled = exact_labels(known, response_frame) if labels is None else given_labels(labels, known)
    judged = judged_and_labelled(known, labelled)
    found = [*differences(values, runs), *variant_differences(values, tasks, runs)]
    skills = forecast_skills(values, discrimination, runs)
    with Progress("analysing", len(Analysis._fields) - 2, "table") as progress:

        def made(function: Callable[..., pl.DataFrame], *arguments: object) -> pl.DataFrame:
            progress.notes = (f"at {function.__name__}",)
            with part(f"table {progress.done + 1} of {progress.total} ({function.__name__})"):
                table = function(*arguments)
            progress.notes = ()
            progress.advance()
            return table

        given_seeds = made(effects, found, confidence, *bootstrap)
        seeds = made(seed_variance, given_seeds, runs, confidence)
        estimates = about_recipes(given_seeds, runs, ["path", "suite", "contrast"], confidence)
        claimed = made(claims, values, found, estimates, seeds, runs, settings, skills)
        others = [
            of_metric_alone(name, of_it, response_frame, runs, settings, tasks)
            for name, of_it in metric_values(known, tasks, response_frame, intervened)
        ]
        by = LABELLED_BY[labels is not None]
        corrected = made(corrected_effects, judged, runs, confidence, *bootstrap, by)
        rates = made(pass_rates, values, response_frame, confidence)
        return Analysis(
            pass_rates=_with(PASS_RATES, rates, (each.rates for each in others)),
            effects=_with(EFFECTS, at_level_of_claims(estimates, claimed), (each.effects for each in others)),
            skill_effects=made(skill_effects, found, confidence),
            seed_variance=_with(SEED_VARIANCE, seeds, (each.seeds for each in others)),
            joint_model=made(joint_model, values, found, seeds, runs, confidence),
            claims=with_answer_lines(
                _with(CLAIMS, claimed, (each.claims for each in others)), response_frame, runs
            ),
            path_shift=made(path_shift, known, response_frame, confidence),
            mixed_paths=made(mixed_paths, values, runs, confidence),
            agreement=made(agreement, known, confidence, *bootstrap),
            judge_shift=made(judge_shift, found, runs, confidence),
            bounds=made(bounds, values, runs, confidence, corrected.filter(method="uncorrected")),
            judge_errors=made(judge_errors, judged, confidence),
            corrected_effects=with_answer_lines(corrected, response_frame, runs),
            asymmetry=made(asymmetry, values, runs, confidence, settings.splits or SPLITS, settings.seed),
            format_cells=made(format_cells, known, response_frame, confidence),
            tier_spreads=made(tier_spreads, found, seeds, runs, confidence),
            variants=made(variant_counts, tasks, settings.changes or [], settings.varied),
            courses=made(courses, rates, response_frame, runs),
            forecast=skills,
            sampling_budgets=sampling_budgets([], settings),
        )


def _with(
    schema: pa.DataFrameSchema, of_pass: pl.DataFrame, of_others: Iterable[pl.DataFrame]
) -> pl.DataFrame:
    return pl.concat([of_pass, *of_others]).sort(key_of(schema))


def _refuse_undeclared(scores: pl.DataFrame, runs: list[DeclaredRun]) -> None:
    """Raise a UserError where scores are of runs that the study does not declare."""
    declared = {(run.student, run.run) for run in runs}
    found = scores.select("student", "run").unique().sort("student", "run").rows()
    unknown = [f"{student}/{run}" for student, run in found if (student, run) not in declared]
    if unknown:
        expected = ", ".join(sorted(f"{student}/{run}" for student, run in declared)) or "none"
        raise UserError(
            problem(
                "scores, columns student and run",
                unknown[:5],
                f"the runs that the study declares ({expected})",
                f"{len(unknown)} are not declared: add them to the study's runs, or leave their rows out.",
            )
        )
