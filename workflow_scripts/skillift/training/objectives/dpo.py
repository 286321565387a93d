"""`dpo`: the right answer of a preference pair against the wrong one, beside a reference.

The reference is what the training starts from: the model that the recipe's `start` serves, or the student
itself. The loss stands in `skillift.training.preference_trainer`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from skillift.engines.probes import probes_of
from skillift.libraries import fast_imports
from skillift.settings.specs import TrainSpec
from skillift.students.model_folders import end_tokens, load_model, load_tokenizer
from skillift.study.objectives import Objective
from skillift.training.fit import arguments, fit_rows, optimise, positions, prepare, trained_model
from skillift.training.training_options import TrainingOptions

if TYPE_CHECKING:
    from skillift.training.pairs import Pairs
    from skillift.training.preference_trainer import PairTrainer

OBJECTIVE = Objective(on="pairs", needs=("beta",), takes=("sft_weight",))


def fit(
    spec: TrainSpec,
    model_folder: Path,
    corpus: pl.DataFrame,
    state: Path,
    steps: list[int],
    resume_from: str | None,
    options: TrainingOptions,
) -> None:
    """Train; see `skillift.training.fit.fit`. `corpus` has the column `rejected`."""
    prepare(options)
    trainer, pairs = pair_trainer(spec, model_folder, corpus, state, options)
    optimise(trainer, pairs.checked, probes_of(pairs.chosen), state, steps, resume_from, options)


def pair_trainer(
    spec: TrainSpec, model_folder: Path, corpus: pl.DataFrame, state: Path, options: TrainingOptions
) -> tuple[PairTrainer, Pairs]:
    """The trainer of a recipe before its first step, and its corpus; both checked."""
    with fast_imports():
        from trl import DPOConfig

        from skillift.training.pairs import check_pairs, tokenised_pairs
        from skillift.training.preference_trainer import PairTrainer

    tokenizer = load_tokenizer(model_folder)
    ends = end_tokens(model_folder, tokenizer)
    model, adapters = trained_model(spec, model_folder)
    pairs = tokenised_pairs(corpus, tokenizer, spec.thinking, ends, positions(model), spec.today)
    trainer = PairTrainer(
        model=model,
        ref_model=None if adapters else load_model(model_folder, "float32"),
        args=arguments(DPOConfig, spec, corpus.height, state, options, beta=spec.beta),
        train_dataset=pairs.rows,
        processing_class=tokenizer,
        peft_config=adapters,
        batch_size=spec.batch_size,
        sft_weight=spec.sft_weight or 0.0,
    )
    rows = pairs.rows.to_list()
    shown = [*rows[: spec.batch_size], max(rows, key=lambda row: sum(map(len, row.values())))]
    check_pairs(trainer.data_collator(shown), shown, tokenizer.pad_token_id)
    fit_rows(trainer, spec, state, options)
    return trainer, pairs
