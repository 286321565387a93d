r"""Plan a study before anything is spent: what each design would resolve, what it costs, and which to take.

    python workflow_scripts/study/plan.py --study studies/embedded.yaml --effect 0.05
    python workflow_scripts/study/plan.py --study studies/next.yaml --from results/embedded

For numbers of tasks, skills, samples and training seeds it prints the standard error and the smallest
detectable effect of the procedural delta, the lift and the difference of two lifts, with the USD of calls
and the hours of the device, and recommends the cheapest design that resolves the study's
`analysis.effect_of_interest`, or `--effect`. Variances come from an earlier study's results (`--from`), or
from stated defaults. Hours come from the benchmarks among those results, or from declared rates.

No rule calls this; it makes no call and needs no key. Writes `designs.csv` (fractions) and `plan.json` into
`--out`.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import run
from skillift.episodes.study_tasks import tasks_of
from skillift.errors import UserError, problem
from skillift.ledger.entries import FILE as LEDGER
from skillift.ledger.looks import next_level
from skillift.planning.costs import CallCosts, DeviceWork
from skillift.planning.designs import default_axes, design_table, grid, plan, recommend
from skillift.planning.evidence import (
    Evidence,
    family_note,
    from_defaults,
    from_results,
    look_note,
    most_skills,
    own_design,
    own_families,
    suite_notes,
)
from skillift.planning.forecast import foreseen
from skillift.planning.plan_text import (
    component_rows,
    cost_notes,
    design_rows,
    print_whole,
    recommendation_text,
)
from skillift.preflight.precision import precision_notes
from skillift.running.project_settings import add_options, settings
from skillift.statistics.power import DELTAS_IN, DISCORDANT_SHARES, Design
from skillift.study.study import Study
from skillift.tables import atomic_path, write_json

_NO_EFFECT = (
    "No effect is declared that is to be resolved: analysis.effect_of_interest in the study, or --effect."
)


def main(argv: list[str] | None = None) -> None:
    """Plan, print and save.

    Raises:
        UserError: the study or the earlier results are wrong, or leave something undefined.
    """
    from rich.console import Console

    options = _parser().parse_args(argv)
    found_settings = settings(options.study, options.directory)
    study = found_settings.study
    analysis = study.data["analysis"]
    place = Path(found_settings.folder, found_settings.config["state"], study.name)
    look, alpha = next_level(analysis["confidence"], place / LEDGER)
    confidence = 1 - alpha
    tasks, skills = tasks_of(study)
    options.suite = options.suite or study.headline_suite
    own = own_design(study, tasks, options.suite)
    designs = _designs(study, own, options)
    evidence = _evidence(study, options)
    rates = evidence.rates.updated(*_declared_rates(study, options))
    calls, work = CallCosts(study, tasks, skills, own.n_tasks), DeviceWork.of(study, tasks, own.n_tasks)
    families = own_families(study)
    declared, *planned = plan([own, *designs], evidence.scenarios, confidence, calls, work, rates, families)
    found, verdict = None, _NO_EFFECT
    if effect := options.effect or analysis.get("effect_of_interest"):
        scenarios = evidence.scenarios
        wanted = options.contrast, effect, scenarios, confidence, options.usd_per_hour, families
        found = recommend(planned, *wanted)
        verdict = recommendation_text(found, declared, options.usd_per_hour)
    notes = [look_note(look, alpha), family_note(families), *suite_notes(options.suite), *evidence.notes]
    path = options.path or analysis["headline_path"]
    notes += foreseen(study, found_settings.results, options.earlier, path, confidence)
    notes += cost_notes(calls.unknown, work.unknown(rates))
    notes += precision_notes(study, Path(found_settings.folder, found_settings.config["results"]))

    console = Console(highlight=False, markup=False)
    chosen = found.chosen.design if found and found.chosen else None
    if evidence.room:  # before anything on power
        verdict = f"{evidence.room} {verdict}"
        console.print(f"{evidence.room}\n", style="bold")
    print_whole(console, partial(component_rows, evidence.scenarios))
    print_whole(console, partial(design_rows, planned, own, chosen, confidence))
    console.print("\n" + "\n".join(f"- {note}" for note in notes) + f"\n\n{verdict}\n")
    folder = options.out or found_settings.results / "plan"
    with atomic_path(folder / "designs.csv") as temporary:
        design_table(planned).write_csv(temporary)
    record = {
        "study": study.name,
        "declared_design": own._asdict(),
        "confidence": confidence,
        "look": look,
        "families": dict(families.n_tests),
        "scenarios": {
            name: {contrast: asdict(parts) for contrast, parts in contrasts.items()}
            for name, contrasts in evidence.scenarios.items()
        },
        "measured": [asdict(place) for place in evidence.measured],
        "notes": notes,
        "recommendation": found and found.as_record(),
        "verdict": verdict,
    }
    write_json(record, folder / "plan.json")
    console.print(f"Written: {folder / 'designs.csv'} and plan.json beside it", soft_wrap=True)


def _designs(study: Study, own: Design, options: argparse.Namespace) -> list[Design]:
    temperature = study.data["inference"]["temperature"]
    axes = default_axes(own, temperature, most_skills(study, options.suite))
    axes |= {name: given for name in axes if (given := getattr(options, name))}
    if temperature == 0 and max(axes["samples"]) > 1:
        expected = "1: with inference.temperature 0 all samples of a task are equal"
        raise UserError(
            problem("--samples", max(axes["samples"]), expected, "Declare a temperature above 0.")
        )
    return grid(**axes)


def _evidence(study: Study, options: argparse.Namespace) -> Evidence:
    if not options.earlier:
        return from_defaults(options.discordant, options.skill_correlation, options.sampling_share)
    analysis, precision = study.data["analysis"], study.data["inference"]["precision"]
    path = options.path or analysis["headline_path"]
    return from_results(options.earlier, path, options.suite, precision, analysis["confidence"])


def _declared_rates(study: Study, options: argparse.Namespace) -> tuple[dict[str, float], dict[str, float]]:
    """Hours of a training and of an episode, by model; one without a name is for all that have none."""
    tables = []
    for option, given in (
        ("--training-hours", options.training_hours),
        ("--episodes-per-hour", options.episodes_per_hour),
    ):
        common, named = ({name: value for name, value in given if bool(name) is own} for own in (False, True))
        if unknown := sorted(set(named) - set(study.evaluated)):
            raise UserError(problem(option, unknown, f"students of the study: {study.evaluated}"))
        tables.append({name: value for value in common.values() for name in study.evaluated} | named)
    hours, per_hour = tables
    return hours, {name: 1 / rate for name, rate in per_hour.items()}


def _number(expected: str, accepts: Callable[[float], bool]) -> Callable[[str], float]:
    """A parser of numbers that `accepts`; for use as an argparse type."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and accepts(value)):
            raise argparse.ArgumentTypeError(f"found {text!r}, expected {expected}")
        return value

    return parse


def _rate(text: str) -> tuple[str | None, float]:
    """`NUMBER` or `STUDENT=NUMBER`; for use as an argparse type."""
    name, _, number = text.rpartition("=")
    return name or None, _number("NUMBER or STUDENT=NUMBER, above 0", lambda value: value > 0)(number)


_share = _number("a fraction such as 0.05", lambda value: 0 < value <= 1)
_part = _number("a fraction from 0 to 1", lambda value: 0 <= value <= 1)
_usd = _number("a price in USD", lambda value: value >= 0)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"found {text!r}, expected a whole number from 1")
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add_options(parser)
    add("--from", dest="earlier", type=Path, metavar="RESULTS", help="an earlier study: its results folder")
    add("--path", help="scoring path of the earlier study (default: the study's headline path)")
    add("--suite", help="suite that effects are measured on (default: the study's headline suite)")
    for name in ("tasks", "skills", "samples", "seeds"):
        add(f"--{name}", type=_count, nargs="+", metavar="N", help=f"numbers of {name} to plan for")
    add("--effect", type=_share, help="effect to resolve, a fraction (default: the study's)")
    add("--contrast", choices=list(DELTAS_IN), default="lift", help="whose effect (default: %(default)s)")
    add(
        "--discordant",
        type=_share,
        nargs="+",
        default=list(DISCORDANT_SHARES),
        metavar="SHARE",
        help="without --from: shares of discordant pairs (default: %(default)s)",
    )
    add(
        "--skill-correlation",
        type=_part,
        default=0.0,
        help="without --from: share of the variance between skills (default: %(default)s)",
    )
    add(
        "--sampling-share",
        type=_part,
        default=0.0,
        help="without --from: share of the rest that is sampling noise (default: %(default)s)",
    )
    add(
        "--training-hours",
        type=_rate,
        action="append",
        default=[],
        metavar="[STUDENT=]HOURS",
        help="device hours of one training",
    )
    add(
        "--episodes-per-hour",
        type=_rate,
        action="append",
        default=[],
        metavar="[STUDENT=]NUMBER",
        help="episodes of one device hour",
    )
    add("--usd-per-hour", type=_usd, default=0.0, help="price of a device hour, for the recommendation")
    add("--out", type=Path, help="folder for the files (default: results/<study>/plan)")
    return parser


if __name__ == "__main__":
    run(main)
