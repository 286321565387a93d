"""Edits of code, templates, pages, environments, settings and results."""

from __future__ import annotations

from edits import Edit, append, both, change_function, delete, reformat, replace, touch, touch_everything
from rerun_sets import (
    DEMONSTRATED,
    FIGURE_JOBS,
    JUDGES,
    RUNS,
    SCORES,
    TRAINED,
    answered,
    certified,
    everything,
    judged,
    trained,
)

LIBRARY = "workflow_scripts/skillift"
ASKED = DEMONSTRATED | judged(*RUNS) | trained(*TRAINED) | certified(*JUDGES)  # judges are asked again


def edit_pins(folder) -> None:
    """Another version of a package in the lock, as `make pins` writes it: in both files."""
    for file in ("envs/cpu.txt", "envs/cpu.yaml"):
        replace(file, "polars==2.1.0", "polars==2.1.1")(folder)


NOTHING = [
    Edit("touch every file", touch_everything, set()),
    Edit("touch a result", touch("results/smoke/tasks/holdout.parquet"), set()),
    Edit(
        "a comment in a module", append(f"{LIBRARY}/training/fine_tuning.py", "\n# changes nothing\n"), set()
    ),
    Edit("a comment in the Snakefile", append("Snakefile", "\n# changes nothing\n"), set()),
    Edit("the layout of a module", reformat("skillift.judging.verdicts"), set()),
    Edit(
        "a docstring", replace(f"{LIBRARY}/tables.py", '"""Write a manifest', '"""Writes a manifest'), set()
    ),
    Edit(
        "a function more in the library, which nothing calls",
        append(f"{LIBRARY}/episodes/answering.py", "\n\ndef unused() -> None:\n    pass\n"),
        set(),
    ),
    Edit(
        "the code of what the study does not ask for, such as paraphrases of a chat model",
        both(
            change_function("skillift.episodes.paraphrases", "check_paraphrase"),
            change_function("skillift.episodes.stored_chains", "chains_table"),
            change_function("skillift.episodes.forced_paraphrases", "force_paraphrases"),
            change_function("episodes.paraphrase_chains", "main"),
        ),
        set(),
    ),
    Edit("README or CHANGELOG", append("README.md", "\nMore.\n"), set()),
    Edit("a caption of a table", append("rules/captions/claims.rst", "\nA further remark.\n"), set()),
    Edit(
        "what the reference page says of a key",
        replace("workflow_scripts/skillift/settings/training.py", "Peak learning rate.", "The peak."),
        set(),
    ),
    Edit("resources in a profile", append("profiles/default/config.yaml", "  - disk_mb=2000\n"), set()),
    Edit("the version of a package (the audit warns)", edit_pins, set()),
    Edit("the budget", replace("config.yaml", "budget_usd: null", "budget_usd: 5.0"), set()),
    Edit(
        "how many requests of judges are under way at once",
        replace("config.yaml", "concurrency: 64", "concurrency: 8"),
        set(),
    ),
    Edit("batches for judges", replace("config.yaml", "batch: false", "batch: true"), set()),
    Edit(
        "the batch limit of the engine",
        replace("config.yaml", "max_num_seqs: 128", "max_num_seqs: 32"),
        set(),
    ),
    Edit("a log that is lost", delete("results/smoke/logs/train"), set()),
    Edit("the ledger that is lost", delete(".skillift/smoke/ledger.jsonl"), set()),
]

CODE = [
    Edit(
        "a function that only judging episodes reaches",
        change_function("skillift.judging.verdicts", "judge_episodes"),
        judged(*RUNS) | SCORES,
        {"judge": "code: judging.verdicts.judge_episodes"},
    ),
    Edit(
        "a function that demonstrations, corpora, episodes and the browser share",
        change_function("skillift.tasks.prompts", "messages_for"),
        DEMONSTRATED | answered(*RUNS) | trained(*TRAINED),
    ),
    Edit("the parser of verdicts", change_function("skillift.judging.replies", "parse_reply"), ASKED),
    Edit(
        "the extractor of ANSWER lines",
        change_function("skillift.scorers.answer_line", "answer_lines"),
        {"select_corpus worked", "write_dataset_card worked"} | trained(*TRAINED),
    ),
    Edit(
        "the procedures of skills",
        change_function("skillift.taskpack.skills", "draw_procedure"),
        everything() - {"build_tokenizer", "make_viewer"} - (certified(*JUDGES) - SCORES),
    ),
    Edit("the training loop", change_function("skillift.training.fine_tuning", "train"), trained(*TRAINED)),
    Edit(
        "the colours of figures",
        replace(f"{LIBRARY}/figures/theme.py", 'INK = "#333333"', 'INK = "#222222"'),
        FIGURE_JOBS | {"write_findings", "all"},
    ),
    Edit(
        "the code of one figure",
        append(f"{LIBRARY}/figures/lift.py", "\nprint('drawn')\n"),
        {"make_figure_lift", "write_findings", "all"},
    ),
    Edit(
        "the place of a figure among the others",
        replace(f"{LIBRARY}/figures/lift.py", "place=100", "place=150"),
        {"make_figure_lift", "write_findings", "all"},
    ),
    Edit(
        "the code of an engine that the study does not name",
        append(f"{LIBRARY}/engines/transformers_engine.py", "\nprint('loaded')\n"),
        set(),
    ),
    Edit(
        "the script of the episode browser",
        append("workflow_scripts/assets/browser/list.js", "\n// rows\n"),
        {"browse_episodes", "all"},
    ),
]

FILES = [
    Edit(
        "a caption of a figure",
        append("rules/captions/lift.rst", "\nA further remark.\n"),
        {"write_findings", "all"},
        {"write_findings": "changed: rules/captions/lift.rst"},
    ),
    Edit(
        "the prompt of judges",
        append("workflow_scripts/assets/prompts/judge.jinja", "\nAnswer with care.\n"),
        ASKED,
        {"judge": "changed: workflow_scripts/assets/prompts/judge.jinja", "train": "follows select_corpus"},
    ),
    Edit(
        "the prompt of tasks",
        append("workflow_scripts/assets/prompts/task.jinja", "\nAnswer with care.\n"),
        DEMONSTRATED | answered(*RUNS) | trained(*TRAINED),
    ),
    Edit(
        "a case of the certification",
        replace("workflow_scripts/assets/prompts/certification.yaml", "What is 17 + 25?", "What is 25 + 17?"),
        certified(*JUDGES),
    ),
    Edit(
        "the template of model cards",
        append("workflow_scripts/assets/cards/model.md.jinja", "\nMore.\n"),
        {"write_model_cards", "all"},
    ),
    Edit(
        "a figure that is lost",
        delete("results/smoke/figures/lift.svg"),
        {"make_figure_lift", "write_findings", "all"},
        {"make_figure_lift": "missing: results/smoke/figures/lift.svg"},
    ),
]

LOST = "results/smoke/runs/s/sft-s0/checkpoints"
NEEDED = [  # what is lost is made again when a job that needs it is done again
    Edit("checkpoints that are lost and that nothing needs any more", delete(LOST), set()),
    Edit(
        "checkpoints that are lost, and an edit that needs them",
        both(delete(LOST), change_function("skillift.episodes.asked", "messages_of_suites")),
        trained("s sft-s0") | answered(*RUNS),
        {"train": f"missing: {LOST}", "generate": "code: episodes.asked.messages_of_suites"},
    ),
]

EDITS_OF_CODE = [*NOTHING, *CODE, *FILES, *NEEDED]
