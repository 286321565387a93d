r"""Certify one judge: its verdicts on the built-in suite of hostile and benign responses.

    python workflow_scripts/certification/certify_judge.py \
        --spec '{"name": "tail", "judge": {"model": "offline/tail", "max_tokens": 256}}' \
        --cases workflow_scripts/assets/prompts/certification.yaml \
        --template workflow_scripts/assets/prompts/judge.jinja --cache .skillift/embedded/answers.sqlite \
        --out results/embedded/certification/tail.parquet

`--spec` and the options of the client are those of `judge.py`.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.chat.client import ChatModel, add_client_options, open_client
from skillift.chat.failures import check_failed
from skillift.commands import parser, run
from skillift.contracts.pipeline import CERTIFICATION
from skillift.judging.certification import certify, read_cases
from skillift.judging.verdicts import failed, read_template
from skillift.settings.chat_models import Judging
from skillift.settings.command_options import given
from skillift.settings.specs import JudgeSpec
from skillift.tables import write_table


def main(argv: list[str] | None = None) -> None:
    """Read the cases, ask the judge about them, write its verdicts."""
    arguments = parser(__doc__, JudgeSpec)
    arguments.add_argument("--cases", type=Path, required=True, help="the suite of cases, a YAML file")
    arguments.add_argument("--template", type=Path, required=True, help="template of the judge's prompt")
    arguments.add_argument("--out", type=Path, required=True, help="table of verdicts to write")
    add_client_options(arguments)
    options = arguments.parse_args(argv)
    limits = given(options, Judging)
    model = ChatModel.from_entry(options.spec.judge, f"judges.{options.spec.name}")
    template = read_template(options.template)
    cases = read_cases(options.cases)
    with open_client(options) as client:
        verdicts = certify(options.spec.name, cases, model, template, client, limits.max_unparsed_in_a_row)
    check_failed(model.where, failed(verdicts), verdicts.height, limits.max_failed_share)
    write_table(verdicts, options.out, CERTIFICATION)


if __name__ == "__main__":
    run(main)
