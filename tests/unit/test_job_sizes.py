"""What jobs that load a student ask for grows with the student and with each attempt."""

from __future__ import annotations

import pytest

from skillift.running.job_sizes import grown, local_gpus, model_minutes, serving_mb, training_mb


def test_a_small_student_needs_little_more_than_the_libraries():
    assert training_mb(46_000) == 4000
    assert serving_mb(46_000, kv_cache_gib=1) == 5074
    assert model_minutes(46_000) == 60


def test_memory_and_time_grow_with_the_student():
    assert training_mb(4 * 10**9) == 4000 + 64_000
    assert serving_mb(4 * 10**9, kv_cache_gib=0) == 4000 + 24_000
    assert model_minutes(4 * 10**9) == 180


@pytest.mark.parametrize(("attempt", "expected"), [(1, 100), (2, 200), (3, 400), (9, 1600)])
def test_each_attempt_gets_twice_as_much_up_to_a_limit(attempt, expected):
    assert grown(100, attempt) == expected


def test_an_accelerator_is_found_by_its_device(tmp_path):
    (tmp_path / "nvidiactl").touch()
    assert local_gpus(tmp_path) == 0
    (tmp_path / "nvidia0").touch()
    assert local_gpus(tmp_path) == 1
