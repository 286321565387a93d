"""What the audit prints: a table of what would be made again and why, and a few lines on its cost."""

from __future__ import annotations

from itertools import groupby

from rich.box import SIMPLE_HEAD
from rich.table import Table

from skillift.audit.audit import Audit, Group
from skillift.audit.calls import CALL_BASES
from skillift.audit.durations import DURATION_BASES
from skillift.audit.packages import changed_packages
from skillift.stages import family

_MANY = 4  # rules of one family (make_figure_...) that are shown in one line from here on


def headline(audit: Audit) -> str:
    """How many jobs would run, and how many results are reused."""
    counts = audit.counts
    if not counts["planned"]:
        return f"Study {audit.study.name}: nothing would run; {_jobs(counts['reused'])} reused."
    new = f", {counts['new']} of them for the first time" if counts["new"] else ""
    return f"Study {audit.study.name}: {_jobs(counts['planned'])} would run{new}; {counts['reused']} reused."


def rows(audit: Audit) -> Table:
    """The planned jobs by stage, with their reasons."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 0, 0, 1))
    for name in ("stage", "rule", "jobs", "of", "minutes"):
        table.add_column(name, justify="right" if name in ("jobs", "of", "minutes") else "left", no_wrap=True)
    table.add_column("why", overflow="fold")
    last = ""
    for lines in lines_by_stage(audit):
        for group in lines:
            total = sum(len(audit.plan.rules[rule]) for rule in rules_of(group))
            shown = "" if group.stage == last else group.stage
            last = group.stage
            minutes = audit.minutes(group.jobs)
            numbers = [str(len(group.jobs)), str(total), minutes_text(minutes)]
            style = "bold" if group.reasons else None
            table.add_row(shown, group.rule, *numbers, group.why, style=style)
    return table


def lines_by_stage(audit: Audit) -> list[list[Group]]:
    """The audit's groups by stage; many rules of one family that only follow others stand together."""
    stages: dict[str, list[Group]] = {}
    for group in audit.groups:
        stages.setdefault(group.stage, []).append(group)
    return [_joined(groups) for groups in stages.values()]


def _joined(groups: list[Group]) -> list[Group]:
    found: list[Group] = []
    for name, alike in groupby(groups, lambda group: (family(group.rule), group.reasons)):
        some = list(alike)
        if len({group.rule for group in some}) < _MANY:
            found += some
            continue
        jobs = tuple(job for group in some for job in group.jobs)
        follows = tuple(dict.fromkeys(rule for group in some for rule in group.follows))
        found.append(Group(name[0], some[0].stage, jobs, some[0].reasons, follows))
    return found


def rules_of(group: Group) -> set[str]:
    """The rules of a group; several where a family stands in one line."""
    return {job.rule for job in group.jobs}


def notes(audit: Audit) -> list[str]:
    """What it costs and where the numbers come from, one text a line."""
    costs = audit.costs
    lines = []
    if audit.counts["planned"] and costs.unknown_jobs == audit.counts["planned"]:
        lines.append("Time: unknown, as no such job of this study has run yet.")
    elif audit.counts["planned"]:
        wall, total = minutes_text(costs.wall_minutes), minutes_text(costs.job_minutes)
        without = f", without {_jobs(costs.unknown_jobs)} of unknown duration" if costs.unknown_jobs else ""
        lines.append(f"Time: {wall} min on {costs.cores} cores ({total} min of jobs){without}.")
        bases = [f"{n} {DURATION_BASES[basis]}" for basis, n in costs.duration_bases.items()]
        lines.append(f"Durations: {'; '.join(bases)}.")
        hours = "unknown" if costs.device_hours is None else f"{costs.device_hours:.2f} h"
        lines.append(f"Devices: {hours} of training and answering.")
    lines.append(_calls(audit))
    if audit.plan.unrecorded:
        lines.append(
            f"Warning: Snakemake has no record of {len(audit.plan.unrecorded)} files that it would reuse, as "
            f"{audit.plan.unrecorded[0]}; whether their settings and code are those of now is not known."
        )
    for (before, after), jobs in audit.plan.environments.items():
        lines.append(
            f"Warning: {_jobs(jobs)} that would be reused were done with other packages than the environment "
            f"has now: {changed_packages(before, after)}. Packages rerun nothing; --forceall does."
        )
    return lines


def _calls(audit: Audit) -> str:
    costs = audit.costs
    if not audit.calls:
        return "Calls over APIs: none; 0 USD."
    most = "at most " if costs.calls_at_most else ""
    usd = "unknown" if costs.usd is None else f"{costs.usd:.2f}"
    basis = "; ".join(CALL_BASES[basis] for basis in costs.usd_bases)
    after = f" after {costs.kept_answers:,} kept answers" if costs.kept_answers else ""
    return f"Calls over APIs: {most}{costs.calls:,}{after}; {usd} USD{f' ({basis})' if basis else ''}."


def minutes_text(minutes: float | None) -> str:
    """Minutes for a table; `?` where nobody knows."""
    return "?" if minutes is None else f"{minutes:.1f}" if minutes < 99.95 else f"{minutes:,.0f}"


def _jobs(number: int) -> str:
    return f"{number:,} job{'' if number == 1 else 's'}"
