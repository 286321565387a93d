"""A study file is checked whole before any job: what is wrong, where, and the mend."""

from __future__ import annotations

import copy
import subprocess
import sys

import pytest
import yaml
from study_files import EMBEDDED, REPOSITORY, TEACHER

from skillift.errors import UserError
from skillift.provenance import canonical
from skillift.study.study import load_study


@pytest.fixture
def problems_of(study_file):
    """The lines that loading a study file raises, after replacements in the embedded study."""

    def problems(*replacements: tuple[str, str]) -> list[str]:
        text = EMBEDDED
        for old, new in replacements:
            assert old in text, old
            text = text.replace(old, new, 1)
        with pytest.raises(UserError) as caught:
            load_study(study_file(text))
        return str(caught.value).splitlines()

    return problems


def line_of(text: str) -> int:
    return next(number for number, line in enumerate(EMBEDDED.splitlines(), 1) if text in line)


@pytest.mark.parametrize("path", sorted((REPOSITORY / "studies").glob("*.yaml")), ids=lambda path: path.name)
def test_every_study_of_the_repository_loads(path):
    assert load_study(path).name == path.stem


BAD_STUDIES = {
    "an unknown key": (
        ("  learning_rate: 5.0e-3", "  lerning_rate: 5.0e-3"),
        ["recipes.sft.lerning_rate: found an unknown key", "Did you mean 'learning_rate'?"],
    ),
    "a missing key": (("rows: 353, condition", "condition"), ["corpora.worked: found no key 'rows'"]),
    "a misspelt condition": (
        ("[none, curated, placebo", "[none, curated, placbo"),
        ["conditions[2]: found 'placbo', expected one of none, curated, placebo", "Did you mean 'placebo'?"],
    ),
    "a condition that is missing": (("[none, curated,", "[none,"), ["found no condition 'curated'"]),
    "a condition twice": (("placebo, shuffled]", "placebo, none]"), ["conditions[3]: found 'none'", "once"]),
    "text for a number": (
        ("    learning_rate: 5.0e-3", "    learning_rate: 2e-5"),
        ["recipes.sft.learning_rate: found '2e-5', expected a number above 0", "Write 2.0e-5 "],
    ),
    "a quoted number": (("batch_size: 16", 'batch_size: "16"'), ["found '16'", "Write 16 without quotes."]),
    "a share in percent": (("confidence: 0.95", "confidence: 95%"), ["found '95%'", "Write 0.95."]),
    "a negative rate": (
        ("    learning_rate: 5.0e-3", "    learning_rate: -5.0e-3"),
        ["recipes.sft.learning_rate: found -0.005, expected a number above 0"],
    ),
    "a share of one": (
        ("corrupted_share: 0.1", "corrupted_share: 1"),
        ["found 1, expected a number", "below 1"],
    ),
    "not a number": (("confidence: 0.95", "confidence: .nan"), ["analysis.confidence: found nan", "finite"]),
    "a margin of nothing": (
        ("recipe_tie: 0.02", "recipe_tie: 0"),
        ["analysis.margins.recipe_tie: found 0, expected a number above 0 and at most 1"],
    ),
    "a margin of no claim": (
        ("recipe_tie: 0.02", "recipe_ties: 0.02"),
        ["analysis.margins.recipe_ties: found an unknown key", "Did you mean 'recipe_tie'?"],
    ),
    "a recipe naming a missing corpus": (
        ("    corpus: worked", "    corpus: workd"),
        ["recipes.sft.corpus: found 'workd', expected a key of `corpora`", "Did you mean 'worked'?"],
    ),
    "a recipe called base": (("  sft:\n", "  base:\n"), ["recipes.base: found 'base', expected another id"]),
    "a recipe that ends like a seed": (("  sft:\n", "  sft-s1:\n"), ["recipes.sft-s1", "<recipe>-s<seed>"]),
    "a run of an unknown recipe": (("{recipe: sft,", "{recipe: dpo,"), ["runs[0].recipe: found 'dpo'"]),
    "a run of an unknown student": (("[s, m, l]", "[s, m, xl]"), ["runs[0].students[2]: found 'xl'"]),
    "a run declared twice": (
        ("{recipe: answer_only, students: [s]", "{recipe: sft, students: [s]"),
        ["runs[1].students[0]: found the run sft-s0 of s again"],
    ),
    "a seed twice": (
        ("seeds: [0, 1]", "seeds: [1, 1]"),
        ["runs[0].seeds[1]: found 1, expected every item once"],
    ),
    "a negative seed": (("seeds: [0, 1]", "seeds: [0, -1]"), ["runs[0].seeds[1]: found -1"]),
    "a student id with a slash": (
        ("\n  m:\n", "\n  qwen/m:\n"),
        ["students.qwen/m: found 'qwen/m', expected an id", "Write 'qwen-m'."],
    ),
    "a student id that is a folder of the workflow": (
        ("\n  m:\n", "\n  tokenizer:\n"),
        ["students.tokenizer"],
    ),
    "a student id that YAML takes for a number": (
        ("\n  m:\n", "\n  4:\n"),
        ["students.4", 'Put it in quotes: "4".'],
    ),
    "a tier twice": (("tier: 2", "tier: 1"), ["students.m.tier: found 1, expected a tier of its own"]),
    "a label twice": (("label: 116 k", "label: 46 k"), ["students.m.label: found '46 k'"]),
    "heads that kv_heads do not divide": (
        ("heads: 4, kv_heads: 2", "heads: 4, kv_heads: 3"),
        ["students.l.architecture.kv_heads: found 3, expected a divisor of heads (4)"],
    ),
    "a model folder that is missing": (
        ("references: {}", "references: {big: {tier: 4, source: path, path: models/big}}"),
        ["references.big.path: found 'models/big', expected a model folder"],
    ),
    "a reference model with a student's id": (
        ("references: {}", "references: {s: {tier: 4, source: path, path: .}}"),
        ["references.s: found 's', expected an id that no student has"],
    ),
    "a student without its source's keys": (
        ("    pretraining: {steps: 1300, learning_rate: 6.0e-3, seed: 0}\n", ""),
        ["students.s: found no key 'pretraining'"],
    ),
    "a key of another source": (
        ("    label: 46 k\n", "    path: models/s\n"),
        ["students.s.path: found the key 'path', expected no such key with source: scratch"],
    ),
    "no holdout tasks": (("holdout: 5}", "holdout: 0}"), ["tasks.pack.per_skill.holdout: found 0"]),
    "more judge-scored tasks than holdout tasks": (
        ("judge_scored: 33", "judge_scored: 201"),
        ["tasks.pack.judge_scored: found 201, expected at most the number of holdout tasks (200)"],
    ),
    "a corpus larger than its demonstrations": (
        ("worked: {rows: 353", "worked: {rows: 441"),
        ["corpora.worked.rows: found 441, expected at most 440 (one demonstration of each"],
    ),
    "two sources of tasks": (
        ("tasks:\n", "tasks:\n  files: {tasks: t.jsonl, skills: s.yaml}\n"),
        ["tasks: found the keys files, pack, expected exactly one of pack, files"],
    ),
    "corpora without a teacher": (
        (
            EMBEDDED[EMBEDDED.index("teacher:") : EMBEDDED.index("corpora:")],
            "",
        ),
        ["corpora: found corpora without a teacher"],
    ),
    "an unknown primary judge": (
        ("primary_judge: conclusion", "primary_judge: c"),
        ["primary_judge: found 'c'"],
    ),
    "a judge's template that is missing": (
        ("offline/tail,", "offline/tail, template: jugde.jinja,"),
        ["judges.tail.template: found 'jugde.jinja', expected a file of", "Did you mean 'judge.jinja'?"],
    ),
    "an offline judge that is none": (
        ("{model: offline/tail", "{model: offline/tale"),
        ["judges.tail.model: found 'offline/tale'", "Did you mean 'offline/tail'?"],
    ),
    "a price that is text": (
        ("{model: offline/tail,", "{model: a/b, price: {input_per_million: 2$, output_per_million: 1.0},"),
        ["judges.tail.price.input_per_million: found '2$', expected a number at least 0"],
    ),
    "a price without one side": (
        ("{model: offline/tail,", "{model: a/b, price: {input_per_million: 2.0},"),
        ["judges.tail.price: found no key 'output_per_million'", "Add 'output_per_million: ...'."],
    ),
    "an address without http": (
        ("{model: offline/tail,", "{model: hosted_vllm/q, api_base: 'localhost:8000/v1',"),
        ["judges.tail.api_base: found 'localhost:8000/v1', expected an address", "http://localhost:8000/v1"],
    ),
    "a teacher of an unknown kind": (
        ("kind: worked_solution", "kind: llm"),
        ["teacher.kind: found 'llm', expected one of worked_solution, api"],
    ),
    "a teacher behind an API without its model": (
        (TEACHER, "teacher: {kind: api, attempts: 2}\n\n"),
        ["teacher: found no key 'model'", "expected text of the form", "Add 'model: ...'."],
    ),
    "a key of another kind of teacher": (
        (TEACHER, "teacher: {kind: api, model: a/b, corrupted_share: 0.1}\n\n"),
        ["teacher.corrupted_share: found the key 'corrupted_share', expected no such key with kind: api"],
    ),
    "a model for a teacher without one": (
        ("kind: worked_solution", "kind: worked_solution\n  model: a/b"),
        ["teacher.model: found the key 'model', expected no such key with kind: worked_solution"],
    ),
    "a teacher whose template is a judge's": (
        (TEACHER, "teacher: {kind: api, model: a/b, template: judge.jinja}\n\n"),
        ["teacher.template: found judge.jinja without {{ prompt }}", "Write {{ prompt }} in the template"],
    ),
    "a judge whose template is a teacher's": (
        ("offline/tail,", "offline/tail, template: teacher.jinja,"),
        ["judges.tail.template: found teacher.jinja without {{ task }}, {{ reference }}, {{ response }}"],
    ),
    "a teacher asked twice for the same answer": (
        (TEACHER, "teacher: {kind: api, model: a/b, temperature: 0, attempts: 2}\n\n"),
        ["teacher.attempts: found 2, expected 1 attempt at temperature 0", "Raise teacher.temperature."],
    ),
    "an offline judge as a teacher": (
        (TEACHER, "teacher: {kind: api, model: offline/tail}\n\n"),
        ["teacher.model: found 'offline/tail'", "they answer no tasks"],
    ),
    "a reference model without its model": (
        ("references: {}", "references: {big: {tier: 9, source: api, label: Big}}"),
        ["references.big: found no key 'model'"],
    ),
    "a reference model with a student's key": (
        ("references: {}", "references: {big: {tier: 9, source: api, model: a/b, path: big}}"),
        ["references.big.path: found the key 'path', expected no such key with source: api"],
    ),
    "a student behind an API": (
        ("    label: 46 k\n    tier: 1\n    source: scratch", "    tier: 1\n    source: api"),
        ["students.s.source: found 'api', expected one of scratch, path"],
    ),
    "no judges": (
        (
            "judges:\n  conclusion: {model: offline/conclusion, max_tokens: 256}\n"
            "  tail: {model: offline/tail, max_tokens: 256}",
            "judges: {}",
        ),
        ["judges: found {}, expected a mapping, not empty"],
    ),
    "a headline path that is none": (
        ("headline_path: judge:conclusion", "headline_path: judge:conclusions"),
        ["analysis.headline_path", "Did you mean 'judge:conclusion'?"],
    ),
    "train as an evaluated suite": (
        ("suites: [holdout]", "suites: [train]"),
        ["inference.suites[0]: found 'train'"],
    ),
    "a suite that the pack does not fill": (
        ("suites: [holdout]", "suites: [holdout, transfer]"),
        ["inference.suites[1]: found 'transfer', expected a suite that the task pack fills"],
    ),
    "answers as long as the context": (
        ("max_tokens: 48", "max_tokens: 256"),
        ["inference.max_tokens: found 256"],
    ),
    "equal samples": (
        ("samples: 1", "samples: 4"),
        ["inference.samples: found 4", "Raise inference.temperature."],
    ),
    "a misspelt checkpoint": (
        ("checkpoints: [final]", "checkpoints: [100, finl]"),
        ["recipes.sft.checkpoints[1]: found 'finl', expected the word final", "Did you mean 'final'?"],
    ),
    "trainable parts that are none": (
        ("trainable: {lora: {rank: 16, alpha: 32, dropout: 0.0}}", "trainable: ful"),
        ["recipes.sft.trainable: found 'ful', expected the word full", "Did you mean 'full'?"],
    ),
    "a rank of zero": (("{rank: 16", "{rank: 0"), ["recipes.sft.trainable.lora.rank: found 0"]),
    "a key twice": (
        ("    epochs: 6\n", "    epochs: 6\n    epochs: 7\n"),
        ["the key 'epochs' a second time"],
    ),
    "nothing for a section": (
        ("references: {}", "references:"),
        ["references: found nothing, expected a mapping"],
    ),
    "broken YAML": (("conditions: [none", "conditions: [none]]"), ["found text that is not YAML"]),
}


@pytest.mark.parametrize(("replacement", "expected"), BAD_STUDIES.values(), ids=BAD_STUDIES)
def test_a_bad_study_is_refused_with_file_line_key_and_mend(problems_of, replacement, expected):
    lines = problems_of(replacement)
    told = [line for line in lines if all(part in line for part in expected)]
    assert told, lines
    assert all(f"study.yaml:{line.split(':')[1]}: " in line and int(line.split(":")[1]) > 0 for line in lines)


def test_without_max_model_len_prompts_decide_and_served_weights_are_merged(study_file):
    text = EMBEDDED.replace("  max_model_len: 256\n", "")
    inference = load_study(study_file(text)).episodes_spec("s", "sft-s0")["inference"]
    assert "max_model_len" not in inference
    assert (inference["adapters"], inference["batch_invariant"]) == ("merged", False)
    # how adapters are served is no matter of a run without one
    assert "adapters" not in load_study(study_file(text)).episodes_spec("s", "base")["inference"]


def test_the_line_of_a_problem_is_the_keys_own(problems_of):
    (line,) = problems_of(("attempts: 1", "attempts: none"))
    assert f"study.yaml:{line_of('attempts: 1')}: teacher.attempts: " in line


def test_independent_problems_are_reported_together_in_the_files_order(problems_of):
    lines = problems_of(
        ("primary_judge: conclusion", "primary_judge: nobody"),
        ("difficulty: tiny", "difficulty: tinny"),
        ("    corpus: worked", "    corpus: nowhere"),
    )
    assert ["difficulty" in lines[0], "corpus" in lines[1], "primary_judge" in lines[2]] == [True] * 3


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "found an empty file"),
        (b"# nothing here\n", "found an empty file"),
        (b"null\n", "found an empty document"),
        (b"- a\n- b\n", "found a list, expected a mapping"),
        (b"name: \xff\n", "not UTF-8"),
        (b"name: &a [*a]\n", "an alias of itself"),
        (b"name: !!python/object:os.system {}\n", "not YAML"),
        (b"\tname: x\n", "not YAML"),
    ],
)
def test_a_file_that_is_no_study_is_named(tmp_path, content, expected):
    path = tmp_path / "other.yaml"
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        load_study(path)
    assert str(caught.value).startswith(str(path))
    assert expected in str(caught.value)


def test_a_missing_study_file_names_those_there_are(tmp_path):
    (tmp_path / "mine.yaml").write_text("name: mine\n")
    with pytest.raises(
        UserError, match=r"absent\.yaml: found no such file, expected a study file.*mine\.yaml"
    ):
        load_study(tmp_path / "absent.yaml")
    with pytest.raises(UserError, match="expected a readable study file"):
        load_study(tmp_path)


DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
ODD_VALUES = [None, [], {}, -1, True, "2e-5"]


def _places(value, key=()):
    if key:
        yield key
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _places(item, (*key, name))


def test_no_value_anywhere_in_a_study_ends_in_a_traceback(study_file):
    plain = yaml.safe_load(EMBEDDED)
    refused = 0
    alike = {"m", "l", "answer_only", "tail"}  # of the form of another entry
    for key in _places(plain):
        if alike & set(key[1:2]):
            continue
        for odd in ODD_VALUES:
            changed = copy.deepcopy(plain)
            around = changed
            for part in key[:-1]:
                around = around[part]
            around[key[-1]] = odd
            try:
                canonical(load_study(study_file(yaml.dump(changed, Dumper=DUMPER))).data)
            except UserError:
                refused += 1
    assert refused > 300


def test_loading_is_cheap_enough_for_every_dry_run():
    code = (
        "import sys, time; start = time.perf_counter(); from skillift.study.study import load_study; "
        "load_study('studies/embedded.yaml'); seconds = time.perf_counter() - start; "
        "heavy = {'polars', 'pandas', 'torch', 'transformers', 'litellm', 'pandera'} & set(sys.modules); "
        "assert not heavy, heavy; assert seconds < 2, seconds"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REPOSITORY)


# What a study answers ------------------------------------------------------------------------------
