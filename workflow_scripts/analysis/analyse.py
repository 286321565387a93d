r"""Analyse the scores of a study: pass rates, effects, shifts between paths, agreement of the judges.

    python workflow_scripts/analysis/analyse.py --study studies/embedded.yaml \
        --tasks results/embedded/tasks/holdout.parquet --scores results/embedded/scores.parquet \
        --episodes 'results/embedded/episodes/{student}/{run}.parquet' \
        --out analysis

Any tables that keep the contracts TASKS, SCORES and EPISODES will do, from this workflow or not. `--study` is
the file that declares the runs and how effects are estimated; the workflow gives those settings alone
(`--spec`, as JSON). `--episodes` says where the table of each declared run stands; without it, what rests on
the responses (answer_line_rate, mean_completion_tokens, no_answer_line, other_line) is null. `--labels` is a
table of the contract LABELS, such as a person's verdicts on a random sample of the episodes: the judges'
errors are then counted on these in place of the ANSWER lines. `--intervened` says where the answers after
interventions stand, of a study that asks for these. `--look`, of `count_look.py`, gives the level
of words and intervals; without it that is the confidence that the study declares. Writes one file for each
table of `skillift.reporting.registry.ANALYSIS` into the folder `--out`, and `courses` and `forecast` where
the settings have `depth` and `forecast`.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from skillift.commands import parser_with_study, run
from skillift.path_patterns import path_pattern
from skillift.settings.analysis_specs import Analysed, AnalysisSpec


def spec_of(study: Path) -> AnalysisSpec:
    """The settings of the analysis that a study file declares.

    Raises:
        UserError: everything that is wrong with the file.
    """
    # found by name, so that the rule, which gives `--spec`, does not depend on how study files are read
    return importlib.import_module("skillift.study.study").load_study(study).analysis_spec()


def main(argv: list[str] | None = None) -> None:
    """Read the tables, analyse them, write the tables of the analysis."""
    arguments = parser_with_study(__doc__, AnalysisSpec)
    arguments.add_argument(
        "--tasks", nargs="+", type=Path, required=True, help="table of tasks of each suite"
    )
    arguments.add_argument("--scores", type=Path, required=True, help="scores.parquet")
    arguments.add_argument(
        "--episodes", type=path_pattern("student", "run"), help="path pattern of the episodes"
    )
    arguments.add_argument(
        "--intervened",
        type=path_pattern("student", "run"),
        help="path pattern of answers after interventions",
    )
    arguments.add_argument("--labels", type=Path, help="right verdicts, to count the judges' errors on")
    arguments.add_argument(
        "--students",
        type=Path,
        nargs="*",
        default=[],
        help="manifests of trained students, for their parameters, each in a folder of the student's id",
    )
    arguments.add_argument(
        "--discrimination",
        type=Path,
        nargs="+",
        help="what each trained student prefers before training, tables named by the student",
    )
    arguments.add_argument("--look", type=Path, help="look.json, the level of words and intervals")
    arguments.add_argument("--out", type=Path, required=True, help="folder for the tables")
    options = arguments.parse_args(argv)
    spec = options.spec if options.study is None else spec_of(options.study)

    import polars as pl

    from skillift.contracts.analysis import ANALYSIS_TABLES
    from skillift.contracts.interventions import INTERVENED
    from skillift.contracts.pipeline import DISCRIMINATION, EPISODES, SCORES, TASKS
    from skillift.contracts.scoring_audit import LABELS
    from skillift.ledger.looks import look_level
    from skillift.reporting.registry import WHERE_DECLARED
    from skillift.statistics.analysis import analyse
    from skillift.statistics.interventions import interventions_of
    from skillift.statistics.pass_rates import no_responses, responses
    from skillift.tables import read_each, read_existing, read_json, read_table, write_table
    from skillift.tasks.suites import read_suites

    names = [run.names for run in spec.runs]
    episodes = read_each(options.episodes, names, EPISODES) if options.episodes else []
    tasks = read_suites(options.tasks, TASKS)
    frames = [responses(frame, student, run_id, tasks) for student, run_id, frame in episodes]
    altered = read_existing(options.intervened, names, INTERVENED) if options.intervened else []
    counts = {path.parent.name: read_json(path)["parameter_count"] for path in options.students}
    settings = spec.analysis.model_dump()
    if options.look:
        settings["confidence"] = look_level(read_json(options.look)).confidence
    preferred = [
        read_table(path, DISCRIMINATION).with_columns(student=pl.lit(path.stem))
        for path in options.discrimination or []
    ]
    analysis = analyse(
        read_table(options.scores, SCORES),
        tasks,
        pl.concat([no_responses(), *frames], how="diagonal"),
        Analysed(**settings, parameters=counts),
        spec.runs,
        read_table(options.labels, LABELS) if options.labels else None,
        pl.concat(preferred) if preferred else None,
        interventions_of(altered) if options.intervened else None,
    )
    for name, table in analysis._asdict().items():
        if name in WHERE_DECLARED and getattr(spec.analysis, WHERE_DECLARED[name]) is None:
            continue
        write_table(table, options.out / f"{name}.parquet", ANALYSIS_TABLES[name])


if __name__ == "__main__":
    run(main)
