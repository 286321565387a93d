"""A recipe and a corpus of random demonstrations, for trainings of a few seconds."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import polars as pl

from skillift.contracts.pipeline import CORPUS
from skillift.settings.specs import TrainSpec
from skillift.tables import check

if TYPE_CHECKING:
    from skillift.training.fine_tuning import TrainingResult

LORA = {"lora": {"rank": 4, "alpha": 8, "dropout": 0.0}}
RECIPE = {
    "objective": "sft",
    "trainable": LORA,
    "learning_rate": 1.0e-2,
    "epochs": 2,
    "batch_size": 4,
    "schedule": "linear",
    "warmup_ratio": 0.0,
    "weight_decay": 0.0,
    "checkpoints": ["final"],
    "seed": 0,
    "precision": "float32",
    "thinking": False,
}


def train(recipe: dict, *parts, **others) -> TrainingResult:
    """A training by a recipe that is given as a study file has it, with what the study pins."""
    from skillift.training import fine_tuning as run

    return run.train(TrainSpec(**recipe), *parts, **others)


def corpus_of(rows: list[tuple[str, str]]) -> pl.DataFrame:
    messages = [
        [{"role": "user", "content": question}, {"role": "assistant", "content": response}]
        for question, response in rows
    ]
    keys = {"task_id": [f"t{number}" for number in range(len(rows))], "attempt": [0] * len(rows)}
    frame = pl.DataFrame({**keys, "messages": messages}, schema=dict(CORPUS_SCHEMA))
    return check(frame, CORPUS, "corpus")


CORPUS_SCHEMA = {
    "task_id": pl.String,
    "attempt": pl.Int64,
    "messages": pl.List(pl.Struct({"role": pl.String, "content": pl.String})),
}


def demonstrations(count: int = 12) -> pl.DataFrame:
    draw = random.Random(0)
    return corpus_of(
        [
            ("".join(draw.choices("abcde", k=draw.randint(3, 9))), "ANSWER: " + draw.choice("123"))
            for _ in range(count)
        ]
    )
