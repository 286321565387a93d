"""What the planner prints: the table of designs, what it rests on, and its recommendation, in words.

Effects are percentage points here, as in all prose and tables; unknown costs read `unknown`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from skillift.planning.designs import Planned, Recommendation, Scenarios
from skillift.reporting.numbers import detectable
from skillift.statistics.intervals import POWER
from skillift.statistics.power import Design

NAMES = {
    "procedural_delta": "procedural delta",
    "lift": "lift",
    "lift_difference": "difference of two lifts",
}
_PADDING = (0, 0, 0, 1)
_SHORT = {"procedural_delta": "delta", "lift": "lift", "lift_difference": "lift - lift"}
_COMPONENTS = {
    "skill": "skills",
    "task": "tasks",
    "sample_base": "samples before",
    "sample_trained": "samples after",
    "seed_task": "seeds by task",
    "seed": "seeds",
}


def design_rows(
    planned: Iterable[Planned], own: Design, chosen: Design | None, confidence: float, narrow: bool = False
) -> Table:
    """The designs as a table for the terminal; a range runs over the scenarios.

    `narrow`: the two numbers of an effect stand below each other.
    """
    table = Table(
        title="Designs: standard error / smallest detectable effect, percentage points",
        caption=f"words at {1 - confidence:.2g}, {100 * POWER:.0f} % power; * as declared, > recommended",
        box=SIMPLE_HEAD,
        padding=_PADDING,
    )
    for name in ("", "tasks", "skills", "samples", "seeds", *_SHORT.values(), "USD", "hours"):
        head = name.replace(" - ", " -\n") if narrow else name
        table.add_column(head, justify="right", no_wrap=True)
    table.show_edge = not narrow
    for entry in planned:
        mark = ("*" if entry.design == own else "") + (">" if entry.design == chosen else "")
        effects = [_errors(entry, contrast, " /\n" if narrow else " / ") for contrast in _SHORT]
        costs = [_known(entry.usd), _known(entry.device_hours)]
        numbers = [f"{number:,}" for number in entry.design]
        table.add_row(mark, *numbers, *effects, *costs, style="bold" if mark else None)
    return table


def _errors(entry: Planned, contrast: str, between: str) -> str:
    found = [value for (_, name), value in entry.precision.items() if name == contrast]
    errors, effects = ([100 * getattr(value, key) for value in found] for key in ("standard_error", "mde"))
    return f"{_range(errors)}{between}{_range(effects)}"


def _range(values: Sequence[float]) -> str:
    low, high = f"{min(values):.1f}", f"{max(values):.1f}"
    return low if low == high else f"{low}\u2013{high}"


def _known(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.2f}"


def component_rows(scenarios: Scenarios, narrow: bool = False) -> Table:
    """The variance components of every scenario, for the terminal; `narrow`: with a head of two lines."""
    table = Table(
        title="Standard deviations of one task's value by source, percentage points",
        caption="-: not known apart: counted with a coarser source, or (seeds) left out",
        box=SIMPLE_HEAD,
        padding=_PADDING,
    )
    for name in ("scenario", "contrast"):
        table.add_column(name, no_wrap=True)
    for name in _COMPONENTS.values():
        head = name.replace(" ", "\n") if narrow else name
        table.add_column(head, justify="right", no_wrap=True)
    for scenario, contrasts in scenarios.items():
        for contrast, components in contrasts.items():
            values = asdict(components)
            cells = [
                "-" if values[name] is None else f"{100 * values[name] ** 0.5:.1f}" for name in _COMPONENTS
            ]
            table.add_row(scenario, _SHORT[contrast], *cells)
    return table


def print_whole(console: Console, table: Callable[[bool], Table]) -> None:
    """Print a table with no number cut: in its narrow form where the other is too wide for the console.

    Args:
        console: where to.
        table: makes it; called with whether it is to be narrow.
    """
    wide, narrow = (table(narrow) for narrow in (False, True))
    endless = console.options.update(width=1_000)
    chosen = wide if console.measure(wide, options=endless).maximum <= console.width else narrow
    width = console.width
    console.width = max(width, console.measure(chosen, options=endless).maximum)
    console.print(chosen)
    console.width = width


def design_text(design: Design) -> str:
    """How many tasks, skills, samples and seeds a design has, in words."""
    samples = "sample" if design.samples == 1 else "samples"
    seeds = "training seed" if design.seeds == 1 else "training seeds"
    return (
        f"{design.n_tasks:,} tasks in {design.n_skills:,} skills, {design.samples} {samples} each, "
        f"{design.seeds} {seeds}"
    )


def recommendation_text(found: Recommendation, own: Planned, usd_per_hour: float) -> str:
    """The recommendation in sentences; where nothing resolves the effect, by how much, and what would."""
    name, effect = NAMES[found.contrast], f"{100 * found.effect:.1f} pp"
    declared = f"As declared ({design_text(own.design)}) it is {_mde(own, found.contrast)}."
    if found.chosen:
        rate = f" at {usd_per_hour:g} USD for a device hour" if usd_per_hour else ""
        return (
            f"The cheapest design of these that resolves a {name} of {effect}{rate}: "
            f"{design_text(found.chosen.design)}. The smallest detectable effect is then "
            f"{_mde(found.chosen, found.contrast)}, for {_costs(found.chosen)}. {declared}"
        )
    closest = found.closest
    excess = 100 * (closest.mde(found.contrast) - found.effect)
    return (
        f"None of these designs resolves a {name} of {effect}. The closest is "
        f"{design_text(closest.design)}: the smallest detectable effect is then "
        f"{_mde(closest, found.contrast)}, {excess:.1f} pp too large, for {_costs(closest)}. "
        f"{_what_would(found)} {declared}"
    )


def _what_would(found: Recommendation) -> str:
    if found.skills_needed is None:
        return "No number of tasks or skills would do: trainings differ too much. More seeds are needed."
    per_skill = found.closest.design.n_tasks // found.closest.design.n_skills
    skills = f"{found.skills_needed:,} skills with {per_skill} tasks each"
    if found.many_tasks > found.effect:
        return f"With tasks without end it would still be {100 * found.many_tasks:.1f} pp; {skills} would do."
    return f"More tasks of these skills would do, or {skills}."


def _mde(entry: Planned, contrast: str) -> str:
    return detectable(entry.mde(contrast))


def _costs(entry: Planned) -> str:
    usd = "USD unknown" if entry.usd is None else f"{entry.usd:,.2f} USD"
    if entry.device_hours is None:
        return f"{usd}, device hours unknown ({entry.n_trainings} trainings, {entry.n_episodes:,} episodes)"
    return f"{usd} and {entry.device_hours:,.2f} device hours"


def cost_notes(unknown_prices: Sequence[str], unknown_rates: Sequence[str]) -> list[str]:
    """What USD and hours rest on, and whose are unknown."""
    notes = [
        "USD are at most: calls as estimate_costs.py counts them; demonstrations and certification as "
        "declared. Device hours are those of training and answering; pre-training is no part of a design.",
    ]
    if unknown_prices:
        notes.append(f"USD are unknown: nobody knows the price of {', '.join(unknown_prices)} (`price`).")
    if unknown_rates:
        models = ", ".join(unknown_rates)
        notes.append(
            f"Device hours are unknown: no rates of {models} (--from, --training-hours, --episodes-per-hour)."
        )
    return notes
