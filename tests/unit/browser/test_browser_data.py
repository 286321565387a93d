"""The data of the episode browser: every episode once, by columns, texts once; bad tables are named."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace

import polars as pl
import pytest
from browser_study import BROWSER, SCRIPTS, make_browsed, page_of

from skillift.browser.browser_data import END, NOTHING
from skillift.browser.browser_page import browser_page, packed
from skillift.browser.browser_tables import VERDICTS
from skillift.errors import UserError
from skillift.protocols import MAIN, with_protocol
from skillift.publication.html_parts import read_part


def texts_of(data: dict) -> list[str]:
    return data["texts"].split(END)[:-1]


def unfold(data: dict) -> pl.DataFrame:
    """The episodes back from the data, as the page reads them."""
    texts, rows = texts_of(data), []
    for place, (arm, task, sample) in enumerate(
        zip(*(data["cells"][name] for name in ("arm", "task", "sample")), strict=True)
    ):
        for condition in data["conditions"]:
            column = data["cells"][condition]
            if column["response"][place] == NOTHING:
                continue
            own = data["arms"][arm]
            rows.append(
                {
                    "student": data["students"][own["place"]]["id"],
                    "run": own["run"],
                    "step": own["step"],
                    "suite": data["tasks"]["suite"][task],
                    "condition": condition,
                    "task_id": data["tasks"]["id"][task],
                    "sample": sample,
                    "response": texts[column["response"][place]],
                    **{path: data["verdicts"][codes[place]] for path, codes in column["verdict"].items()},
                    **{f"raw:{judge}": texts[codes[place]] for judge, codes in column["raw"].items()},
                }
            )
    return pl.DataFrame(rows)


def expected(browsed) -> pl.DataFrame:
    """The same from the tables."""
    key = ["student", "run", "step", "suite", "condition", "task_id", "sample"]
    whole = pl.concat(
        frame.with_columns(student=pl.lit(student), run=pl.lit(run)).select(*key, "response")
        for student, run, frame in browsed.episodes
    )
    for path in ("judge:conclusion", "bench", "judge:tail"):
        word = pl.when("passed").then(pl.lit("pass")).when(~pl.col("passed")).then(pl.lit("fail"))
        column = browsed.scores.filter(path=path).select(*key, word.otherwise("status").alias(path))
        whole = whole.join(column, on=key)
    for judge in ("conclusion", "tail"):
        raw = pl.concat(
            frame.with_columns(student=pl.lit(student), run=pl.lit(run)).select(
                *key, pl.col("raw").alias(f"raw:{judge}")
            )
            for name, student, run, frame in browsed.verdicts
            if name == judge
        )
        whole = whole.join(raw, on=key)
    return whole


def test_every_episode_is_there_once_with_its_verdicts_and_raw_replies():
    browsed = make_browsed(samples=2, steps=(69, 138), suites=("holdout", "transfer"))
    found, wanted = unfold(browsed.data()), expected(browsed)
    key = wanted.columns[:7]
    assert found.sort(key).equals(wanted.select(found.columns).sort(key))
    assert "unparsed" in set(found["judge:tail"])


def test_nothing_of_a_withheld_suite_is_in_the_page():
    browsed = make_browsed(suites=("holdout", "safety"))
    secret = pl.when(pl.col("suite") == "safety").then(pl.lit("Secret ") + pl.col("task_id"))
    browsed = replace(browsed, tasks=browsed.tasks.with_columns(prompt=secret.otherwise("prompt")))
    data = browsed.data()
    assert data["suites"] == ["holdout", "safety"] and "Secret" in data["texts"]
    kept = replace(browsed, spec={**browsed.spec, "withheld": ["safety"]}).data()
    alone = make_browsed(suites=("holdout",)).data()
    assert kept["suites"] == ["holdout"] and "Secret" not in kept["texts"]
    assert kept["tasks"] == alone["tasks"] and unfold(kept).height == unfold(alone).height


def test_a_text_stands_once():
    texts = texts_of(make_browsed(words=0).data())
    assert len(texts) == len(set(texts))
    assert texts.count("\nANSWER: none") == 1


def test_students_stand_by_tier_with_base_before_trained_runs_and_steps_in_order():
    data = make_browsed(steps=(138, 69)).data()
    assert [student["id"] for student in data["students"]] == ["s", "m", "r"]
    assert [student["reference"] for student in data["students"]] == [False, False, True]
    arms = [(arm["place"], arm["run"], arm["step"]) for arm in data["arms"]]
    trained = [("base", 0), ("sft-s0", 69), ("sft-s0", 138)]
    assert arms == [(place, *arm) for place in (0, 1) for arm in trained] + [(2, "base", 0)]
    assert data["paths"] == ["judge:conclusion", "bench", "judge:tail"]  # the headline path first


@pytest.mark.slow
def test_the_tenth_seed_stands_after_the_second():
    data = make_browsed(n_tasks=1, students=("s",), references=(), seeds=11).data()
    assert [arm["run"] for arm in data["arms"]] == ["base", *(f"sft-s{seed}" for seed in range(11))]


def test_the_recipe_of_most_students_stands_first_as_in_figures():
    browsed = make_browsed(n_tasks=1)
    own = {"student": "s", "run": "answer_only-s0"}
    browsed.spec["runs"] += [own | {"recipe": "answer_only", "seed": 0}]
    frame = next(frame for student, run, frame in browsed.episodes if (student, run) == ("s", "sft-s0"))
    browsed.episodes.append((*own.values(), frame))
    mine = browsed.scores.filter(student="s", run="sft-s0").with_columns(run=pl.lit(own["run"]))
    browsed.scores = pl.concat([browsed.scores, mine])
    browsed.verdicts += [
        (judge, *own.values(), verdicts)
        for judge, student, run, verdicts in browsed.verdicts
        if (student, run) == ("s", "sft-s0")
    ]
    arms = [arm["run"] for arm in browsed.data()["arms"] if arm["place"] == 0]
    assert arms == ["base", "sft-s0", "answer_only-s0"]


def test_the_message_is_what_the_template_makes_of_the_condition_and_the_prompt():
    browsed = make_browsed(n_tasks=1)
    browsed.template = "{% for step in steps %}{{ step }}\n{% endfor %}Q: {{ prompt }} (end)"
    data = browsed.data()
    texts = texts_of(data)
    around = {
        name: [texts[places[end][0]] for end in ("before", "after")]
        for name, places in data["tasks"]["around"].items()
    }
    steps = browsed.skills.filter(skill_id="skill-0")["steps"][0].to_list()
    assert around["none"] == ["Q: ", " (end)"]
    assert around["curated"] == ["\n".join(steps) + "\nQ: ", " (end)"]
    assert around["shuffled"][0] != around["curated"][0] != around["placebo"][0]


def test_a_template_that_rewrites_the_prompt_leaves_the_whole_message():
    browsed = make_browsed(n_tasks=1)
    browsed.template = "{{ prompt | upper }}{% if steps %}{% endif %}"
    data = browsed.data()
    around = data["tasks"]["around"]["none"]
    assert texts_of(data)[around["before"][0]] == "WHAT COMES AFTER 0?"
    assert around["after"] == [NOTHING]


def test_an_arm_that_was_not_run_is_left_empty():
    browsed = make_browsed()
    student, run, frame = browsed.episodes[0]
    browsed.episodes[0] = (student, run, frame.filter(pl.col("condition") != "curated"))
    data = browsed.data()
    assert set(data["cells"]["curated"]["response"][:6]) == {NOTHING}
    assert set(data["cells"]["curated"]["verdict"]["bench"][:6]) == {VERDICTS.index("")}
    assert NOTHING not in data["cells"]["none"]["response"]


def test_a_study_of_one_reference_model_and_one_judge_can_be_browsed():
    browsed = make_browsed(students=(), conditions=("none",))
    browsed.verdicts = [entry for entry in browsed.verdicts if entry[0] == "conclusion"]
    browsed.scores = browsed.scores.filter(path="judge:conclusion")
    data = browsed.data()
    assert (data["paths"], data["judges"], data["conditions"]) == (
        ["judge:conclusion"],
        ["conclusion"],
        ["none"],
    )
    assert [arm["trained"] for arm in data["arms"]] == [False]


def test_a_null_within_a_text_ends_no_text():
    browsed = make_browsed(n_tasks=1, students=())
    name, run, frame = browsed.episodes[0]
    browsed.episodes[0] = (name, run, frame.with_columns(response=pl.lit("a\0b")))
    assert "a\u2400b" in texts_of(browsed.data())


def spoil_nothing_answered(browsed):
    browsed.episodes = []


def spoil_a_run_twice(browsed):
    browsed.episodes.append(browsed.episodes[0])


def spoil_an_unknown_student(browsed):
    del browsed.spec["students"]["m"]


def spoil_an_unknown_run(browsed):
    browsed.spec["runs"] = [run for run in browsed.spec["runs"] if run["run"] == "base"]


def spoil_a_task_that_is_missing(browsed):
    browsed.tasks = browsed.tasks.head(5)


def spoil_a_score_that_is_missing(browsed):
    browsed.scores = browsed.scores.filter((pl.col("path") != "bench") | (pl.col("student") != "m"))


def spoil_the_headline_path(browsed):
    browsed.spec["headline_path"] = "judge:other"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (spoil_nothing_answered, "no episode"),
        (spoil_a_run_twice, "an episode twice"),
        (spoil_an_unknown_student, "the student m"),
        (spoil_an_unknown_run, "the run m/sft-s0"),
        (spoil_a_task_that_is_missing, "holdout-0005"),
        (spoil_a_score_that_is_missing, "none of .*'student': 'm'"),
        (spoil_the_headline_path, "judge:other"),
    ],
)
def test_tables_that_do_not_fit_are_named(spoil, message):
    browsed = make_browsed()
    spoil(browsed)
    with pytest.raises(UserError, match=message):
        browsed.data()


def test_the_order_of_the_tables_does_not_matter_and_the_page_is_the_same():
    browsed, turned = make_browsed(), make_browsed()
    turned.episodes.reverse()
    turned.verdicts.reverse()
    turned.scores = turned.scores.reverse()
    assert turned.page() == browsed.page()


def test_the_page_holds_the_data_as_they_are():
    data = make_browsed().data()
    page = page_of(data)
    embedded = page.split('id="data">', 1)[1].split("</script>", 1)[0]
    assert embedded == packed(data)
    assert json.loads(gzip.decompress(base64.b64decode(embedded))) == data


def test_no_text_of_a_model_stands_in_the_page_as_markup():
    browsed = make_browsed(n_tasks=1)
    hostile = "</script><img src=x onerror=alert(1)>"
    browsed.episodes = [
        (name, run, frame.with_columns(response=pl.lit(hostile))) for name, run, frame in browsed.episodes
    ]
    browsed.spec["name"] = "<b>made</b>"
    page = browsed.page()
    assert "onerror" not in page and "<b>made" not in page
    assert "&lt;b&gt;made" in page


def test_a_part_that_would_end_its_element_and_a_broken_template_are_refused(tmp_path):
    data, parts = make_browsed(n_tasks=1).data(), ("<p>{{ data }}</p>", "p {}", ["let a;"])
    with pytest.raises(UserError, match="</script"):
        browser_page(data, parts[0], parts[1], ["let a = '</script>';"])
    with pytest.raises(UserError, match="</style"):
        browser_page(data, parts[0], "</style>", parts[2])
    with pytest.raises(UserError, match="wrong"):
        browser_page(data, "{{ wrong }}", parts[1], parts[2])
    with pytest.raises(UserError, match=r"absent\.css"):
        read_part(tmp_path / "absent.css")


def test_the_rule_gives_the_scripts_in_the_order_that_the_tests_use(repository):
    rule = (repository / "rules/browser.smk").read_text(encoding="utf-8")
    assert ", ".join(f'"{name}"' for name in SCRIPTS) in rule
    assert {path.stem for path in BROWSER.glob("*.js")} == set(SCRIPTS)


def test_protocols_stand_apart_and_main_is_first():
    plain = make_browsed(n_tasks=2, students=("s",), references=())
    made = make_browsed(n_tasks=2, students=("s",), references=())

    def both(frame: pl.DataFrame) -> pl.DataFrame:
        none = frame.filter(condition="none")
        samples = [with_protocol(none.with_columns(sample=pl.lit(n, pl.Int64)), "aside") for n in range(2)]
        return pl.concat([with_protocol(frame, MAIN), *samples])

    made.episodes = [(*whose, both(frame)) for *whose, frame in made.episodes]
    # no judge judges the other protocol
    made.verdicts = [(*whose, with_protocol(frame, MAIN)) for *whose, frame in made.verdicts]
    judged = pl.col("path").str.starts_with("judge:") & (pl.col("protocol") == "aside")
    made.scores = both(made.scores).filter(~judged)
    data = made.data()
    assert data["protocols"] == ["main", "aside"]
    assert data["asked"] == [
        {"protocol": 0, "sample": 0},
        {"protocol": 1, "sample": 0},
        {"protocol": 1, "sample": 1},
    ]
    shown = unfold(data)
    assert shown.filter(sample=0).equals(unfold(plain.data()))
    aside = shown.filter(pl.col("sample") > 0)
    assert (
        set(aside["condition"]) == {"none"}
        and aside.height == 2 * shown.filter(condition="none", sample=0).height
    )
    assert "asked" not in plain.data()
