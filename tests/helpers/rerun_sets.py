"""Jobs of the smoke study that depend on each other: what the claims about reruns are written in.

A job is `rule wildcard ...`, wildcards in the order of the rule's first output.
"""

from __future__ import annotations

import re

from projects import ROOT

from skillift.reporting.registry import ANALYSIS as ANALYSED
from skillift.reporting.registry import FIGURES, FINDINGS, TABLES, extent, figures_for, tables_for
from skillift.study.study import load_study

RUNS = ("s base", "m base", "s sft-s0", "m sft-s0")
TRAINED = ("s sft-s0", "m sft-s0")
JUDGES = ("conclusion", "tail")
HAS = extent(load_study(ROOT / "studies/smoke.yaml"))
FIGURE_JOBS = {f"make_figure_{name}" for name in figures_for(HAS)}
TABLE_JOBS = {f"make_table_{name}" for name in tables_for(HAS)} | {"write_findings"}


def sources(job: str) -> set[str]:
    """The tables that a figure, a published table or the findings are made from."""
    name = job.removeprefix("make_figure_").removeprefix("make_table_")
    return set({**FIGURES, **TABLES, "write_findings": FINDINGS}[name])


LOSS_CURVES = "make_figure_loss_curves"
BATCH_TABLE = "make_table_self_parity"
# what rests on the certification of the judges: their error rates, and the warnings of the headline figures
RATED = {name for name in FIGURE_JOBS | TABLE_JOBS if "certification" in sources(name)}
OF_JUDGES = RATED & {"make_figure_certification", "make_table_certification_rates"}
COSTS = {"make_costs", "make_figure_costs", "make_table_stage_costs"}
ANALYSIS = {"analyse", "all"} | COSTS | {"write_model_cards"}
ANALYSIS |= {name for name in FIGURE_JOBS | TABLE_JOBS if sources(name) & {*ANALYSED}}
# the verdicts on predictions, and what shows them
SHOWN_PREDICTIONS = {name for name in FIGURE_JOBS | TABLE_JOBS if "predictions" in sources(name)}
LEDGER = {"publish_ledger", "make_table_ledger", "write_findings"}
PREDICTED = {"check_predictions", "all"} | SHOWN_PREDICTIONS | LEDGER
# what a study without predictions has, too
REMAINING = LEDGER | SHOWN_PREDICTIONS - {"make_table_predictions"}
SCORES = {"score", "browse_episodes", "count_look"} | ANALYSIS | PREDICTED
DEMONSTRATED = {"collect_demonstrations", "select_corpus worked", "write_dataset_card worked"}


def judged(*runs: str, judges: tuple[str, ...] = JUDGES) -> set[str]:
    """The verdicts of judges on runs."""
    return {f"judge {judge} {run}" for judge in judges for run in runs}


def certified(*judges: str) -> set[str]:
    """The certification of judges and all that rests on it."""
    return {f"certify_judge {judge}" for judge in judges} | {"rate_judges", "all"} | RATED | COSTS


def answered(*runs: str) -> set[str]:
    """The episodes of runs and all that rests on them."""
    checked = {f"check_served {run}" for run in runs}
    return {f"generate {run}" for run in runs} | checked | judged(*runs) | SCORES | {BATCH_TABLE}


def trained(*runs: str) -> set[str]:
    """The trainings of runs and all that rests on them."""
    return {f"train {run}" for run in runs} | answered(*runs) | {LOSS_CURVES}


def pretrained(student: str) -> set[str]:
    """The pre-training of a student and all that rests on it."""
    return {f"pretrain {student}"} | answered(f"{student} base") | trained(f"{student} sft-s0")


def everything() -> set[str]:
    """All jobs of the study."""
    first = {
        "build_tasks train",
        "build_tasks holdout",
        "check_contamination",
        "build_tokenizer",
        "make_viewer",
    }
    rest = pretrained("s") | pretrained("m") | DEMONSTRATED | FIGURE_JOBS | TABLE_JOBS
    return first | rest | certified(*JUDGES)


def stages() -> dict[str, str]:
    """The stage (file of rules) of each rule, stages in the order of the Snakefile."""
    order = re.findall(r'include: "rules/(\w+)\.smk"', (ROOT / "Snakefile").read_text(encoding="utf-8"))
    found = {}
    for stage in order:
        text = (ROOT / f"rules/{stage}.smk").read_text(encoding="utf-8")
        found |= dict.fromkeys(re.findall(r"^ *rule (\w+):", text, re.MULTILINE), stage)
    return found
