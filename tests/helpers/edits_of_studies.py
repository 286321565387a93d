"""Edits of the study file: what is studied."""

from __future__ import annotations

from pathlib import Path

from edits import Edit, append, both, in_study, study
from rerun_sets import (
    BATCH_TABLE,
    DEMONSTRATED,
    FIGURE_JOBS,
    JUDGES,
    LOSS_CURVES,
    OF_JUDGES,
    PREDICTED,
    REMAINING,
    RUNS,
    SCORES,
    TABLE_JOBS,
    TRAINED,
    answered,
    certified,
    everything,
    judged,
    pretrained,
    trained,
)

NEW_SKILLS = """    judge_scored: 6
    suites: {transfer: {skills: 3, per_skill: 2}}
"""
SAMPLING = "{temperature: 0.8, samples: 4, judges: []}}}"
CHAT = "{model: hosted_vllm/m, api_base: 'http://localhost:8000/v1'}"
SHOWN = FIGURE_JOBS | TABLE_JOBS | {"all"}
TIER = """  l:
    label: 341 k
    tier: 3
    source: scratch
    architecture: {hidden_size: 64, layers: 3, heads: 2, kv_heads: 1, intermediate_size: 128}
    pretraining: {steps: 120, learning_rate: 4.0e-3, seed: 0}

teacher:"""
RECIPE = """  short:
    objective: sft
    corpus: worked
    trainable: {lora: {rank: 8, alpha: 16, dropout: 0.0}}
    learning_rate: 5.0e-3
    epochs: 2
    batch_size: 8
    checkpoints: [final]

runs:
  - {recipe: short, students: [s], seeds: [0]}"""
PREFERENCES = """  preferred:
    objective: dpo
    corpus: pairs
    start: sft
    beta: 0.1
    trainable: {lora: {rank: 8, alpha: 16, dropout: 0.0}}
    learning_rate: 5.0e-4
    epochs: 1
    batch_size: 8
    checkpoints: [final]

runs:
  - {recipe: preferred, students: [s], seeds: [0]}"""
REWARDS = """  rewarded:
    objective: grpo
    corpus: worked
    start: sft
    generations: 4
    max_tokens: 48
    trainable: {lora: {rank: 8, alpha: 16, dropout: 0.0}}
    learning_rate: 5.0e-4
    epochs: 1
    batch_size: 8
    checkpoints: [final]

runs:
  - {recipe: rewarded, students: [s], seeds: [0]}"""
PAIRS = "  pairs: {like: worked, form: pairs, rejected: corrupted}\n"
SAME_TASKS = "  worked: {rows: 26, condition: curated, form: worked, seed: 0}\n"
OF_TASKS = everything() - {"build_tokenizer", "make_viewer", "rate_judges"}
OF_TASKS -= {f"certify_judge {judge}" for judge in JUDGES} | OF_JUDGES


def swap_students(folder: Path) -> None:
    head, rest = study(folder).read_text().split("students:\n", 1)
    body, tail = rest.split("\nteacher:", 1)
    first, second = body.split("  m:\n", 1)
    study(folder).write_text(f"{head}students:\n  m:\n{second}\n{first.rstrip()}\n\nteacher:{tail}")


def remove_a_student(folder: Path) -> None:
    head, rest = study(folder).read_text().split("  m:\n", 1)
    study(folder).write_text(f"{head}\nteacher:{rest.split('teacher:', 1)[1]}")
    in_study("[s, m]", "[s]")(folder)


def remove_all_predictions(folder: Path) -> None:
    others, _ = study(folder).read_text().split("\npredictions:")
    study(folder).write_text(others)


NOTHING = [
    Edit("a comment in the study", append("studies/smoke.yaml", "\n# a remark\n"), set()),
    Edit("the order of students", swap_students, set()),
    Edit(
        "a default that is written out",
        in_study("suites: [holdout],", "suites: [holdout], samples: 1,"),
        set(),
    ),
    Edit(
        "the effect of interest",
        in_study("bootstrap_samples: 200", "bootstrap_samples: 200, effect_of_interest: 0.1"),
        set(),
    ),
]

NOTHING.append(
    Edit(
        "when a job of a judge gives up",
        in_study(
            "primary_judge:", "judging: {max_failed_share: 0.5, max_unparsed_in_a_row: 3}\nprimary_judge:"
        ),
        set(),
    )
)

DATA = [
    Edit(
        "the seed of the task pack: every task's text",
        in_study("    seed: 0\n    skills", "    seed: 1\n    skills"),
        OF_TASKS,
    ),
    Edit(
        "the number of holdout tasks",
        in_study("holdout: 5}", "holdout: 6}"),
        {"build_tasks holdout", "check_contamination"} | answered(*RUNS),
    ),
    Edit(
        "the number of train tasks",
        in_study("{train: 4,", "{train: 5,"),
        {"build_tasks train", "check_contamination"} | DEMONSTRATED | trained(*TRAINED),
    ),
    Edit(
        "a suite added: no demonstration, no training",
        both(
            in_study("    judge_scored: 6\n", NEW_SKILLS),
            in_study("suites: [holdout],", "suites: [holdout, transfer],"),
        ),
        {"build_tasks transfer", "check_contamination", "make_figure_transfer"} | answered(*RUNS) | SHOWN,
        {"build_tasks": "new"},
    ),
    Edit(
        "a protocol added: no training, and what was judged is judged from what was kept",
        in_study("max_model_len: 256}", "max_model_len: 256, protocols: {main: {}, sampling: " + SAMPLING),
        answered(*RUNS),
    ),
    Edit(
        "a condition added",
        in_study("curated, placebo]", "curated, placebo, shuffled]"),
        answered(*RUNS),
        {"generate": "inference: conditions: added shuffled"},
    ),
    Edit(
        "a condition removed",
        in_study("curated, placebo]", "curated]"),
        answered(*RUNS) - {"make_figure_placebo_ladder"},
    ),
    Edit(
        "the share of corrupted demonstrations",
        in_study("corrupted_share: 0.1", "corrupted_share: 0.2"),
        DEMONSTRATED | trained(*TRAINED),
    ),
    Edit(
        "the rows of a corpus",
        in_study("rows: 26", "rows: 25"),
        {"select_corpus worked", "write_dataset_card worked"} | trained(*TRAINED),
    ),
]

MODELS = [
    Edit(
        "the learning rate of a recipe",
        in_study("learning_rate: 5.0e-3", "learning_rate: 4.0e-3"),
        trained(*TRAINED),
        {"train": "recipe `sft`: learning_rate: 5.0e-3 -> 4.0e-3"},
    ),
    Edit(
        "a further checkpoint of a recipe",
        in_study("checkpoints: [final]", "checkpoints: [8, final]"),
        trained(*TRAINED),
        {"train": "recipe `sft`: checkpoints: added 8"},
    ),
    Edit(
        "two values of a recipe swapped",
        in_study("rank: 8, alpha: 16", "rank: 16, alpha: 8"),
        trained(*TRAINED),
        {"train": "recipe `sft`: trainable.lora.alpha: 16.0 -> 8.0; trainable.lora.rank: 8 -> 16"},
    ),
    Edit(
        "the pre-training of one student",
        in_study("steps: 120, learning_rate: 6.0e-3", "steps: 121, learning_rate: 6.0e-3"),
        pretrained("s"),
        {"pretrain": "student `s`: pretraining.steps: 120 -> 121"},
    ),
    Edit(
        "interventions added: no training",
        in_study("inference: {", "inference: {interventions: {kinds: [early]}, "),
        answered(*RUNS) | {"make_figure_chain"},
    ),
    Edit(
        "a chat model added that paraphrases chains: no training",
        in_study(
            "inference: {", f"inference: {{interventions: {{kinds: [paraphrase], paraphrase: {CHAT}}}, "
        ),
        answered(*RUNS)
        | {f"{rule} {run}" for rule in ("paraphrase_chains", "force_paraphrases") for run in RUNS}
        | {"make_figure_chain"},
    ),
    Edit("the length of answers", in_study("max_tokens: 48", "max_tokens: 40"), answered(*RUNS)),
    Edit(
        "a recipe added",
        in_study("\nruns:", RECIPE),
        trained("s short-s0") | OF_JUDGES | {"make_figure_recipe_band"},
    ),
    Edit(
        "a recipe added on the same tasks as another: nothing is demonstrated or trained again",
        both(
            in_study(SAME_TASKS, f"{SAME_TASKS}  lines: {{like: worked, form: answer_only}}\n"),
            in_study("\nruns:", RECIPE.replace("corpus: worked", "corpus: lines")),
        ),
        {"select_corpus lines", "write_dataset_card lines", "make_figure_recipe_band"}
        | trained("s short-s0")
        | OF_JUDGES,
    ),
    Edit(
        "a recipe added that starts from another: nothing else is trained again",
        both(in_study(SAME_TASKS, f"{SAME_TASKS}{PAIRS}"), in_study("\nruns:", f"\n{PREFERENCES}")),
        {"select_corpus pairs", "write_dataset_card pairs", "make_figure_recipe_band"}
        | trained("s preferred-s0")
        | OF_JUDGES,
    ),
    Edit(
        "a recipe on rewards added: no demonstration, no corpus, no other training",
        in_study("\nruns:", f"\n{REWARDS}"),
        trained("s rewarded-s0") | OF_JUDGES | {"make_figure_recipe_band"},
    ),
    Edit(
        "a training seed added",
        both(
            in_study("students: [s, m], seeds: [0]}", "students: [s], seeds: [0, 1]}"),
            in_study("\njudges:", "  - {recipe: sft, students: [m], seeds: [0]}\n\njudges:"),
        ),
        trained("s sft-s1") | OF_JUDGES,
        {"train": "new"},
    ),
    Edit(
        "a run removed",
        in_study("students: [s, m], seeds: [0]}", "students: [s], seeds: [0]}"),
        SCORES | {LOSS_CURVES, BATCH_TABLE} | OF_JUDGES,
    ),
    Edit(
        "a tier added",
        in_study("\nteacher:", TIER),
        {"pretrain l"} | answered("l base") | OF_JUDGES | {LOSS_CURVES},
    ),
    Edit(
        "a tier removed",
        remove_a_student,
        SCORES | {LOSS_CURVES, BATCH_TABLE} | OF_JUDGES,
    ),
    Edit(
        "a label",
        in_study("label: 46 k", "label: tiny"),
        SHOWN | {"browse_episodes", "write_model_cards"},
    ),
]

JUDGING = [
    Edit(
        "a judge added",
        in_study("primary_judge:", "  again: {model: offline/tail, max_tokens: 128}\nprimary_judge:"),
        judged(*RUNS, judges=("again",)) | SCORES | certified("again"),
    ),
    Edit(
        "a judge removed",
        in_study("  tail: {model: offline/tail, max_tokens: 256}\n", ""),
        (SCORES | certified()) - {"make_figure_judge_agreement", "make_table_agreement"},
    ),
    Edit(
        "the settings of one judge",
        in_study(
            "tail: {model: offline/tail, max_tokens: 256}", "tail: {model: offline/tail, max_tokens: 200}"
        ),
        judged(*RUNS, judges=("tail",)) | SCORES | certified("tail"),
        {"judge": "judge `tail`: max_tokens: 256 -> 200"},
    ),
]

ANALYSING = [
    Edit(
        "the study's description",
        in_study("for tests, not", "for trial, not"),
        {"write_model_cards", "write_dataset_card worked", "all"},
    ),
    Edit(
        "the bootstrap's samples",
        in_study("bootstrap_samples: 200", "bootstrap_samples: 300"),
        SHOWN | (SCORES - {"score", "browse_episodes", "count_look", "publish_ledger", "check_predictions"}),
    ),
    Edit(
        "a forecast added: students are asked before training, and nothing is trained or answered again",
        in_study("bootstrap_samples: 200", "bootstrap_samples: 200, forecast: {suite: dev}"),
        {"build_tasks dev", "discriminate s", "discriminate m", "make_figure_forecast"}
        | SHOWN
        | (SCORES - {"score", "browse_episodes"}),
        {"discriminate": "new"},
    ),
    Edit(
        "a margin: the analysis alone, and what is shown of it",
        in_study("bootstrap_samples: 200", "bootstrap_samples: 200, margins: {uniform_lift: 0.1}"),
        SHOWN | (SCORES - {"score", "browse_episodes"}),
    ),
    Edit(
        "the headline path",
        in_study('"judge:conclusion"', '"judge:tail"'),
        SHOWN | SCORES - {"score"},
    ),
    Edit(
        "a limit of the certification",
        in_study("bootstrap_samples: 200", "bootstrap_samples: 200, certification: {max_false_fail: 0.5}"),
        SHOWN,
    ),
    Edit(
        "how much may be unscored without a warning",
        in_study("primary_judge:", "judging: {max_unscored_share: 0.2}\nprimary_judge:"),
        SHOWN,
    ),
    Edit("a prediction", in_study("direction: greater", "direction: less"), PREDICTED),
    Edit(
        "a prediction added",
        append(
            "studies/smoke.yaml",
            "  again: {effect: {contrast: curated-none, student: m}, direction: greater}\n",
        ),
        PREDICTED,
    ),
    Edit("all predictions removed", remove_all_predictions, REMAINING | {"all"}),
    Edit("the study's name", in_study("name: smoke", "name: other"), everything(), {"train": "new"}),
]

EDITS_OF_STUDIES = [*NOTHING, *DATA, *MODELS, *JUDGING, *ANALYSING]
