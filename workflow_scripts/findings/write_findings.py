r"""Write the findings of a study: a page, a table, and the text that opens the report.

    python workflow_scripts/findings/write_findings.py --spec "$SPEC" \
        --claims results/embedded/analysis/claims.parquet ... \
        --figures results/embedded/figures/lift.svg --captions rules/captions/lift.rst \
        --page workflow_scripts/assets/pages/findings.html \
        --style workflow_scripts/assets/pages/findings.css \
        --script workflow_scripts/assets/pages/findings.js --citation CITATION.cff \
        --html results/embedded/findings.html --csv results/embedded/findings.csv \
        --text results/embedded/findings.rst

The spec is that of the figures with the study's name; the tables are those of
`skillift.reporting.registry.FINDINGS`, one option each. `--predictions` is left out where there are none.
The page says on which day and from which commit it was made; SOURCE_DATE_EPOCH names another day
(https://reproducible-builds.org/specs/source-date-epoch/).
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser, run
from skillift.findings import findings
from skillift.findings.finding_rows import findings_rows, findings_text
from skillift.findings.findings_page import findings_page
from skillift.findings.made import made_now
from skillift.publication.html_parts import PageParts, read_part
from skillift.publication.inputs import add_options, read_inputs, view_given
from skillift.reporting.registry import FINDINGS
from skillift.settings.analysis_specs import FindingsSpec
from skillift.tables import atomic_path, read_json


def main(argv: list[str] | None = None) -> None:
    """Read the tables, the figures and the page's parts, write the three files."""
    arguments = parser(__doc__, FindingsSpec)
    add_options(arguments)
    arguments.add_argument(
        "--figures", type=Path, nargs="*", default=[], help="figures to show, each a file of its name"
    )
    arguments.add_argument(
        "--captions", type=Path, nargs="*", default=[], help="the figures' captions, each a file of its name"
    )
    arguments.add_argument(
        "--students",
        type=Path,
        nargs="*",
        default=[],
        help="manifests of dequantised students, each in a folder of the student's id",
    )
    arguments.add_argument("--page", type=Path, required=True, help="template of the page")
    arguments.add_argument("--style", type=Path, required=True, help="the page's style sheet")
    arguments.add_argument("--script", type=Path, required=True, help="the page's script")
    arguments.add_argument(
        "--citation", type=Path, required=True, help="CITATION.cff, which has the version of skillift"
    )
    arguments.add_argument("--html", type=Path, required=True, help="the page to write")
    arguments.add_argument("--csv", type=Path, required=True, help="the table to write")
    arguments.add_argument("--text", type=Path, required=True, help="the report's opening text to write")
    options = arguments.parse_args(argv)

    students = {path.parent.name: read_json(path) for path in options.students}
    view = view_given(options)
    parts = findings(read_inputs(FINDINGS, options, "findings"), view, students)
    figures, captions = (
        {path.stem: read_part(path) for path in paths} for paths in (options.figures, options.captions)
    )
    table = BytesIO()
    findings_rows(parts).write_csv(table)
    page_parts = PageParts(*(read_part(path) for path in (options.page, options.style, options.script)))
    made = made_now(options.citation, table.getvalue())
    html = findings_page(parts, options.spec.name, view, page_parts, figures, captions, made)
    for path, text in ((options.html, html), (options.text, findings_text(parts, figures))):
        with atomic_path(path) as temporary:
            temporary.write_text(text, encoding="utf-8")
    with atomic_path(options.csv) as temporary:
        temporary.write_bytes(table.getvalue())


if __name__ == "__main__":
    run(main)
