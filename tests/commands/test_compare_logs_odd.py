"""Odd logs of harnesses that people have: each is read as it is meant, or refused in words."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from made_logs import line, scored, table, write_lighteval, write_lm_eval
from read_logs import arms, one, values

from skillift.errors import UserError
from skillift.evaluation_logs import inspect_logs
from skillift.evaluation_logs.log_arms import Source, read_arms
from skillift.evaluation_logs.log_tables import tables
from skillift.evaluation_logs.records import Wanted

RIGHT = scored([1.0, 0.0, 1.0, 0.0])


# lm-evaluation-harness


def test_empty_lines_and_line_ends_of_windows_are_no_items(tmp_path):
    write_lm_eval(tmp_path, [f"{json.dumps(each)}\r" for each in RIGHT] + ["", ""])
    assert values(tmp_path) == [1.0, 0.0, 1.0, 0.0]


def test_a_mark_of_the_byte_order_before_results_is_passed_over(tmp_path):
    write_lm_eval(tmp_path, RIGHT)
    for path in tmp_path.iterdir():
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert values(tmp_path) == [1.0, 0.0, 1.0, 0.0]


def test_items_numbered_by_texts_are_those_numbered_by_numbers(tmp_path):
    write_lm_eval(tmp_path / "before", RIGHT)
    write_lm_eval(tmp_path / "after", [each | {"doc_id": str(each["doc_id"])} for each in RIGHT])
    assert [arm.rows.height for arm in arms(tmp_path).arms] == [4, 4]


def test_fields_of_other_versions_are_passed_over_and_missing_hashes_do_without(tmp_path):
    old = [
        line(n, 1.0, prompt_hash=None, target_hash=None, doc_hash=None, arguments=[[f"Q {n}?", {}]])
        | {"schema": 3, "extra": {"x": [1]}}
        for n in range(3)
    ]
    write_lm_eval(tmp_path, old)
    rows = one(tmp_path).rows
    assert rows["prompt_key"].to_list() == ["Q 0?", "Q 1?", "Q 2?"]
    assert rows["item_key"].to_list() == ["0", "1", "2"]


@pytest.mark.parametrize(("name", "expected"), [("strict", [1.0, 0.0]), ("flexible", [0.0, 1.0])])
def test_of_two_filters_the_one_that_was_asked_for_is_read(name, expected, tmp_path):
    lines = [
        line(n, float((n == 0) == (kind == "strict")), filter=kind)
        for kind in ("strict", "flexible")
        for n in (0, 1)
    ]
    write_lm_eval(tmp_path, lines)
    assert values(tmp_path, filter=name) == expected


def test_of_accuracy_and_normalised_accuracy_the_one_that_was_asked_for_is_read(tmp_path):
    lines = [line(n, 0.0, metrics=["acc", "acc_norm"], acc=float(n), acc_norm=1.0 - n) for n in (0, 1)]
    write_lm_eval(tmp_path, lines)
    assert values(tmp_path, metric="acc") == [0.0, 1.0]
    assert values(tmp_path, metric="acc_norm") == [1.0, 0.0]


def test_subtasks_of_a_group_are_the_groups_of_their_items_whatever_their_sizes(tmp_path):
    for side in ("before", "after"):
        for task, size in (("mmlu_law", 1), ("mmlu_physics", 3)):
            write_lm_eval(tmp_path / side, RIGHT[:size], task=task)
    read = arms(tmp_path)
    assert read.clustered == "task of the harness"
    sizes = read.arms[0].rows.group_by("cluster").len().sort("cluster").rows()
    assert sizes == [("mmlu_law", 1), ("mmlu_physics", 3)]


def test_names_in_any_script_stay_as_they_are(tmp_path):
    name = "数学_вопрос_é"
    lines = [line(n, 1.0, doc={"id": f"問{n}", "skill": "ß"}) for n in range(2)]
    write_lm_eval(tmp_path, lines, task=name)
    found = one(tmp_path, item="id", cluster="skill")
    assert (found.task, found.rows["item"].to_list()) == (name, ["問0", "問1"])


def test_files_that_a_system_hides_are_no_logs(tmp_path):
    write_lm_eval(tmp_path, RIGHT)
    (tmp_path / "._samples_sums_2026-11-29T23-48-28.483706.jsonl").write_bytes(b"\x00\x05")
    table(tmp_path / ".ipynb_checkpoints", "item,score\na,1\n")
    assert len(values(tmp_path)) == 4


def test_scores_that_are_no_finite_number_are_no_scores(tmp_path):
    scores = [float("nan"), float("inf"), True, 10**400]
    write_lm_eval(tmp_path, scored(scores))
    rows = one(tmp_path).rows
    assert rows["value"].to_list() == [None, None, 1.0, None]
    assert rows["reason"].to_list()[:3] == ["exact_match is nan", "exact_match is inf", None]


def test_an_error_of_0_and_1_of_which_less_is_better_is_no_pass(tmp_path):
    for side in ("before", "after"):
        better = {"higher_is_better": {"sums": {"exact_match": False}}}
        write_lm_eval(tmp_path / side, RIGHT, results=better)
    measure = tables(arms(tmp_path)).measure
    assert (measure.metric, measure.unit, measure.lower_is_better) == ("exact_match", "pp", True)


def test_where_less_is_better_a_score_of_at_most_the_threshold_passes(tmp_path):
    results = {"higher_is_better": {"sums": {"exact_match": False}}}
    for side in ("before", "after"):
        write_lm_eval(tmp_path / side, scored([4.0, 5.0, 9.0, None]), results=results)
    made = tables(arms(tmp_path), threshold=5)
    assert made.measure.score == "exact_match of at most 5"
    assert made.scores.filter(run="base")["passed"].to_list() == [True, True, False, None]


@pytest.mark.parametrize("arguments", [{"gen_args_0": None}, {}, [["Q", {}]]])
def test_arguments_of_any_form_are_read(arguments, tmp_path):
    write_lm_eval(tmp_path, [line(0, 1.0, arguments=arguments)])
    assert one(tmp_path).rows["prompt"].to_list() == ["Q" if arguments == [["Q", {}]] else ""]


@pytest.mark.parametrize("key", ["configs", "versions", "n-shot", "higher_is_better"])
def test_results_of_another_form_are_refused_with_their_key(key, tmp_path):
    write_lm_eval(tmp_path, RIGHT, results={key: ["x"]})
    with pytest.raises(UserError, match=rf"key {key}: found \['x'\], expected an object by task"):
        one(tmp_path)


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_does_not_have_is_named_by_its_line(tmp_path, constant):
    rows = f'{{"item": 1, "score": 1}}\n{{"item": 2, "score": {constant}}}\n'
    with pytest.raises(UserError, match=rf"s\.jsonl, line 2: found '?{constant}, which JSON does not have"):
        values(table(tmp_path, rows, "s.jsonl"))


def test_half_a_character_at_the_end_of_an_answer_is_replaced(tmp_path):
    write_lm_eval(tmp_path, [line(0, 1.0, resps=[["cut off \ud83d"]]), line(1, 0.0)])
    assert one(tmp_path).rows["response"].to_list() == ["cut off \ufffd", "It is 1."]


# folders


def test_linked_folders_are_followed_and_each_is_read_once(tmp_path):
    write_lm_eval(tmp_path / "elsewhere", RIGHT)
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "latest").symlink_to(tmp_path / "elsewhere")
    (folder / "run").symlink_to(tmp_path / "elsewhere")
    (folder / "round").symlink_to(folder)
    assert len(values(folder)) == 4


def test_logs_of_tasks_that_are_of_no_condition_are_named_and_need_not_fit(tmp_path):
    for side in ("before", "after"):
        write_lm_eval(tmp_path / side, RIGHT, task="sums")
        write_lm_eval(tmp_path / side, ["no log at all"], task="other")
    sources = [Source("base", None, tmp_path / "before"), Source("training-s0", None, tmp_path / "after")]
    read = read_arms(sources, {"none": "sums"}, Wanted(metric="exact_match"))
    assert read.left_out == ("other",)
    assert [arm.rows.height for arm in read.arms] == [4, 4]


# lighteval


def test_what_lighteval_says_of_a_run_is_read_from_its_results(tmp_path):
    found = one(write_lighteval(tmp_path, [1, 0], higher_is_better=False, sample_level_fn="exact"))
    assert (found.task, found.model, found.lower_is_better) == ("sums|0", "m", True)
    assert found.scorer == {"metric": "em", "function": "exact", "version": 1}
    assert found.sampling["generation"] == {"temperature": 0} and found.sampling["length"] == 96


def test_details_without_results_are_read_and_say_nothing_of_sampling(tmp_path):
    write_lighteval(tmp_path, [1, 0])
    next(tmp_path.rglob("results_*")).unlink()
    found = one(tmp_path)
    assert (found.rows["value"].to_list(), found.sampling) == ([1.0, 0.0], {})


# Inspect, whose samples these stand for


def sample(**scores: object) -> SimpleNamespace:
    given = {name: SimpleNamespace(value=value, answer="x") for name, value in scores.items()}
    return SimpleNamespace(scores=given, error=None, limit=None)


@pytest.mark.parametrize(
    ("value", "expected"),
    [("C", 1.0), ("I", 0.0), ("P", 0.5), ("N", 0.0), ("0.25", 0.25), ("Yes", 1.0), (True, 1.0), (3, 3.0)],
)
def test_a_score_of_inspect_is_what_inspect_takes_it_for(value, expected):
    assert inspect_logs._score(sample(match=value), "match", "here") == (expected, None)


def test_a_score_of_several_values_is_several_scores():
    of_two = sample(quality={"style": 1, "facts": 0.5}, match="C")
    assert set(inspect_logs._values(of_two)) == {"quality/style", "quality/facts", "match"}
    assert inspect_logs._score(of_two, "quality/facts", "here") == (0.5, None)


def test_samples_that_failed_or_met_a_limit_are_unscored_with_their_reason():
    failed, cut = sample(), sample()
    failed.error, cut.limit = "no GPU", "token"
    assert inspect_logs._score(failed, "match", "here") == (None, "error: no GPU")
    assert inspect_logs._score(cut, "match", "here") == (None, "no match (token limit)")


def test_a_score_in_words_is_refused_with_what_can_be_compared():
    with pytest.raises(
        UserError, match="score match: found 'excellent', expected a number, true, false, C or I"
    ):
        inspect_logs._score(sample(match="excellent"), "match", "here")


@pytest.mark.parametrize(("given", "bounded"), [(("C", "P"), True), (("C", 0.5), False)])
def test_letters_have_a_range_and_numbers_have_none(given, bounded):
    assert inspect_logs._in_letters([sample(match=value) for value in given], "match") is bounded


@pytest.mark.skipif(importlib.util.find_spec("inspect_ai") is None, reason="inspect_ai is not installed")
def test_lists_of_logs_that_inspect_writes_are_no_logs(tmp_path):
    source = next((Path(__file__).resolve().parents[1] / "logs/inspect/before").glob("*none*"))
    (tmp_path / source.name).write_bytes(source.read_bytes())
    (tmp_path / "logs.json").write_text("{}")
    assert len(values(tmp_path)) == 60
