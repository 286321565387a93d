"""What jobs that load a student ask for follows from the student's shape, the recipe and the corpus."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl
import pytest
from trainings import corpus_of

from skillift.contracts.pipeline import CORPUS
from skillift.running.job_sizes import (
    WORKING_BYTES,
    CorpusSize,
    Shape,
    TrainingJob,
    beside_a_gpu_mb,
    corpus_size,
    local_gpus,
    model_minutes,
    rows_at_once,
    scaled_for_retry,
    serving_mb,
)
from skillift.tables import write_table

LORA = {"lora": {"rank": 32, "alpha": 64, "dropout": 0.05}}
SMOLLM2 = Shape(134_515_008, vocabulary=49_152, hidden=576, intermediate=1536, layers=30)
EMBEDDED = Shape(340_992, vocabulary=600, hidden=96, intermediate=192, layers=3)
REAL = TrainingJob(SMOLLM2, LORA, "float32", batch_size=16, corpus=CorpusSize(353, 577, 134_000))
SMALL = TrainingJob(EMBEDDED, LORA, "float32", batch_size=16, corpus=CorpusSize(353, 200, 60_000), epochs=6)


def test_a_small_student_needs_little_more_than_the_libraries():
    assert 800 < SMALL.memory_mb < 1800
    assert 1000 < serving_mb(46_000, kv_cache_gib=1) < 3000
    assert SMALL.minutes(1) == model_minutes(46_000) == 60


def test_memory_follows_from_all_that_takes_it():
    four = replace(REAL, device_batch_size=4)
    more = {
        "precision": replace(four, precision="bfloat16"),
        "checkpointing": replace(four, checkpointing=True),
        "rows at once": replace(four, device_batch_size=2),
        "length": replace(four, corpus=CorpusSize(353, 200, 60_000)),
    }
    assert [name for name, job in more.items() if job.memory_mb >= four.memory_mb] == []
    assert replace(REAL, trainable="full").memory_mb > REAL.memory_mb + 1200  # gradients and moments
    assert replace(REAL, processes=2).memory_mb > 1.5 * REAL.memory_mb
    assert replace(REAL, device_batch_size=16).memory_mb > 2 * REAL.memory_mb
    assert replace(REAL, device_batch_size=64).memory_mb == replace(REAL, device_batch_size=16).memory_mb
    longer = replace(REAL, corpus=CorpusSize(353, 4000, 900_000))  # of which not two fit the working memory
    assert longer.memory_mb > REAL.memory_mb


def test_what_is_declared_is_near_what_was_measured():
    """Peaks of SmolLM2-135M in float32 on rows of up to 568 tokens, by rows at once (MB; 2026-11-29)."""
    measured = {1: 3_480, 2: 5_940, 4: 9_730}
    declared = {rows: replace(REAL, device_batch_size=rows).memory_mb for rows in measured}
    assert all(measured[rows] < declared[rows] < 1.5 * measured[rows] for rows in measured)
    assert REAL.memory_mb == declared[2]  # what a training chooses itself


def test_of_the_last_blocks_only_their_share_is_trained():
    assert SMOLLM2.trained("full") == 134_515_008
    assert SMOLLM2.trained({"last_n_layers": 3}) == pytest.approx(0.1 * (134_515_008 - 49_152 * 576), abs=1)
    assert SMOLLM2.trained(LORA) == pytest.approx(9.8e6, rel=0.1)  # peft has 9,768,960 on this student


def test_time_follows_from_what_is_computed():
    assert REAL.minutes(2) < REAL.minutes(1)
    assert 2 * REAL.minutes(1) == pytest.approx(replace(REAL, epochs=2).minutes(1), abs=1)
    assert serving_mb(4 * 10**9, kv_cache_gib=0) > 32_000
    assert model_minutes(4 * 10**9) == 180
    assert beside_a_gpu_mb(4 * 10**9) > 64_000


@pytest.mark.parametrize(
    ("share", "row", "expected"),
    [
        (16, 1, 16),
        (16, WORKING_BYTES / 5, 4),
        (16, WORKING_BYTES / 7, 6),
        (16, 2 * WORKING_BYTES, 1),
        (1, 1, 1),
    ],
)
def test_rows_at_once_are_equal_parts_of_a_share(share, row, expected):
    assert rows_at_once(share, row) == expected


def test_a_shape_is_read_of_any_configuration(tmp_path):
    config = {"text_config": {"hidden_size": 8, "num_hidden_layers": 2, "intermediate_size": [16, 32]}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert Shape.read(tmp_path, 5) == Shape(5, 0, 8, 32, 2)
    assert Shape.of({"n_embd": 8, "n_layer": 2, "vocab_size": 9}, 5) == Shape(5, 9, 8, 32, 2)
    with pytest.raises(FileNotFoundError):
        Shape.read(tmp_path / "missing", 5)


def test_the_size_of_a_corpus_is_read_as_it_stands(tmp_path):
    corpus = tmp_path / "corpus.parquet"
    with pytest.raises(FileNotFoundError):
        corpus_size(corpus, 300)
    write_table(corpus_of([("a" * 100, "b" * 50), ("c", "d")]), corpus, CORPUS)
    assert corpus_size(corpus, 300) == (2, 190, 232)
    assert corpus_size(corpus, 50_000) == (2, 124, 165)


def test_a_pair_is_two_sequences_of_the_same_prompt(tmp_path):
    corpus = corpus_of([("a" * 100, "b" * 50)]).with_columns(rejected=pl.lit("c" * 30))
    write_table(corpus, tmp_path / "corpus.parquet", CORPUS)
    assert corpus_size(tmp_path / "corpus.parquet", 300) == (1, 80 + 280, 80 + 280)


def test_a_reference_takes_time_and_without_adapters_memory():
    whole = replace(REAL, trainable="full")
    assert replace(whole, reference=True).memory_mb - whole.memory_mb == pytest.approx(619, abs=1)
    assert replace(REAL, reference=True).memory_mb == REAL.memory_mb
    long = replace(REAL, epochs=40)
    assert replace(long, reference=True).minutes() == pytest.approx(long.minutes() * 8 / 6, rel=0.01)


@pytest.mark.parametrize(("attempt", "expected"), [(1, 100), (2, 200), (3, 400), (9, 1600)])
def test_each_attempt_gets_twice_as_much_up_to_a_limit(attempt, expected):
    assert scaled_for_retry(100, attempt) == expected


def test_an_accelerator_is_found_by_its_device(tmp_path):
    (tmp_path / "nvidiactl").touch()
    assert local_gpus(tmp_path) == 0
    (tmp_path / "nvidia0").touch()
    assert local_gpus(tmp_path) == 1


def test_a_task_that_is_answered_in_training_takes_its_prompt_and_the_longest_answer_so_often():
    assert CorpusSize(10, 30, 200).answered(4, 20) == CorpusSize(10, 4 * 50, 4 * 400)
