"""Metrics: what each measures, that they pair as pass rates do, and that one of your own is one module."""

from __future__ import annotations

import re
import sys
from types import ModuleType

import polars as pl
import pytest
from claim_tables import make_runs
from made_specs import analysis_of, predicted, viewed
from metric_tables import made_responses
from score_tables import make_episodes, make_scores, make_tasks, passes

from skillift.figures import draw
from skillift.metrics import registry
from skillift.metrics.backtracking import PATTERNS, measure
from skillift.metrics.claim import Claim
from skillift.metrics.metric import Metric, mean_of_samples
from skillift.metrics.names import RESPONSES
from skillift.statistics.analysis import analyse
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import no_responses, responses
from skillift.statistics.predictions import predictions

PATH = "judge:a"
SETTINGS = {"confidence": 0.95, "bootstrap_samples": 100, "seed": 0, "splits": 2}
RUNS = make_runs({("s", "sft"): (0,)})
SPEC = {
    "analysis": {**SETTINGS, "headline_path": PATH},
    "students": {"s": {"label": "45 k", "tier": 1}},
    "runs": RUNS,
}

# one text that each pattern finds, in the order of PATTERNS
CORRECTIONS = (
    "We take 3. Wait, that is 4.",
    "Hold on - the list is sorted.",
    "On second thought the answer is 4.",
    "Let me recheck the second step.",
    "I made a small mistake in step two.",
    "That is wrong, so the list is 3 4.",
    "This isn't quite right: one is missing.",
    "Correction: the result is 12.",
    "Actually, that gives 5.",
)
NO_CORRECTIONS = (
    "Wait 5 minutes and stir.",
    "The waiter holds on to the tray.",
    "Let me check the list.",
    "We make a list of mistakes.",
    "The answer is correct.",
    "That is correct. The next step is to reverse the list.",
    "The price actually fell.",
    "ANSWER: 3 4 5",
    "Actually 5 of them are left.",
)


@pytest.fixture(scope="module")
def scores() -> pl.DataFrame:
    arms = {}
    for path in ("bench", PATH):
        for run, step in (("base", 0), ("sft-s0", 9)):
            for condition, count in (("none", 40), ("curated", 60)):
                arms[path, "s", run, step, condition] = passes(count + 50 * (run != "base"), start=count)
    return make_scores(arms)


@pytest.fixture(scope="module")
def tasks() -> pl.DataFrame:
    return make_tasks(judge_scored=50)


@pytest.mark.parametrize("place", range(len(PATTERNS)))
def test_each_pattern_of_self_correction_finds_its_text_alone(place):
    texts = pl.DataFrame({"response": CORRECTIONS})
    found = texts["response"].str.contains("(?i)" + PATTERNS[place])
    assert found[place]
    assert measure(texts).all()


@pytest.mark.parametrize("text", NO_CORRECTIONS)
def test_a_plain_sentence_is_no_self_correction(text):
    assert not measure(pl.DataFrame({"response": [text]})).item()


def test_a_typographic_apostrophe_and_capitals_are_the_same_phrase():
    assert measure(pl.DataFrame({"response": ["LET’S START OVER with the list"]})).item()


def values_of(name: str, scores: pl.DataFrame, tasks: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    return dict(metric_values(with_skills(scores, tasks), tasks, seen))[name]


def test_length_and_form_are_those_of_the_responses(scores, tasks):
    texts = {"none": ["ANSWER: 7", "I think it is seven", *["wait, no"] * 198]}
    seen = responses(make_episodes(0, texts), "s", "base")
    length = values_of("length", scores, tasks, seen)
    assert length["value"].head(3).to_list() == [6.0, 15.0, 6.0]
    assert set(length["path"]) == {"text"}
    form = values_of("format", scores, tasks, seen)
    assert form["value"].head(2).to_list() == [1.0, 0.0]
    assert form.height == 150  # tasks without an extractor ask for no form
    corrected = values_of("backtracking", scores, tasks, seen)
    assert corrected["value"].head(3).to_list() == [0.0, 0.0, 1.0]


def test_form_less_right_is_taken_sample_by_sample_on_a_judges_path(scores, tasks):
    seen = made_responses(scores)
    found = values_of("format_lead", scores, tasks, seen)
    assert set(found["path"]) == {PATH}
    both = with_skills(scores, tasks).join(
        seen, on=["student", "run", "step", "suite", "condition", "task_id"]
    )
    expected = both.filter(path=PATH, scorer="answer_line").select(
        "run",
        "condition",
        "task_id",
        apart=pl.col("has_answer_line").cast(float) - pl.col("passed").cast(float),
    )
    joined = found.join(expected, on=["run", "condition", "task_id"])
    assert joined.height == found.height
    assert joined["value"].equals(joined["apart"], check_names=False)


def test_a_missing_verdict_leaves_form_less_right_open_between_both_of_its_ends(scores, tasks):
    lost = scores.with_columns(
        passed=pl.when(task_id="t0000").then(None).otherwise("passed"),
        status=pl.when(task_id="t0000").then(pl.lit("unparsed")).otherwise("status"),
    )
    row = (
        values_of("format_lead", lost, tasks, made_responses(scores))
        .filter(task_id="t0000")
        .row(0, named=True)
    )
    assert row["value"] is None
    assert row["n_unscored"] == 1
    assert row["high"] - row["low"] == 1.0


def test_rows_of_pass_are_those_without_any_other_metric(scores, tasks, monkeypatch):
    seen = made_responses(scores)
    every = analyse(scores, tasks, seen, *analysis_of(SPEC))._asdict()
    assert set(every["effects"]["metric"]) == {"pass", "length", "backtracking", "format", "format_lead"}
    monkeypatch.setattr("skillift.statistics.metric_values.metrics", dict)
    alone = analyse(scores, tasks, seen, *analysis_of(SPEC))._asdict()
    for name, table in alone.items():
        found = every[name]
        assert (found.filter(metric="pass") if "metric" in found.columns else found).equals(table), name


def test_without_responses_there_are_no_metrics_that_read_them(scores, tasks):
    tables = analyse(scores, tasks, no_responses(), *analysis_of(SPEC))._asdict()
    assert set(tables["effects"]["metric"]) == {"pass"}
    assert tables["format_cells"].is_empty()


def test_two_claims_of_one_name_are_refused(monkeypatch):
    from skillift.errors import UserError
    from skillift.statistics import claim_registry

    own = OWN._replace(claims=(Claim("lift", "twice", "gain:none", metric="questions"),))
    monkeypatch.setattr(claim_registry, "metrics", lambda: {"questions": own})
    with pytest.raises(UserError, match="a name that no other claim has"):
        claim_registry.registry()


# ---- a metric of one's own: this is all of its module (docs/reference/metrics.md)


def _asks(episodes: pl.DataFrame) -> pl.Series:
    return episodes["response"].str.contains("?", literal=True)


def _values(samples: pl.DataFrame) -> pl.DataFrame:
    return mean_of_samples(samples, pl.col("questions"))


OWN = Metric(
    name="questions",
    label="response that asks back",
    reads=(RESPONSES,),
    values=_values,
    measure=_asks,
    claims=(Claim("asks_more", "after SFT more responses ask back", "gain:none", metric="questions"),),
)


@pytest.fixture
def own_metric(monkeypatch):
    """The module in its place: found in the package's folder, loaded by its name."""
    module = ModuleType("skillift.metrics.questions")
    module.METRIC = OWN
    monkeypatch.setitem(sys.modules, module.__name__, module)
    names = [*registry.modules(), module.__name__]
    monkeypatch.setattr(registry, "modules", lambda: names)
    registry.metrics_of_modules.cache_clear()
    yield
    registry.metrics_of_modules.cache_clear()


@pytest.mark.usefixtures("own_metric")
def test_a_metric_of_ones_own_is_in_effects_a_claim_a_figure_and_a_prediction(scores, tasks):
    plain, asking = ["ANSWER: 7"] * 200, ["Is it 7?"] * 120 + ["ANSWER: 7"] * 80
    before = make_episodes(0, {"none": plain, "curated": plain})
    after = make_episodes(9, {"none": asking, "curated": plain})
    seen = pl.concat([responses(before, "s", "base"), responses(after, "s", "sft-s0")])
    tables = analyse(scores, tasks, seen, *analysis_of(SPEC))._asdict()
    effect = tables["effects"].filter(metric="questions", contrast="gain:none").row(0, named=True)
    assert (effect["path"], effect["estimate"]) == ("text", 0.6)
    claim = tables["claims"].filter(claim="asks_more").row(0, named=True)
    assert (claim["metric"], claim["word"], claim["estimate"]) == ("questions", "supported", 0.6)
    figure = str(draw("metrics", tables, viewed(SPEC)).to_dict())
    assert "response that asks back" in figure
    assert "self-correction" in figure and "backtracking" not in re.sub(r"'metric': '\w+'", "", figure)
    declared = {
        "asks": {
            "text": "",
            "path": "text",
            "suite": "holdout",
            "metric": "questions",
            "effect": {"contrast": "gain:none", "student": "s", "recipe": "sft"},
            "minus": None,
            "direction": "greater",
            "than": 0.3,
            "margin": 0.0,
            "confidence": 0.95,
        }
    }
    found = predictions(scores, tasks, predicted(declared), RUNS, response_frame=seen).row(0, named=True)
    assert (found["metric"], found["estimate"], found["verdict"]) == ("questions", 0.6, "held")


def test_the_folder_is_the_registry():
    assert registry.modules() == [
        f"skillift.metrics.{name}"
        for name in (
            "backtracking",
            "chain",
            "confidence",
            "constraints",
            "format",
            "format_lead",
            "length",
            "pass_at_k",
            "refusal",
            "votes",
        )
    ]
    assert all(name == metric.name for name, metric in registry.metrics().items())
