"""Which jobs an edit makes Snakemake do again: the exact set, neither stale nor needlessly fresh."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from projects import ROOT, copy_finished, copy_project, planned_jobs, replace_in

from skillift.publication import ANALYSIS as ANALYSED
from skillift.publication import FIGURES, FINDINGS, TABLES, extent, figures_for, tables_for
from skillift.study import load_study


def sources(job: str) -> set[str]:
    """The tables that a figure, a published table or the findings are made from."""
    name = job.removeprefix("make_figure_").removeprefix("make_table_")
    return set({**FIGURES, **TABLES, "write_findings": FINDINGS}[name])


RUNS = ("s base", "m base", "s sft-s0", "m sft-s0")
HAS = extent(load_study(ROOT / "studies/smoke.yaml"))
FIGURE_JOBS = {f"make_figure_{name}" for name in figures_for(HAS)}
TABLE_JOBS = {f"make_table_{name}" for name in tables_for(HAS)} | {"write_findings"}
LOSS_CURVES = "make_figure_loss_curves"
SELF_PARITY = "make_table_self_parity"
# what rests on the certification of the judges: their error rates, and the warnings of the headline figures
RATED = {name for name in FIGURE_JOBS | TABLE_JOBS if "certification" in sources(name)}
OF_JUDGES = RATED & {"make_figure_certification", "make_table_certification_rates"}
COSTS = {"make_costs", "make_figure_costs", "make_table_stage_costs"}
MODEL_CARDS = {"write_model_card s sft-s0", "write_model_card m sft-s0"}
ANALYSIS = {"analyse", "all"} | COSTS | MODEL_CARDS
ANALYSIS |= {name for name in FIGURE_JOBS | TABLE_JOBS if sources(name) & {*ANALYSED}}
# the verdicts on predictions, and what shows them
SHOWN_PREDICTIONS = {name for name in FIGURE_JOBS | TABLE_JOBS if "predictions" in sources(name)}
PREDICTED = {"check_predictions", "all"} | SHOWN_PREDICTIONS
REMAINING = SHOWN_PREDICTIONS - {"make_table_predictions"}  # what a study without predictions has, too
SCORES = {"score", "browse_episodes"} | ANALYSIS | PREDICTED


DEMONSTRATED = {"collect_demonstrations", "select_corpus worked", "write_dataset_card worked"}


def judged(*runs: str, judges=("conclusion", "tail")) -> set[str]:
    return {f"judge {judge} {run}" for judge in judges for run in runs}


def certified(*judges: str) -> set[str]:
    return {f"certify_judge {judge}" for judge in judges} | {"rate_judges", "all"} | RATED | COSTS


def answered(*runs: str) -> set[str]:
    made = {f"{rule} {run}" for rule in ("generate", "check_served") for run in runs}
    return made | judged(*runs) | SCORES | {SELF_PARITY}


def trained(*runs: str) -> set[str]:
    return {f"train {run}" for run in runs} | answered(*runs) | {LOSS_CURVES}


def pretrained(student: str) -> set[str]:
    return {f"pretrain {student}"} | answered(f"{student} base") | trained(f"{student} sft-s0")


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def study(folder: Path) -> Path:
    return folder / "studies" / "smoke.yaml"


def touch_everything(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts and "results" not in path.parts:
            os.utime(path)


def edit_a_comment(folder: Path) -> None:
    append(folder / "workflow_scripts/skillift/training.py", "\n# a remark that changes nothing\n")
    append(folder / "workflow_scripts/skillift/tables.py", "\n# another\n")


def edit_the_judges_prompt(folder: Path) -> None:
    append(folder / "workflow_scripts/prompts/judge.jinja", "\nAnswer with care.\n")


def edit_the_parser_of_verdicts(folder: Path) -> None:
    path = folder / "workflow_scripts/skillift/judging.py"
    append(
        path,
        "\n\n_parse_before = parse_reply\n\n\ndef parse_reply(text):\n    return _parse_before(reply)\n",
    )


def edit_judge_concurrency(folder: Path) -> None:
    replace_in(folder / "config.yaml", "concurrency: 64", "concurrency: 8")


def turn_batches_of_judges_on(folder: Path) -> None:
    replace_in(folder / "config.yaml", "batch: false", "batch: true")


def edit_engine_batch_limit(folder: Path) -> None:
    replace_in(folder / "config.yaml", "max_num_seqs: 128", "max_num_seqs: 32")


def edit_learning_rate(folder: Path) -> None:
    replace_in(study(folder), "learning_rate: 5.0e-3", "learning_rate: 4.0e-3")


def swap_rank_and_alpha(folder: Path) -> None:
    replace_in(study(folder), "rank: 8, alpha: 16", "rank: 16, alpha: 8")


def swap_students(folder: Path) -> None:
    head, rest = study(folder).read_text().split("students:\n", 1)
    body, tail = rest.split("\nteacher:", 1)
    first, second = body.split("  m:\n", 1)
    study(folder).write_text(f"{head}students:\n  m:\n{second}\n{first.rstrip()}\n\nteacher:{tail}")


def add_a_judge(folder: Path) -> None:
    replace_in(
        study(folder),
        "primary_judge:",
        "  again: {model: offline/tail, max_tokens: 128}\nprimary_judge:",
    )


def add_a_seed(folder: Path) -> None:
    replace_in(study(folder), "students: [s, m], seeds: [0]}", "students: [s], seeds: [0, 1]}")
    replace_in(study(folder), "\njudges:", "  - {recipe: sft, students: [m], seeds: [0]}\n\njudges:")


def remove_a_student(folder: Path) -> None:
    head, rest = study(folder).read_text().split("  m:\n", 1)
    study(folder).write_text(f"{head}\nteacher:{rest.split('teacher:', 1)[1]}".replace("[s, m]", "[s]"))


def edit_pretraining_steps(folder: Path) -> None:
    replace_in(study(folder), "steps: 120, learning_rate: 6.0e-3", "steps: 121, learning_rate: 6.0e-3")


def edit_max_tokens_of_one_judge(folder: Path) -> None:
    replace_in(
        study(folder),
        "tail: {model: offline/tail, max_tokens: 256}",
        "tail: {model: offline/tail, max_tokens: 200}",
    )


def edit_a_limit_of_the_certification(folder: Path) -> None:
    replace_in(
        study(folder),
        "bootstrap_samples: 200",
        "bootstrap_samples: 200, certification: {max_false_fail: 0.5}",
    )


def edit_a_case_of_the_certification(folder: Path) -> None:
    replace_in(folder / "workflow_scripts/prompts/certification.yaml", "What is 17 + 25?", "What is 25 + 17?")


def edit_a_prediction(folder: Path) -> None:
    replace_in(study(folder), "direction: greater", "direction: less")


def add_a_prediction(folder: Path) -> None:
    more = "  again: {effect: {contrast: curated-none, student: m}, direction: greater}\n"
    append(study(folder), more)


def remove_all_predictions(folder: Path) -> None:
    study(folder).write_text(study(folder).read_text().split("\npredictions:")[0])


def lose_the_history_of_predictions(folder: Path) -> None:
    (folder / ".skillift/smoke/predictions.jsonl").unlink()


def edit_a_label(folder: Path) -> None:
    replace_in(study(folder), "label: 46 k", "label: tiny")


def delete_one_figure(folder: Path) -> None:
    (folder / "results/smoke/figures/lift.svg").unlink()


def edit_the_lift_figure(folder: Path) -> None:
    append(folder / "workflow_scripts/skillift/figures/lift.py", "\nprint('drawn')\n")


def edit_the_browsers_script(folder: Path) -> None:
    append(folder / "workflow_scripts/browser/list.js", "\n// rows\n")


def edit_a_caption(folder: Path) -> None:
    append(folder / "rules/captions/lift.rst", "\nA further remark.\n")


EDITS = [
    (touch_everything, set()),
    (edit_a_comment, set()),
    (edit_judge_concurrency, set()),
    (turn_batches_of_judges_on, set()),
    (edit_engine_batch_limit, set()),
    (swap_students, set()),
    (edit_a_caption, set()),
    (edit_a_prediction, PREDICTED),
    (add_a_prediction, PREDICTED),
    (remove_all_predictions, REMAINING and REMAINING | {"all"}),
    (lose_the_history_of_predictions, set()),
    (edit_learning_rate, trained("s sft-s0", "m sft-s0")),
    (swap_rank_and_alpha, trained("s sft-s0", "m sft-s0")),
    (edit_pretraining_steps, pretrained("s")),
    (add_a_judge, judged(*RUNS, judges=("again",)) | SCORES | certified("again")),
    (edit_max_tokens_of_one_judge, judged(*RUNS, judges=("tail",)) | SCORES | certified("tail")),
    (add_a_seed, trained("s sft-s1") | OF_JUDGES | {"write_model_card s sft-s1"}),
    (remove_a_student, (SCORES | {LOSS_CURVES, SELF_PARITY} | OF_JUDGES) - {"write_model_card m sft-s0"}),
    (
        edit_the_judges_prompt,
        DEMONSTRATED | judged(*RUNS) | trained("s sft-s0", "m sft-s0") | certified("conclusion", "tail"),
    ),
    (edit_a_limit_of_the_certification, FIGURE_JOBS | TABLE_JOBS | {"all"}),
    (edit_a_case_of_the_certification, certified("conclusion", "tail")),
    (
        edit_the_parser_of_verdicts,
        DEMONSTRATED | judged(*RUNS) | trained("s sft-s0", "m sft-s0") | certified("conclusion", "tail"),
    ),
    (edit_a_label, FIGURE_JOBS | TABLE_JOBS | {"browse_episodes", "write_model_card s sft-s0", "all"}),
    (edit_the_browsers_script, {"browse_episodes", "all"}),
    (delete_one_figure, {"make_figure_lift", "write_findings", "all"}),
    (edit_the_lift_figure, {"make_figure_lift", "write_findings", "all"}),
]


@pytest.mark.integration
@pytest.mark.parametrize(("edit", "expected"), EDITS, ids=[edit.__name__ for edit, _ in EDITS])
def test_an_edit_reruns_exactly_what_it_invalidates(finished_smoke, tmp_path, edit, expected):
    folder = tmp_path / "project"
    copy_finished(finished_smoke, folder)
    edit(folder)
    assert planned_jobs(folder) == expected


def test_a_fresh_copy_plans_every_job(tmp_path):
    folder = copy_project(tmp_path / "project")
    expected = {"build_tasks", "check_contamination", "build_tokenizer"} | pretrained("s") | pretrained("m")
    expected |= DEMONSTRATED | FIGURE_JOBS | TABLE_JOBS
    expected |= certified("conclusion", "tail") | {"make_viewer"}
    assert planned_jobs(folder) == expected
