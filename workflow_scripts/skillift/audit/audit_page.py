"""The audit as one HTML page that needs no network: the table, the costs, and the graph coloured by fate."""

from __future__ import annotations

from pathlib import Path

from skillift.audit.audit import Audit
from skillift.audit.audit_text import headline, lines_by_stage, minutes_text, notes, rules_of
from skillift.audit.graph import drawing
from skillift.audit.plan import FATES
from skillift.errors import UserError, problem
from skillift.publication.html_parts import PageParts, read_part, render


def audit_page(audit: Audit, template: str, style: str, script: str) -> str:
    """An audit as one HTML page, with its jobs, reasons, costs and a drawing of the plan.

    Args:
        audit: the audit.
        template: Jinja, `workflow_scripts/assets/pages/audit.html`.
        style: its style sheet.
        script: its JavaScript.

    Raises:
        UserError: see `html_parts.render`.
    """
    totals = {rule: len(jobs) for rule, jobs in audit.plan.rules.items()}
    stages = {
        groups[0].stage: [
            {
                "rule": group.rule,
                "jobs": [job.name for job in group.jobs],
                "of": sum(totals[rule] for rule in rules_of(group)),
                "minutes": minutes_text(audit.minutes(group.jobs)),
                "fate": group.jobs[0].fate,
                "own": bool(group.reasons),
                "why": group.why,
            }
            for group in groups
        ]
        for groups in lines_by_stage(audit)
    }
    values = {
        "name": audit.study.name,
        "headline": headline(audit),
        "notes": notes(audit),
        "stages": stages,
        "fates": FATES,
        "graph": drawing(audit.plan),
    }
    return render(PageParts(template, style, script), values, "audit")


def write_page(audit: Audit, path: Path, pages: Path) -> None:
    """Write the page to `path`, made from the parts in the folder `pages`.

    Raises:
        UserError: a part cannot be read, or the file not written.
    """
    from skillift.tables import atomic_path

    parts = [read_part(pages / f"audit.{kind}") for kind in ("html", "css", "js")]
    text = audit_page(audit, *parts)
    try:
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UserError(problem("--html", str(error), "a file that can be written")) from None
