"""The episode browser in a real browser: made studies, the smoke study, 50,000 episodes, hostile texts."""

from __future__ import annotations

import polars as pl
import pytest
from browser_study import make_browsed
from chromium import open_file, poor_contrast

from skillift.protocols import MAIN, with_protocol

# one worker starts one browser
pytestmark = [pytest.mark.integration, pytest.mark.xdist_group("chromium")]

READY = "html[data-ready]"


@pytest.fixture
def open_page(browser, tmp_path):
    """Writes a page, opens it and waits until it can be used; afterwards nothing may have gone wrong."""
    opened = []

    def _open(html: str, **options):
        path = tmp_path / "episodes.html"
        path.write_text(html, encoding="utf-8")
        opened.append(open_file(browser, path, **options))
        opened[-1].page.wait_for_selector(READY)
        return opened[-1].page

    yield _open
    for each in opened:
        assert each.errors == []
        assert each.asked_elsewhere == []
        each.page.close()


@pytest.fixture(scope="module")
def study():
    return make_browsed(n_tasks=12)


@pytest.fixture(scope="module")
def html(study):
    return study.page()


def listed(page) -> int:
    return int(page.inner_text("#count").split()[0].replace(",", ""))


def tick(page, name: str) -> None:
    page.locator(f"label:has(#flag-{name})").click()


def verdicts(study) -> pl.DataFrame:
    """The headline verdicts before and after SFT: one row for each trained run, task and condition."""
    key = ["student", "task_id", "condition"]
    rows = study.scores.filter(path="judge:conclusion").select(*key, "run", "passed")
    before, after = rows.filter(run="base").drop("run"), rows.filter(pl.col("run") != "base")
    return before.join(after, on=key, suffix="_after")


def tasks_with(rows: pl.DataFrame) -> int:
    return rows.select("student", "run", "task_id").n_unique()


def test_the_four_answers_stand_beside_each_other_with_every_paths_verdict(open_page, study, html):
    page = open_page(html)
    labels = page.eval_on_selector_all(".answer", "all => all.map(each => each.getAttribute('aria-label'))")
    assert labels == [f"{phase} SFT, {name}" for phase in ("before", "after") for name in ("none", "curated")]
    frame = {(student, run): frame for student, run, frame in study.episodes}["s", "sft-s0"]
    wanted = frame.filter(task_id="holdout-0000", condition="curated")["response"].item()
    assert page.locator(".answer").nth(3).locator(".response").inner_text() == wanted
    scores = study.scores.filter(student="s", run="sft-s0", task_id="holdout-0000", condition="curated")
    shown = page.locator(".answer").nth(3).locator(".verdicts li").all_inner_texts()
    for path, passed, status in scores.select("path", "passed", "status").iter_rows():
        word = {True: "pass", False: "fail", None: f"unscored: {status}"}[passed]
        assert any(path in line and line.endswith(word) for line in shown)
    assert page.locator(".answer details").count() == 8  # two judges' raw replies for each of four answers


def test_filters_keep_what_the_tables_say(open_page, study, html):
    page = open_page(html)
    shown = verdicts(study).filter(pl.col("condition").is_in(["none", "curated"]))
    tick(page, "gained")
    assert listed(page) == tasks_with(shown.filter(~pl.col("passed") & pl.col("passed_after"))) > 0
    tick(page, "gained")
    tick(page, "lost")
    assert listed(page) == tasks_with(shown.filter(pl.col("passed") & ~pl.col("passed_after"))) > 0
    tick(page, "lost")
    wide = pl.concat(
        shown.select("student", "run", "task_id", "condition", phase=pl.lit(phase), passed=column)
        for phase, column in (("before", "passed"), ("after", "passed_after"))
    ).pivot("condition", index=["student", "run", "task_id", "phase"], values="passed")
    wide = wide.filter(pl.col("student") != "r")
    tick(page, "helped")
    base = study.scores.filter(path="judge:conclusion", student="r").pivot(
        "condition", index="task_id", values="passed"
    )
    only_reference = base.filter(~pl.col("none") & pl.col("curated")).height
    assert listed(page) == tasks_with(wide.filter(~pl.col("none") & pl.col("curated"))) + only_reference > 0
    page.click("#clear")
    assert listed(page) == 12 * 3


def test_disagreements_and_unscored_answers_are_found_on_all_paths(open_page, study, html):
    page = open_page(html)
    page.select_option("#student", label="student m")
    page.select_option("#arm", label="sft, seed 0")
    rows = study.scores.filter(student="m").filter(pl.col("condition").is_in(["none", "curated"]))
    by_answer = rows.group_by("task_id", "run", "condition").agg(
        odd=pl.col("passed").drop_nulls().n_unique() > 1, lost=pl.col("passed").is_null().any()
    )
    for name, column in (("disagree", "odd"), ("unscored", "lost")):
        tick(page, name)
        assert listed(page) == by_answer.filter(column)["task_id"].n_unique() > 0
        tick(page, name)


def test_ticks_of_one_kind_add_up_and_of_two_kinds_narrow(open_page, html):
    page = open_page(html)
    counts = {}
    for name in ("gained", "lost", "disagree"):
        tick(page, name)
        counts[name] = listed(page)
        tick(page, name)
    tick(page, "gained")
    tick(page, "lost")
    both = listed(page)
    assert max(counts["gained"], counts["lost"]) <= both <= counts["gained"] + counts["lost"]
    tick(page, "disagree")
    assert listed(page) <= min(both, counts["disagree"])


def test_other_conditions_and_other_paths_can_be_chosen(open_page, html):
    page = open_page(html)
    page.click("#conditions label:has-text('placebo')")
    page.click("#conditions label:has-text('shuffled')")
    assert page.locator(".answer").count() == 8
    page.select_option("#path", label="bench")
    assert page.locator(".verdicts .chosen span").all_inner_texts() == ["bench"] * 8
    for name in ("none", "placebo", "shuffled", "curated"):  # the last one stays
        page.click(f"#conditions label:has-text('{name}')")
    assert page.locator(".answer").count() == 2


def test_the_prompt_of_each_condition_can_be_read(open_page, study, html):
    page = open_page(html)
    page.locator(".head details summary").nth(1).click()
    steps = study.skills.filter(skill_id="skill-0")["steps"][0].to_list()
    assert page.locator(".head pre").nth(1).inner_text() == "\n".join([*steps, "What comes after 0?"])


def test_search_reaches_tasks_responses_and_replies_in_any_case(open_page, study, html):
    page = open_page(html)
    page.keyboard.press("/")
    page.keyboard.type("COMES AFTER 7?")
    assert listed(page) == 3  # two students and the reference model
    assert page.inner_text(".prompt mark") == "comes after 7?"
    response = study.episodes[1][2]["response"][0]
    page.fill("#search", response.split("\n")[0].upper())
    assert listed(page) >= 1
    page.fill("#search", "I cannot say")
    found = page.locator(".answer details[open]")
    assert listed(page) > 0 and "I cannot say." in found.first.inner_text()
    page.fill("#search", "no such text")
    assert listed(page) == 0
    assert "No task fits" in page.inner_text("#detail")


def test_letters_that_grow_in_lower_case_do_not_shift_what_is_found(open_page):
    browsed = make_browsed(students=("s",), references=())
    grown = pl.concat_str(pl.lit("İİİ "), pl.col("response"), pl.lit(" "), pl.col("task_id"))
    browsed.episodes = [(*names, frame.with_columns(response=grown)) for *names, frame in browsed.episodes]
    page = open_page(browsed.page())
    page.fill("#search", "none holdout-0004")
    texts = page.locator(".answer mark").all_inner_texts()
    assert set(texts) == {"none holdout-0004"}
    page.fill("#search", " holdout-0003")
    assert listed(page) == 1
    assert page.inner_text("h2") == "holdout-0003"


def test_keys_move_through_the_list(open_page, html):
    page = open_page(html)
    heads = []
    for key in ("j", "ArrowDown", "k", "End", "Home"):
        page.keyboard.press(key)
        heads.append(page.inner_text("h2"))
    assert heads == [f"holdout-{number:04d}" for number in (1, 2, 1, 11, 0)]
    page.keyboard.press("End")
    assert page.get_attribute("#list", "aria-activedescendant") == "row-35"
    assert page.get_attribute("#row-35", "aria-selected") == "true"


def test_a_link_opens_one_episode_and_keeps_what_the_list_was_narrowed_to(open_page, html):
    page = open_page(html, fragment="#student=m&run=sft-s0&task=holdout-0003")
    assert page.inner_text("h2") == "holdout-0003"
    assert page.inner_text(".whose") == "student m · sft, seed 0"
    assert listed(page) == 12 * 3
    page.select_option("#student", label="student m")
    tick(page, "disagree")
    fragment = page.evaluate("location.hash")
    there = page.inner_text("h2"), listed(page)
    again = open_page(html, fragment=fragment)
    assert (again.inner_text("h2"), listed(again)) == there
    assert again.is_checked("#flag-disagree")


def test_a_link_can_ask_for_one_kind_of_episodes(open_page, html):
    page = open_page(html, fragment="#show=disagree")
    assert page.is_checked("#flag-disagree")
    assert 0 < listed(page) < 12 * 3


def test_a_link_to_what_is_not_there_opens_the_whole_list(open_page, html):
    page = open_page(html, fragment="#student=x&run=sft-s9&task=none&path=wrong&show=wrong&conditions=wrong")
    assert listed(page) == 12 * 3
    assert page.inner_text("h2") == "holdout-0000"


def test_a_base_can_be_read_alone_and_a_reference_model_has_one_row_of_answers(open_page, html):
    page = open_page(html, fragment="#student=r&run=base&task=holdout-0002")
    assert page.inner_text(".whose").startswith("reference model student r")
    assert page.locator(".answer").count() == 2
    page.select_option("#arm", label="student s · before SFT")
    assert listed(page) == 12
    assert page.locator(".answer").count() == 2


def test_samples_checkpoints_and_suites_are_told_apart(open_page):
    browsed = make_browsed(
        n_tasks=3, samples=2, steps=(69, 138), suites=("holdout", "transfer"), references=()
    )
    page = open_page(browsed.page(), fragment="#student=s&run=sft-s0&step=138&task=transfer-0001&sample=1")
    assert listed(page) == 3 * 2 * 2 * 2 * 2
    assert page.inner_text(".whose") == "student s · sft, seed 0, step 138"
    assert "transfer suite" in page.inner_text(".facts") and "sample 1" in page.inner_text(".facts")
    frame = {(student, run): frame for student, run, frame in browsed.episodes}["s", "sft-s0"]
    wanted = frame.filter(step=138, task_id="transfer-0001", sample=1, condition="none")["response"].item()
    assert page.locator(".answer .response").nth(2).inner_text() == wanted
    page.select_option("#suite", label="holdout")
    assert listed(page) == 3 * 2 * 2 * 2


def test_an_arm_that_was_not_run_says_so(open_page):
    browsed = make_browsed(students=("s",), references=())
    name, run, frame = browsed.episodes[0]
    browsed.episodes[0] = (name, run, frame.filter(pl.col("condition") != "curated"))
    page = open_page(browsed.page())
    assert page.locator(".answer .missing").all_inner_texts() == ["not run"]
    tick(page, "gained")
    shown = verdicts(browsed).filter(condition="none")
    assert listed(page) == tasks_with(shown.filter(~pl.col("passed") & pl.col("passed_after")))


def test_hostile_texts_are_shown_and_never_run(open_page):
    hostile = (
        "</script></pre><img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    )
    browsed = make_browsed(n_tasks=1, students=("s",), references=())
    text = pl.lit(hostile)
    browsed.tasks = browsed.tasks.with_columns(prompt=text, reference=text)
    browsed.episodes = [(*names, frame.with_columns(response=text)) for *names, frame in browsed.episodes]
    browsed.verdicts = [(*names, frame.with_columns(raw=text)) for *names, frame in browsed.verdicts]
    browsed.spec["students"]["s"]["label"] = "<img src=x onerror=alert(1)>"
    page = open_page(browsed.page())
    page.fill("#search", "<img src=x")
    assert page.title() == "Episodes · made"
    assert page.locator(".response").first.inner_text() == hostile
    assert page.locator("img, #detail script").count() == 0


def test_markup_that_got_into_the_page_could_not_run_or_load(browser, tmp_path, html):
    path = tmp_path / "episodes.html"
    run = "document.title='run'"
    markup = f'<img src="https://example.org/x.png" onerror="{run}"><script>{run}</script><noscript>'
    path.write_text(html.replace("<noscript>", markup), encoding="utf-8")
    opened = open_file(browser, path)
    opened.page.wait_for_selector(READY)
    assert opened.page.title() == "Episodes · made"
    assert any("Content Security Policy" in error for error in opened.errors)
    opened.page.close()


def test_on_a_narrow_screen_list_and_answers_take_turns(open_page, html):
    page = open_page(html, width=400)
    assert page.is_visible("#list") and not page.is_visible("#detail")
    page.click("#row-2")
    assert page.is_visible("#detail") and not page.is_visible("#list")
    assert page.evaluate("document.documentElement.scrollWidth") <= 400
    page.click("text=← list")
    assert page.is_visible("#list")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_their_ground(open_page, html, scheme):
    page = open_page(html, color_scheme=scheme)
    assert poor_contrast(page) == []


@pytest.mark.parametrize(
    ("seeds", "n_episodes"), [(3, 9_600), pytest.param(20, 50_400, marks=pytest.mark.nightly)]
)
def test_many_thousand_episodes_can_be_listed_filtered_and_searched(open_page, seeds, n_episodes):
    browsed = make_browsed(n_tasks=200, students=("s", "m", "l"), references=(), seeds=seeds, words=30)
    assert sum(frame.height for *_, frame in browsed.episodes) == n_episodes
    page = open_page(browsed.page())
    assert listed(page) == 200 * 3 * seeds
    assert page.locator(".row").count() < 60
    page.keyboard.press("End")
    assert page.inner_text("h2") == "holdout-0199"
    tick(page, "gained")
    shown = verdicts(browsed).filter(pl.col("condition").is_in(["none", "curated"]))
    assert listed(page) == tasks_with(shown.filter(~pl.col("passed") & pl.col("passed_after"))) > 0
    text = browsed.episodes[-1][2].filter(condition="none")["response"][5].split("\n")[0]
    page.click("#clear")
    page.fill("#search", text)
    assert listed(page) == 1
    assert page.locator(".response mark").inner_text() == text


def test_the_smoke_study_can_be_browsed(browser, finished_smoke):
    opened = open_file(browser, finished_smoke / "results/smoke/episodes.html")
    opened.page.wait_for_selector(READY)
    assert listed(opened.page) == 40 * 2
    assert opened.page.locator(".answer").count() == 4
    assert (opened.errors, opened.asked_elsewhere) == ([], [])


def test_one_protocol_is_listed_at_a_time(open_page):
    study = make_browsed(n_tasks=3, students=("s",), references=())

    def both(frame: pl.DataFrame) -> pl.DataFrame:
        samples = [with_protocol(frame.with_columns(sample=pl.lit(n, pl.Int64)), "aside") for n in range(2)]
        return pl.concat([with_protocol(frame, MAIN), *samples])

    study.episodes = [(*whose, both(frame)) for *whose, frame in study.episodes]
    study.verdicts = [(*whose, both(frame)) for *whose, frame in study.verdicts]
    study.scores = both(study.scores)
    plain = open_page(make_browsed(n_tasks=3, students=("s",), references=()).page())
    assert not plain.is_visible("#protocol")
    page = open_page(study.page())
    assert listed(page) == listed(plain)
    page.select_option("#protocol", label="aside")
    assert listed(page) == 2 * listed(plain)
    assert "aside, sample 0" in page.inner_text("#detail")
