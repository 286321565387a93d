"""Odd tables of scores that people have: each is read as it is meant, or refused in words."""

from __future__ import annotations

import json

import polars as pl
import pytest
from made_logs import table
from read_logs import arms, one, values

from skillift.errors import UserError
from skillift.evaluation_logs.compared import _known
from skillift.evaluation_logs.log_tables import tables


def test_items_called_001_and_1_are_two(tmp_path):
    found = one(table(tmp_path, "item,score\n001,1\n1,0\n"))
    assert found.rows.select("item", "epoch").rows() == [("001", 0), ("1", 0)]


@pytest.mark.parametrize("mark", [";", "\t"])
def test_tables_with_another_separator_are_read(mark, tmp_path):
    text = "item,score\na,1\nb,0\n".replace(",", mark)
    assert values(table(tmp_path, text)) == [1.0, 0.0]


def test_a_byte_order_mark_and_a_quoted_line_break_are_read(tmp_path):
    found = one(table(tmp_path, '\ufeffitem,score,prompt\na,1,"two\nlines"\n'))
    assert found.rows.select("item", "prompt").rows() == [("a", "two\nlines")]


@pytest.mark.parametrize("score", ["inf", "-inf", "NaN", ""])
def test_a_score_that_is_no_finite_number_is_none(score, tmp_path):
    assert values(table(tmp_path, f"item,score\na,1\nb,{score}\n")) == [1.0, None]


def test_numbers_and_texts_as_names_of_items_in_json_are_one_kind(tmp_path):
    found = one(table(tmp_path, '{"item": 1, "score": 1}\n{"item": "2", "score": 0}\n', "s.jsonl"))
    assert found.rows["item"].to_list() == ["1", "2"]


@pytest.mark.parametrize(("head", "columns"), [("cluster", {}), ("topic", {"cluster": "topic"})])
def test_a_column_of_groups_is_said_to_group_the_items_of_one_task_and_of_several(head, columns, tmp_path):
    text = f"item,score,{head}\na,1,x\nb,0,x\nc,1,y\n"
    for side in ("before", "after"):
        table(tmp_path / "one" / side, text)
        for task in ("law", "physics"):
            table(tmp_path / "two" / side, text, f"{task}.csv")
    assert [arms(tmp_path / name, columns=columns).clustered for name in ("one", "two")] == [head, head]
    found = tables(arms(tmp_path / "two", columns=columns)).skills["skill_id"].to_list()
    assert found == ["law/x", "law/y", "physics/x", "physics/y"]


def test_prompts_that_are_messages_are_read_as_their_json(tmp_path):
    messages = [{"role": "user", "content": "é?"}]
    text = json.dumps({"item": 1, "score": 1, "prompt": messages})
    assert json.loads(one(table(tmp_path, f"{text}\n", "s.jsonl")).rows["prompt"][0]) == messages


@pytest.mark.parametrize("name", ["item", "score", "cluster"])
def test_a_list_where_a_name_or_a_score_belongs_is_refused(name, tmp_path):
    row = json.dumps({"item": "a", "score": 1, "cluster": "x"} | {name: [1]})
    with pytest.raises(UserError, match=rf"s.jsonl, column {name}: found \[1\], expected a text or a number"):
        values(table(tmp_path, f"{row}\n", "s.jsonl"))


def test_commas_in_the_cells_of_a_table_of_semicolons_are_part_of_them(tmp_path):
    found = one(table(tmp_path, "item;score;prompt\na;1;one, two, three\n"))
    assert found.rows["prompt"].to_list() == ["one, two, three"]


def test_an_ending_in_capitals_is_the_same_ending_and_packed_files_are_to_be_unpacked(tmp_path):
    assert values(table(tmp_path / "a", "item,score\na,1\n", "scores.CSV")) == [1.0]
    with pytest.raises(UserError, match=r"Unpack files in \.gz first"):
        values(table(tmp_path / "b", "x", "scores.csv.gz"))


def test_a_byte_order_mark_before_json_lines_is_passed_over(tmp_path):
    assert values(table(tmp_path, '\ufeff{"item": "a", "score": 1}\n', "s.jsonl")) == [1.0]


def test_whole_numbers_may_be_written_with_a_point(tmp_path):
    found = one(table(tmp_path, "item,score,epoch\na,1,0.0\na,0,1.0\n"))
    assert found.rows["epoch"].to_list() == [0, 1]


def test_items_that_were_asked_less_often_than_others_are_not_missing(tmp_path):
    table(tmp_path / "before", "item,score\na,1\na,0\nb,0\nc,1\n")
    table(tmp_path / "after", "item,score\na,1\nb,1\nb,1\n")
    made = tables(arms(tmp_path, "items"))
    known = _known(made).filter(pl.col("passed").is_null())
    assert known.select("run", "task_id", "status").rows() == [("training-s0", "c", "absent")]
    assert made.epochs == (1, 2)


def test_two_epochs_against_one_are_means_of_their_items(tmp_path):
    table(tmp_path / "before", "item,epoch,score\na,0,1\na,1,0\nb,0,1\nb,1,1\n")
    table(tmp_path / "after", "item,epoch,score\na,0,1\nb,0,1\n")
    made = tables(arms(tmp_path))
    counts = made.scores.group_by("run").len().sort("run").rows()
    assert counts == [("base", 4), ("training-s0", 2)]


def test_columns_of_categories_and_small_numbers_are_read(tmp_path):
    frame = pl.DataFrame(
        {"item": ["a", "b"], "score": [1, 0]}, schema={"item": pl.Categorical, "score": pl.Int8}
    )
    frame.write_parquet(tmp_path / "scores.parquet")
    assert values(tmp_path) == [1.0, 0.0]


def test_a_threshold_names_itself_as_the_score(tmp_path):
    for side in ("before", "after"):
        table(tmp_path / side, "item,score\na,0.4\nb,0.9\n")
    made = tables(arms(tmp_path), threshold=0.5)
    assert made.measure.score == "score of at least 0.5"
    assert made.scores["passed"].to_list() == [False, True] * 2
