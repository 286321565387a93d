r"""Compare evaluation logs from before and after a training: gains and lift, with interval and word.

    python workflow_scripts/compare_logs.py --before logs/base --after logs/sft-seed0 logs/sft-seed1 \
        --condition none='*_plain' curated='*_with_steps' --cluster skill --out comparison

Reads what lm-evaluation-harness (`--log_samples`), Inspect and lighteval (`--save-details`) write, and plain
tables (CSV, JSONL, Parquet). LOGS is a file or a folder. With one condition the change is a gain; with
`none` and `curated` it is a lift too. Conditions are told apart by the names of the harness's tasks
(`--condition`), or by folders: `--before none=logs/a curated=logs/b --after none=logs/c curated=logs/d`.
Several LOGS after `--after` are trainings with other seeds. No study file, model or Snakemake is needed.

Writes tables as those of a study (docs/outputs.md), `summary.md`, which is printed, `effects.csv`, and, with
both conditions, figures and `findings.html`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from skillift.commands import parser_without_spec, run
from skillift.errors import UserError, problem

ROOT = Path(__file__).resolve().parents[1]


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE` in two."""
    name, separator, value = text.partition("=")
    if not (separator and name and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def main(argv: list[str] | None = None) -> None:
    """Read the logs, analyse, write, and print the summary."""
    from skillift.evaluation_logs.arms import ACCEPTABLE

    arguments = parser_without_spec(__doc__)
    arguments.add_argument("--before", nargs="+", required=True, metavar="LOGS", help="[CONDITION=]LOGS")
    arguments.add_argument("--after", nargs="+", required=True, metavar="LOGS", help="[CONDITION=]LOGS")
    arguments.add_argument(
        "--condition",
        nargs="+",
        type=pair,
        default=[],
        metavar="NAME=TASK",
        help="tasks of the harness that stand for a condition, a name with at most one *",
    )
    arguments.add_argument("--metric", help="the score, where logs have several")
    arguments.add_argument("--filter", help="the filter (lm-evaluation-harness), where logs have several")
    arguments.add_argument("--threshold", type=float, help="a score of at least that passes")
    arguments.add_argument(
        "--item", metavar="FIELD", help="field that names an item; its number or id if left out"
    )
    arguments.add_argument("--cluster", metavar="FIELD", help="field that names the group of related items")
    arguments.add_argument(
        "--columns", nargs="+", type=pair, default=[], metavar="NAME=COLUMN", help="columns of plain tables"
    )
    arguments.add_argument(
        "--accept", nargs="+", choices=sorted(ACCEPTABLE), default=[], help="what may differ between arms"
    )
    arguments.add_argument("--confidence", type=float, default=0.95, help="of the intervals")
    arguments.add_argument("--name", default="comparison", help="what the pages call it")
    arguments.add_argument("--label", default="the model", help="what the pages call the model")
    arguments.add_argument("--recipe", default="training", help="what the pages call the training")
    arguments.add_argument("--out", type=Path, required=True, help="folder to write")
    options = arguments.parse_args(argv)
    if not 0.5 <= options.confidence < 1:
        raise UserError(problem("--confidence", options.confidence, "a fraction such as 0.95"))

    from skillift.evaluation_logs.arms import read_arms
    from skillift.evaluation_logs.comparison import write_comparison
    from skillift.evaluation_logs.records import Wanted
    from skillift.evaluation_logs.tables import spec_of, tables
    from skillift.findings.made import made_now

    sources = [*_sources(options.before, "base", None), *_sources(options.after, options.recipe, 0)]
    wanted = Wanted(options.metric, options.filter, options.item, options.cluster, dict(options.columns))
    arms = read_arms(sources, dict(options.condition), wanted, options.accept)
    spec = spec_of(arms, options.name, options.recipe, options.confidence, {}, options.label)
    given = {name: value for name, value in vars(options).items() if name != "out"}
    print(
        write_comparison(
            arms,
            tables(arms, options.threshold),
            spec,
            options.out,
            _assets(),
            made_now(ROOT / "CITATION.cff"),
            given,
        ),
        end="",
    )


def _sources(given: list[str], name: str, seed: int | None) -> list:
    """The runs of one side: of a training one for each LOGS of a condition, in their order."""
    from skillift.contracts.pipeline import CONDITIONS
    from skillift.evaluation_logs.arms import Source

    found: list[Source] = []
    for text in given:
        condition, separator, path = text.partition("=")
        if not separator or condition not in CONDITIONS:
            condition, path = "", text
        number = sum(source.condition == (condition or None) for source in found)
        if seed is None and number:
            fix = "Give one log of each condition from before; a mean over several base runs is not made."
            raise UserError(problem("--before", given, "one log of each condition", fix))
        run_id = name if seed is None else f"{name}-s{number}"
        found.append(Source(run_id, condition or None, Path(path)))
    return found


def _assets() -> dict[str, Path]:
    here = ROOT / "workflow_scripts"
    return {"pages": here / "pages", "captions": ROOT / "rules/captions", "browser": here / "browser"}


if __name__ == "__main__":
    run(main)
