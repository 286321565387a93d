"""Cards say what a checkpoint or corpus is, from manifests and tables; the hub reads their front matter."""

from __future__ import annotations

import re

import polars as pl
import pytest
from analysis_tables import full_study
from huggingface_hub import DatasetCard, ModelCard

from skillift.cards.card_text import CardOf, model_card, model_cards
from skillift.cards.corpus_card import WORKED, dataset_card
from skillift.contracts.pipeline import CORPUS, DEMONSTRATIONS
from skillift.errors import UserError
from skillift.settings.publication_specs import CardRun, CardStudent, DatasetCardSpec, ModelCardsSpec

SPEC = {
    "study": "made_up",
    "description": "Nobody's question.",
    "path": "judge:conclusion",
    "confidence": 0.95,
    "student": "s",
    "label": "45 k",
    "run": "sft-s1",
    "recipe": "sft",
    "corpus": "worked",
    "seed": 1,
}
RUN = {
    "base": "a" * 64,
    "parameter_count": 46016,
    "trainable_parameters": 19456,
    "final_step": 138,
    "steps": {"69": {}, "138": {}},
    "versions": {"trl": "1.16.0", "torch": "2.13.0"},
    "spec": {"learning_rate": 0.005, "trainable": {"lora": {"rank": 16}}},
}
BASE = {"source": {"kind": "hub", "model": "owner/tiny", "commit": "0123abc"}, "parameter_count": 46016}


def card_of(**changed) -> CardOf:
    """The run of SPEC, with some of what is said of it changed."""
    said = SPEC | changed
    run = CardRun(**{name: said[name] for name in CardRun.model_fields})
    student = CardStudent(**{name: said[name] for name in CardStudent.model_fields if name in said})
    names = ("study", "description", "path", "suites")
    common = {name: said[name] for name in names if name in said}
    return CardOf(ModelCardsSpec(**common, students={"s": student}, runs=[run]), said["confidence"], run)


@pytest.fixture
def templates(scripts):
    return {name: (scripts / f"assets/cards/{name}.md.jinja").read_text() for name in ("model", "dataset")}


def test_the_card_of_a_checkpoint_has_its_provenance_and_its_numbers(templates):
    tables = full_study()[1]
    text = model_card(templates["model"], card_of(), RUN, BASE, (353, "b" * 64), tables)
    for words in (
        "owner/tiny at the commit `0123abc`",
        "353 rows of the corpus `worked`",
        "46,016, of which 19,456",
    ):
        assert words in text
    assert "| learning_rate | `0.005` |" in text
    assert "torch 2.13.0, trl 1.16.0" in text
    lift = tables["effects"].filter(
        path="judge:conclusion", metric="pass", student="s", run="sft-s1", contrast="lift:curated-none"
    )
    assert f"clustered by skill: {100 * lift['estimate'].item():+.1f} [" in text
    data = ModelCard(text).data
    assert (data.base_model, data.library_name, data.license) == ("owner/tiny", "transformers", None)
    rates = tables["pass_rates"].filter(path="judge:conclusion", metric="pass", student="s", run="sft-s1")
    found = {result.dataset_config: result.metric_value for result in data.eval_results}
    assert found == pytest.approx(dict(rates.select("condition", "pass_rate").iter_rows()), abs=1e-4)


def test_a_card_has_the_numbers_of_every_suite_the_headline_first(templates):
    tables = full_study()[1]
    both = {
        name: pl.concat([tables[name].with_columns(suite=pl.lit(suite)) for suite in ("holdout", "dev")])
        for name in ("effects", "pass_rates")
    }
    alone = model_card(templates["model"], card_of(), RUN, BASE, (353, "b"), tables)
    text = model_card(templates["model"], card_of(suites=["dev", "holdout"]), RUN, BASE, (353, "b"), both)
    assert re.findall(r"On the suite (\w+),", text) == ["dev", "holdout"]
    assert re.findall(r"On the suite (\w+),", alone) == ["holdout"]
    assert text.count("Lift of the procedural delta by this training, ") == 2
    rates = [result.dataset_split for result in ModelCard(text).data.eval_results]
    assert rates.count("dev") == rates.count("holdout") == len(ModelCard(alone).data.eval_results)
    assert model_card(templates["model"], card_of(), RUN, BASE, (353, "b"), both) == alone


def test_a_card_has_conditions_along_the_ladder_and_the_skills_of_each_suite(templates):
    tables = full_study()[1]
    text = model_card(templates["model"], card_of(), RUN, BASE, (353, "b"), tables)
    ladder = ["none", "placebo", "shuffled", "curated"]
    assert re.findall(r"^\| (\w+) \| [\d.]+ \[", text, re.MULTILINE) == ladder
    assert "on tasks that share skills: 40 skills in the suite holdout. They" in text


def test_a_card_says_that_safety_was_not_measured_only_where_it_was_not(templates):
    tables = full_study()[1]
    asked = {
        name: pl.concat([tables[name], tables[name].with_columns(suite=pl.lit("safety"))])
        for name in ("effects", "pass_rates")
    }
    suites = {"suites": ["holdout", "safety"]}
    said = "safety was not measured here"
    assert said in model_card(templates["model"], card_of(), RUN, BASE, (353, "b"), asked)
    assert said not in model_card(templates["model"], card_of(**suites), RUN, BASE, (353, "b"), asked)


def test_the_cards_of_all_runs_are_those_of_each(templates):
    tables = {name: full_study()[1][name] for name in ("effects", "pass_rates")}
    both = [card_of(run=f"sft-s{seed}", seed=seed) for seed in (0, 1)]
    spec = both[0].spec.model_copy(update={"runs": [of.run for of in both]})
    manifests = {("s", of.run.run): {**RUN, "final_step": 138 + of.run.seed} for of in both}
    corpora = {"worked": (353, "b" * 64)}
    made = list(model_cards(templates["model"], spec, 0.95, manifests, {"s": BASE}, corpora, tables))
    assert [(student, run) for student, run, _ in made] == [("s", "sft-s0"), ("s", "sft-s1")]
    for (student, run, text), of in zip(made, both, strict=True):
        manifest = manifests[student, run]
        assert text == model_card(templates["model"], of, manifest, BASE, corpora["worked"], tables)


def test_a_licence_note_becomes_the_name_of_the_licence(templates):
    text = model_card(
        templates["model"], card_of(licence="Apache-2.0"), RUN, BASE, (353, "b"), full_study()[1]
    )
    data = ModelCard(text).data
    assert (data.license, data.license_name) == ("other", "Apache-2.0")


def test_a_chat_template_of_the_study_is_named_with_its_digest(templates):
    tables = full_study()[1]
    own = model_card(templates["model"], card_of(), RUN, BASE, (353, "b"), tables)
    assert "chat template" not in own and "ends of an answer" not in own
    given = {"chat_template": {"file": "gemma.jinja", "sha256": "c" * 64}, "end_tokens": ["<a>", "<b>"]}
    base = {**BASE, "source": {**BASE["source"], **given}}
    text = model_card(templates["model"], card_of(), RUN, base, (353, "b"), tables)
    words = "`gemma.jinja` of the study, in the place of the base model's; SHA-256 `" + "c" * 64
    assert f"| chat template | {words}` |\n| further ends of an answer | `<a>`, `<b>` |\n| demonstr" in text
    assert text.replace(text[text.index("| chat template") : text.index("| demonstr")], "") == own


def test_a_student_from_scratch_has_no_base_model_on_the_hub(templates):
    base = {"source": {"kind": "scratch"}, "parameter_count": 46016}
    text = model_card(templates["model"], card_of(), RUN, base, (353, "b"), full_study()[1])
    assert "pre-trained from scratch by the workflow, 46,016 parameters" in text
    assert ModelCard(text).data.base_model is None


def test_a_run_that_the_tables_do_not_have_is_an_error(templates):
    with pytest.raises(UserError, match=r"pass rates of s/other-s0 .*found 'no rows"):
        model_card(templates["model"], card_of(run="other-s0"), RUN, BASE, (1, "b"), full_study()[1])


def test_a_template_with_an_unknown_name_is_an_error(templates):
    with pytest.raises(UserError, match=r"template of a card: found .*'promt' is undefined"):
        model_card("{{ promt }}", card_of(), RUN, BASE, (1, "b"), full_study()[1])  # codespell:ignore promt


def test_the_card_of_a_training_on_preferences_says_what_it_starts_from(templates):
    run = {**RUN, "start": "c" * 64, "spec": {"objective": "dpo", "start": "sft"}}
    text = model_card(templates["model"], card_of(), run, BASE, (353, "b" * 64), full_study()[1])
    assert "# 45 k after training on preferences by sft, seed 1" in text
    assert f"the last checkpoint of the recipe `sft`, seed 1; manifest, SHA-256 `{'c' * 64}`" in text
    assert "| preference pairs | 353 rows of the corpus `worked`" in text
    without = model_card(templates["model"], card_of(), RUN, BASE, (353, "b" * 64), full_study()[1])
    assert "| demonstrations | 353 rows" in without and "starts from" not in without


def test_the_card_of_a_corpus_counts_what_was_written_and_what_was_taken(templates):
    ids = [f"t{number}" for number in range(7)]
    messages = [[{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]] * 3
    types = {
        name: column.dtype.type
        for name, column in CORPUS.columns.items()
        if name not in ("messages", "rejected")
    }
    corpus = pl.DataFrame(
        {"task_id": ids[:3], "attempt": [0] * 3, "messages": messages}, schema_overrides=types
    )
    written = pl.DataFrame(
        {
            "task_id": ids,
            "attempt": [0] * 7,
            "teacher": ["t"] * 7,
            "prompt": ["?"] * 7,
            "response": ["!"] * 7,
            "passed": [True, True, True, True, False, False, None],
            "reason": ["r"] * 7,
            "cost_usd": [0.0] * 7,
        },
        schema={name: column.dtype.type for name, column in DEMONSTRATIONS.columns.items()},
    )
    tasks = pl.DataFrame({"task_id": ids, "skill_id": ["a", "a", "b", "b", "c", "c", "c"]})
    tables = {"demonstrations": written, "tasks": tasks}
    spec = {
        "study": "made_up",
        "description": "",
        "corpus": "worked",
        "settings": {"rows": 3, "condition": "curated"},
        "teacher": "a teacher",
        "judge": "a judge",
    }
    text = dataset_card(templates["dataset"], DatasetCardSpec(**spec), corpus, "c" * 64, tables)
    assert "7 written for 7 train tasks: 4 passed, 2 failed, 1 unscored" in text
    assert "3 rows of 2 skills (1 to 2 a skill)" in text
    data = DatasetCard(text).data
    assert data.size_categories == ["n<1K"]
    assert data.task_categories == ["text-generation"]
    decided = ("judge that passed them", "The judge's verdict decided which demonstrations are here")
    assert all(words in text for words in decided)
    unverified = {**spec, "settings": {**spec["settings"], "verified": False}}
    failed = {"demonstrations": written.with_columns(passed=pl.lit(False)), "tasks": tasks}
    text = dataset_card(templates["dataset"], DatasetCardSpec(**unverified), corpus, "c" * 64, failed)
    assert not any(words in text for words in decided)
    assert "did not decide which demonstrations are here: it failed 3 of the 3 rows, and gave none on" in text


def test_the_card_of_a_matched_corpus_says_how_many_answers_are_wrong_and_where_they_come_from(templates):
    ids = ["t1", "t2", "t3"]
    columns = {"task_id": ids, "attempt": [0, 1, 0]}
    corpus = pl.DataFrame({**columns, "messages": [[]] * 3})
    written = pl.DataFrame({**columns, "passed": [True, False, None]})
    tables = {"demonstrations": written, "tasks": pl.DataFrame({"task_id": ids, "skill_id": ["a"] * 3})}
    settings = {"rows": 3, "condition": "curated", "like": "worked", "wrong_share": 0.3, "seed": 0}
    spec = {"study": "made_up", "description": "", "corpus": "noisy", "judge": "a judge"}

    def card(teacher, **changed):
        given = {key: value for key, value in {**settings, **changed}.items() if value is not None}
        said = DatasetCardSpec(**spec, settings=given, teacher=teacher)
        return dataset_card(templates["dataset"], said, corpus, "c" * 64, tables)

    made = card(WORKED)
    assert "Its tasks are those of the corpus `worked`, each once." in made
    assert "1 of 3 rows hold an answer that the judge failed, 1 one without a verdict." in made
    assert "made by the workflow from the worked solutions" in made and "wrote when" not in made
    asked = card("anthropic/a-model")
    assert "Wrong answers are those that anthropic/a-model wrote when it was asked for a right one." in asked
    assert "made by the workflow" not in asked
    pairs = {"form": "pairs", "wrong_share": None, "rejected": "failed"}
    assert "wrong one is the first that the judge failed." in card(WORKED, **pairs)
    assert "made by the workflow from the worked solutions" in card(WORKED, **pairs)
    assert "rows hold an answer that the judge failed" not in card(WORKED, **pairs)
    corrupted = card("anthropic/a-model", **{**pairs, "rejected": "corrupted"})
    assert "no judge has looked at it" in corrupted and "Wrong answers are those" not in corrupted
    assert "`rejected` is the wrong response" in corrupted and "`rejected`" not in made
    del settings["wrong_share"]
    assert "were drawn over all" in made and "were drawn over all" not in card(WORKED)
    del settings["like"]
    assert "Wrong answers" not in card(WORKED)


def test_a_dequantised_student_and_somebodys_upload_are_named_as_such(templates):
    gguf = {"file": "m.gguf", "sha256": "c" * 64, "name": "Made Up", "file_type": "MOSTLY_Q4_1"}
    gguf["tensors"] = {"F32": 61, "Q4_1": 211}
    part = {"package": "made-up", "version": "1.0", "file": "m.gguf", "author": "Somebody", "licence": "MIT"}
    cases = (
        ({"kind": "path", "path": "m.gguf"}, "Made Up, a file, 46,016 parameters; dequantised to float32"),
        ({"kind": "hub", "model": "a/b", "commit": "01"}, "a/b at the commit `01`; dequantised to float32"),
        ({"kind": "package", "parts": [part], "licence": "mit"}, "(by Somebody, as it says itself)"),
        ({"kind": "package", "parts": [part], "licence": "Apache-2.0"}, "the packages' metadata MIT"),
    )
    for source, words in cases:
        base = {"source": {**source, "gguf": gguf}, "parameter_count": 46016}
        text = model_card(templates["model"], card_of(), RUN, base, (353, "b" * 64), full_study()[1])
        assert words in text
        assert "a GGUF file (Q4_1), tensors: 61 of F32, 211 of Q4_1, SHA-256 `cccc" in text
