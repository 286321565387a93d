"""Logs that cannot be compared, each with what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
from made_logs import line, scored, write_lighteval, write_lm_eval

RIGHT = scored([1.0, 0.0, 1.0, 0.0])
BEFORE, AFTER = "before", "after"


def _both(before: list, after: list | None = None, **settings: object) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        write_lm_eval(folder / BEFORE, before)
        write_lm_eval(folder / AFTER, RIGHT if after is None else after, **settings)
        return []

    return make


def _table(before: str, ending: str = "csv", *options: str, after: str = "") -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        for name, text in ((BEFORE, before), (AFTER, after or before)):
            (folder / name).mkdir()
            (folder / name / f"scores.{ending}").write_text(text, encoding="utf-8")
        return list(options)

    return make


def _changed(place: int, **changes: object) -> list[dict]:
    lines = list(RIGHT)
    lines[place] = line(place, lines[place]["exact_match"], **changes)
    return lines


def _nothing(folder: Path) -> list[str]:
    write_lm_eval(folder / AFTER, RIGHT)
    (folder / BEFORE).mkdir()
    (folder / BEFORE / "notes.txt").write_text("nothing")
    return []


def _no_folder(folder: Path) -> list[str]:
    write_lm_eval(folder / AFTER, RIGHT)
    return []


def _without_results(folder: Path) -> list[str]:
    _both(RIGHT)(folder)
    next((folder / BEFORE).glob("results_*")).unlink()
    return []


def _other_results(text: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        _both(RIGHT)(folder)
        next((folder / BEFORE).glob("results_*")).write_text(text, encoding="utf-8")
        return []

    return make


def _twice(folder: Path) -> list[str]:
    _both(RIGHT)(folder)
    write_lm_eval(folder / BEFORE, RIGHT, time="2026-11-30T00-00-00.000001")
    return []


def _renamed(folder: Path) -> list[str]:
    _both(RIGHT)(folder)
    found = next((folder / BEFORE).glob("samples_*"))
    found.rename(found.with_name("samples_mine.jsonl"))
    return []


def _two_kinds(folder: Path) -> list[str]:
    _both(RIGHT)(folder)
    (folder / BEFORE / "scores.csv").write_text("item,score\na,1\n")
    return []


def _conditions(*tasks: str, options: tuple[str, ...]) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        for name in (BEFORE, AFTER):
            for task in tasks:
                write_lm_eval(folder / name, RIGHT, task=task)
        return list(options)

    return make


def _missing_arm(folder: Path) -> list[str]:
    for task in ("plain", "steps"):
        write_lm_eval(folder / BEFORE, RIGHT, task=task)
    write_lm_eval(folder / AFTER, RIGHT, task="plain")
    return ["--condition", "none=plain", "curated=steps"]


def _tasks_of(metrics: list[str], models: list[str]) -> Callable[[Path], list[str]]:
    """A folder with a task for each of these scores and models."""

    def make(folder: Path) -> list[str]:
        for side in (BEFORE, AFTER):
            for place, (metric, model) in enumerate(zip(metrics, models, strict=True)):
                lines = [line(n, None, metrics=[metric], **{metric: n % 2}) for n in range(4)]
                time, named = f"2026-11-29T23-4{place}-28", {"model_name": model}
                write_lm_eval(folder / side, lines, task=f"task{place}", time=time, results=named)
        return []

    return make


def _broken_inspect(folder: Path) -> list[str]:
    for name in (BEFORE, AFTER):
        (folder / name).mkdir()
        (folder / name / "log.eval").write_bytes(b"PK\x03\x04 cut off")
    return []


def _details(**after: object) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        write_lighteval(folder / BEFORE, [1, 0, 1])
        write_lighteval(folder / AFTER, [1, 1, 1], **after)
        return []

    return make


def _spoilt(pattern: str, content: bytes | dict) -> Callable[[Path], list[str]]:
    """Details of which one file is something else: bytes, or a table of these columns."""

    def make(folder: Path) -> list[str]:
        _details()(folder)
        file = next((folder / AFTER).rglob(pattern))
        if isinstance(content, dict):
            pl.DataFrame(content).write_parquet(file)
        else:
            file.write_bytes(content)
        return []

    return make


def _empty_folder(folder: Path) -> list[str]:
    write_lm_eval(folder / BEFORE, RIGHT)
    (folder / AFTER).mkdir()
    return []


def _in_encoding(encoding: str, text: str) -> Callable[[Path], list[str]]:
    def make(folder: Path) -> list[str]:
        for name in (BEFORE, AFTER):
            (folder / name).mkdir()
            (folder / name / "scores.csv").write_bytes(text.encode(encoding))
        return []

    return make


ITEMS = "item,score\na,1\nb,0\nc,1\n"

# name: (makes the logs and gives further options, what is said)
BAD_LOGS: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "no such folder": (_no_folder, r"before: found 'no such file or folder'"),
    "a folder without logs": (_nothing, r"before: found 'notes.txt', expected samples_\*\.jsonl"),
    "logs of two kinds": (
        _two_kinds,
        r"found 'plain tables and samples of lm_eval', expected logs of one kind",
    ),
    "cut off in a line": (
        _both([*scored([1.0, 0.0]), '{"doc_id": 2, "doc": {"id"']),
        r"samples_sums.*jsonl, line 3: found .*expected an item as lm_eval",
    ),
    "no line": (_both([]), r"found 'no line', expected a line for each item"),
    "a line that is no object": (_both([*RIGHT, "[1, 2]"]), r"line 5: found 'Expected `object`"),
    "without results": (
        _without_results,
        r"results_.*json: found 'no file', expected the results of samples_sums",
    ),
    "broken results": (
        _other_results('{"configs": '),
        r"results_.*json: found .*expected the JSON that lm_eval writes",
    ),
    "results of something else": (_other_results("[]"), r"found 'no key configs'"),
    "two runs of a task": (_twice, r"samples of sums: found 'samples_sums.*expected one run of a task"),
    "a renamed file": (_renamed, r"found 'samples_mine.jsonl', expected a name such as"),
    "no names of scores": (
        _both(_changed(0) and [line(n, 1.0, metrics=None) for n in range(4)]),
        r"key metrics",
    ),
    "several scores": (
        _both([line(n, 1.0, metrics=["exact_match", "f1"], f1=0.5) for n in range(4)]),
        r"metrics: found 'exact_match, f1', expected one. Say which with --metric",
    ),
    "several filters": (
        _both([line(n, 1.0, filter=name) for n in range(4) for name in ("strict", "flexible")]),
        r"filters: found 'flexible, strict', expected one. Say which with --filter",
    ),
    "an item twice": (_both([*RIGHT, RIGHT[0]]), r"line 5, item: found '0', expected each item once"),
    "no document": (
        lambda folder: [*_both(_changed(1, doc="q1"))(folder), "--item", "id"],
        r"line 2, key doc: found 'q1'",
    ),
    "an unknown field": (
        lambda folder: [*_both(RIGHT)(folder), "--cluster", "topic"],
        r"line 1, fields: found 'doc_id, id, question, skill', expected 'topic', as --cluster says",
    ),
    "a field of another form": (
        lambda folder: [*_both(_changed(0, doc={"id": ["a"]}))(folder), "--item", "id"],
        r"line 1, field id: found \['a'\], expected a text or a number",
    ),
    "an unknown metric": (
        lambda folder: [*_both(RIGHT)(folder), "--metric", "acc"],
        r"metrics: found 'exact_match', expected 'acc', as --metric says",
    ),
    "a score for a whole set": (
        _both([line(n, [1, 2]) for n in range(4)]),
        r"line 1, key exact_match: found \[1, 2\], expected a number or true or false",
    ),
    "a score outside of its range": (
        lambda folder: [*_both(scored([0.5, 1.0, 0.0, 7.0]))(folder), "--range", "exact_match=0:5"],
        r"item 3 of base under none: found 7.0, expected 0 to 5, as --range says",
    ),
    "a range of another score": (
        lambda folder: [*_both(RIGHT)(folder), "--range", "f1=0:1"],
        r"--range: found 'f1', expected the score that is compared, exact_match",
    ),
    "tasks with other scores": (
        _tasks_of(["acc", "f1"], ["m", "m"]),
        r"base under none, metrics of its tasks: found 'acc, f1', expected one score in all tasks",
    ),
    "tasks of other models": (
        _tasks_of(["acc", "acc"], ["m", "other"]),
        r"base under none, models of its tasks: found 'm, other', expected one model\.",
    ),
    "other targets": (
        _both(RIGHT, _changed(2, target_hash="another")),
        r"found 'item 2 with other targets \(1 of 4\)', expected items of the same name to be the same",
    ),
    "no item of both": (
        _both(RIGHT, [line(n, 1.0) for n in range(10, 14)]),
        r"found \"no item of both, such as '0' and '10'\"",
    ),
    "items missing after": (
        _both(RIGHT, RIGHT[:3]),
        r"found '1 of 4 items are not there, such as 3'.*\n.*--accept items",
    ),
    "other prompts": (
        _both(RIGHT, _changed(1, prompt_hash="another")),
        r"1 of 4 prompts differ, such as that of 1.*\n.*--accept prompts",
    ),
    "other sampling": (
        _both(RIGHT, generation_kwargs={"temperature": 1.0}),
        r"generation: found .*temperature.*expected the same.*\n.*--accept sampling",
    ),
    "another version of the task": (
        _both(RIGHT, results={"versions": {"sums": 2.0}}),
        r"version: found '2.0 there and 1.0 in base under none'.*\n.*--accept scorer",
    ),
    "an arm missing": (_missing_arm, r"expected training-s0 under curated, too"),
    "no task of a condition": (
        _conditions("plain", options=("--condition", "none=simple*")),
        r"--condition: found 'no task of the logs'",
    ),
    "a task of two conditions": (
        _conditions("plain", options=("--condition", "none=pl*", "curated=*ain")),
        r"task plain: found \['none', 'curated'\], expected one condition",
    ),
    "a condition of no such name": (
        _conditions("plain", "steps", options=("--condition", "none=plain", "procedure=steps")),
        r"--condition: found 'procedure', expected one of none, curated",
    ),
    "a table without scores": (
        _table("item,right\na,1\n"),
        r"columns: found 'item, right', expected 'score' for score",
    ),
    "a table without rows": (_table("item,score\n"), r"found 'no row', expected a row for each item"),
    "a table with a word as a score": (
        _table("item,score\na,1\nb,good\n"),
        r"row 2, column score: found 'good', expected a number, true, false or nothing",
    ),
    "a table with an item that is not named": (
        _table("item,score\n,1\nb,1\n"),
        r"row 1, column item: found None",
    ),
    "a table with an item twice": (
        _table("item,epoch,score\na,0,1\na,0,1\n"),
        r"item: found 'a', expected each item once in each epoch",
    ),
    "a table with an epoch that is not numbered": (
        _table("item,epoch,score\na,,1\n"),
        r"row 1, column epoch: found None, expected a whole number from 0",
    ),
    "an item in two groups": (
        _table(
            ITEMS.replace("score", "score,cluster").replace("\na,1", "\na,1,x").replace("0\n", "0,x\n"),
            "csv",
            "--cluster",
            "cluster",
            after="item,score,cluster\na,1,y\nb,0,x\nc,1,\n",
        ),
        r"item a, groups: found \['x', 'y'\]",
    ),
    "broken JSON lines": (
        _table('{"item": "a", "score": 1}\n{"item"', "jsonl"),
        r"scores.jsonl, line 2: found .*expected a JSON object in each line",
    ),
    "a list in a line": (
        _table('[{"item": "a"}]\n', "jsonl"),
        r"line 1: found 'list', expected a JSON object",
    ),
    "a row with more cells than the first": (
        _table("item,score\na,1\nb,1,2\n"),
        r"scores.csv, line 3: found '3 cells', expected 2, as in the first line",
    ),
    "a column twice": (_table("item,item,score\na,b,1\n"), r"columns: found 'item twice'"),
    "an epoch that is no whole number": (
        _table("item,epoch,score\na,0.5,1\n"),
        r"row 1, column epoch: found '0.5', expected a whole number",
    ),
    "an empty table": (_table(""), r"scores.csv: found 'an empty file', expected a row for each item"),
    "a table in another encoding": (
        _in_encoding("latin-1", "item,score\n\u00e9,1\n"),
        r"scores.csv: found 'byte 0xe9', expected text in UTF-8.*iconv -f LATIN1",
    ),
    "a text that is called Parquet": (_table("item,score\na,1\n", "parquet"), r"scores.parquet: found"),
    "a table in UTF-16": (
        _in_encoding("utf-16", ITEMS),
        r"scores.csv: found 'text in UTF-16', expected text in UTF-8.*iconv",
    ),
    "a table that does not name its items": (
        _table("id,score\na,1\n"),
        r"columns: found 'id, score', expected 'item' for item. Name it: --columns item=COLUMN",
    ),
    "an arm without a file": (_empty_folder, r"after: found 'an empty folder', expected samples_"),
    "no score that is a number": (
        _both(scored([float("nan")] * 4), scored([None] * 4)),
        r"scores of all arms: found 'none', expected at least one score",
    ),
    "one score throughout": (
        _both(scored([0.7] * 4), scored([0.7] * 4)),
        r"score exact_match of all arms: found '0.7 throughout', expected scores that differ.*--range",
    ),
    "scores without a difference": (
        _both(scored([1e308, -1e308, 1.0, 0.0])),
        r"range of the score exact_match: found '-1e\+308 to 1e\+308'",
    ),
    "details of lighteval that are no Parquet": (
        _spoilt("details_*.parquet", b"PAR1 cut off"),
        r"details_sums.*parquet: found .*expected a table in Parquet",
    ),
    "details of an older lighteval": (
        _spoilt("details_*.parquet", {"full_prompt": ["a"], "metrics": [1]}),
        r"columns: found 'full_prompt, metrics', expected doc, metric, model_response.*newer",
    ),
    "broken results of lighteval": (
        _spoilt("results_*.json", b'{"config_general"'),
        r"results_.*json: found .*expected the JSON that lighteval writes",
    ),
    "results of something else beside details": (
        _spoilt("results_*.json", b'{"config_general": {}}'),
        r"found 'no object config_tasks', expected the results of lighteval",
    ),
    "other sampling by lighteval": (
        _details(parameters={"temperature": 0.7}),
        r"generation: found .*0\.7.*expected the same.*\n.*--accept sampling",
    ),
    "another scorer by lighteval": (
        _details(sample_level_fn="ExactMatches(strip)"),
        r"function: found .*strip.*expected the same.*\n.*--accept scorer",
    ),
    "a log of Inspect that is cut off": (_broken_inspect, r"log.eval: found"),
}


def json_of(lines: list[dict]) -> str:
    """Lines as text."""
    return "".join(json.dumps(each) + "\n" for each in lines)
