r"""Compare evaluation logs from before and after a training: gains and lift, with interval and word.

    python workflow_scripts/evaluation_logs/compare_logs.py --before logs/base \
        --after logs/sft-seed0 logs/sft-seed1 \
        --condition none='*_plain' curated='*_with_steps' --cluster skill --out comparison

Reads what lm-evaluation-harness (`--log_samples`), Inspect and lighteval (`--save-details`) write, and plain
tables (CSV, JSONL, Parquet). LOGS is a file or a folder. With one condition the change is a gain; with
`none` and `curated` it is a lift too. Conditions are told apart by the names of the harness's tasks
(`--condition`), or by folders: `--before none=logs/a curated=logs/b --after none=logs/c curated=logs/d`.
Several LOGS after `--after` are trainings with other seeds. No study file, model or Snakemake is needed; with
`--study` margins, settings of the analysis and predictions are those of a study file.

Scores that are not 0 and 1 alone are a metric: `--range bleu=0:100` declares how far it goes, `--threshold`
makes passes of it. Writes tables as those of a study (docs/reference/outputs.md), `effects.csv`, figures,
`findings.html`, `episodes.html`, and `summary.md`, which is printed.
"""

from __future__ import annotations

import argparse
import math
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser_without_spec, run
from skillift.errors import UserError, problem

ROOT = Path(__file__).resolve().parents[2]


def pair(text: str) -> tuple[str, str]:
    """`NAME=VALUE` in two."""
    name, separator, value = text.partition("=")
    if not (separator and name and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def span(text: str) -> tuple[str, tuple[float, float]]:
    """`NAME=LOW:HIGH`."""
    name, ends = pair(text)
    low, separator, high = ends.partition(":")
    try:
        found = float(low), float(high)
    except ValueError:
        found = (0.0, 0.0)
    if not separator or not found[0] < found[1] or not all(map(math.isfinite, found)):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=LOW:HIGH, such as bleu=0:100")
    return name, found


def main(argv: list[str] | None = None) -> None:
    """Read the logs, analyse, write, and print the summary."""
    from skillift.evaluation_logs.log_arms import ACCEPTABLE

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
        "--range",
        nargs="+",
        type=span,
        default=[],
        metavar="NAME=LOW:HIGH",
        help="the least and the most that a score can be",
    )
    arguments.add_argument(
        "--study", help="study file whose margins, settings of the analysis and predictions are taken"
    )
    arguments.add_argument("--student", help="which student of the study the logs are of")
    arguments.add_argument(
        "--predictions", nargs="+", metavar="NAME", help="the study's predictions to judge (default: all)"
    )
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
    arguments.add_argument(
        "--confidence", type=float, help="of the intervals (default: the study's, else 0.95)"
    )
    arguments.add_argument("--name", default="comparison", help="what the pages call it")
    arguments.add_argument("--label", default="the model", help="what the pages call the model")
    arguments.add_argument("--recipe", default="training", help="what the pages call the training")
    arguments.add_argument("--out", type=Path, required=True, help="folder to write")
    options = arguments.parse_args(argv)
    if options.confidence is not None and not 0.5 <= options.confidence < 1:
        raise UserError(problem("--confidence", options.confidence, "a fraction such as 0.95"))
    if not options.study and (options.student or options.predictions):
        raise UserError(problem("--study", None, "the study file that --student and --predictions are of"))

    _refuse_options(options)

    from skillift.evaluation_logs.comparison import write_comparison
    from skillift.evaluation_logs.log_arms import read_arms
    from skillift.evaluation_logs.log_tables import Asked, comparison_of, tables
    from skillift.evaluation_logs.measure import claimed_contrasts
    from skillift.evaluation_logs.records import Wanted
    from skillift.evaluation_logs.study_settings import Logs, settings_of
    from skillift.findings.made import made_now
    from skillift.metrics.names import PASS
    from skillift.metrics.registry import also

    sources = [*_sources(options.before, "base", None), *_sources(options.after, options.recipe, 0)]
    wanted = Wanted(options.metric, options.filter, options.item, options.cluster, dict(options.columns))
    arms = read_arms(sources, dict(options.condition), wanted, options.accept)
    made = tables(arms, options.threshold, dict(options.range))
    conditions = sorted({arm.condition for arm in arms.arms})
    metric = made.measure.metric
    further = [] if metric == PASS else [made.measure.entry(claimed_contrasts(conditions))]
    with also(*further):
        logs = Logs(conditions, metric, options.recipe, options.student)
        of_study = settings_of(options.study, logs, options.predictions)
        analysis = of_study.analysis
        if options.confidence is not None:
            analysis = analysis.model_copy(update={"confidence": options.confidence})
        asked = Asked(
            options.name, options.recipe, options.label, analysis, of_study.study, of_study.left_out
        )
        comparison = comparison_of(arms, made, asked)
        made_by = made_now(ROOT / "CITATION.cff")
        text = write_comparison(
            made, comparison, of_study.predictions, options.out, _assets(), made_by, _record(options)
        )
    print(text, end="")
    print(f"\nLook at {options.out / 'findings.html'}")


def _refuse_options(options: argparse.Namespace) -> None:
    """What options cannot say together, before any log is read.

    Raises:
        UserError: all of it at once.
    """
    wrong = []
    names = [name for name, _ in options.condition]
    for name in sorted({name for name in names if names.count(name) > 1}):
        wrong.append(problem(f"--condition, {name}", f"{names.count(name)} patterns", "one, with *"))
    for name, pattern in options.condition:
        if pattern.count("*") > 1:
            fix = "What it stands for names the task in all conditions."
            wrong.append(problem(f"--condition, {name}", pattern, "at most one *", fix))
    if options.threshold is not None and not math.isfinite(options.threshold):
        wrong.append(problem("--threshold", options.threshold, "a finite number"))
    if options.threshold is not None and options.range:
        fix = "Passes of a threshold need no range: leave one of the two out."
        wrong.append(problem("--range", options.range[0][0], "nothing beside --threshold", fix))
    for text in sorted({text for text in options.after if options.after.count(text) > 1}):
        wrong.append(problem("--after", text, "logs of another training", "Give each log once."))
    if not _writable(options.out):
        wrong.append(problem("--out", str(options.out), "a folder that can be written"))
    for side in ("before", "after"):
        for text in getattr(options, side):
            folder = Path(text if Path(text).exists() else text.partition("=")[2] or text).resolve()
            if options.out.resolve().is_relative_to(folder):
                fix = "What is written there would be read as logs the next time."
                wrong.append(problem("--out", str(options.out), f"a folder that is not in --{side}", fix))
    if wrong:
        raise UserError("\n".join(wrong))


def _writable(folder: Path) -> bool:
    """Whether a folder, or the first one above it that there is, can be written."""
    there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def _record(options: argparse.Namespace) -> dict:
    """The options, for `comparison.json`; of paths that are absolute the last part alone."""
    record = {name: value for name, value in vars(options).items() if name != "out"}
    for side in ("before", "after"):
        record[side] = [_told(text) for text in record[side]]
    return record | {"study": options.study and _told(options.study)}


def _told(text: str) -> str:
    name, separator, path = text.rpartition("=")
    return f"{name}{separator}{Path(path).name if Path(path).is_absolute() else path}"


def _sources(given: list[str], name: str, seed: int | None) -> list:
    """The runs of one side: of a training one for each LOGS of a condition, in their order."""
    from skillift.contracts.pipeline import CONDITIONS
    from skillift.evaluation_logs.log_arms import Source

    found: list[Source] = []
    for text in given:
        condition, separator, path = text.partition("=")
        if separator and condition not in CONDITIONS and not Path(text).exists() and Path(path).exists():
            raise UserError(problem(f"condition of {path}", condition, f"one of {', '.join(CONDITIONS)}"))
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
    here = ROOT / "workflow_scripts/assets"
    return {"pages": here / "pages", "browser": here / "browser"}


if __name__ == "__main__":
    run(main)
