"""What the page of a comparison of logs says: each sentence where it is true, and not where it is false."""

from __future__ import annotations

from dataclasses import replace

import polars as pl
import pytest
from made_specs import viewed

from skillift.contracts.analysis import PASS_RATES
from skillift.contracts.claims import CLAIMS
from skillift.evaluation_logs.comparison_findings import Said, comparison_parts
from skillift.evaluation_logs.log_tables import About, nouns_of
from skillift.evaluation_logs.measure import Measure

ACC = Measure("acc")
BLEU = Measure("bleu", "bleu", 0.0, 100.0, "declared")
BY_HARNESS = BLEU._replace(bounded_by="harness")
CLAIM = {
    "path": "logs",
    "suite": "holdout",
    "claim": "gain:none",
    "metric": "pass",
    "student": "model",
    "run": "sft-s0",
    "against": "",
    "contrast": "gain:none",
    "estimate": 0.25,
    "standard_error": 0.05,
    "ci_low": 0.15,
    "ci_high": 0.35,
    "degrees_of_freedom": 40.0,
    "p_value": 0.002,
    "p_holm": 0.002,
    "mde": 0.14,
    "mde_low": 0.1,
    "mde_high": 0.2,
    "n_tasks": 60,
    "n_skills": 12,
    "n_unscored": 0,
    "n_runs": 1,
    "word": "supported",
    "word_holds": True,
}


def said(claims=(), measure=ACC, rates=None, runs=1, **about) -> str:
    """All that is said of a comparison, a line each."""
    schema = {name: column.dtype.type for name, column in CLAIMS.columns.items()}
    own = pl.DataFrame([CLAIM | dict(each) for each in claims or [{}]], schema=schema)
    arm = {"path": "logs", "suite": "holdout", "student": "model", "step": 0, "metric": "pass", "n_tasks": 60}
    arm |= {"condition": "none", "n_skills": 12, "n_unscored": 0}
    rows = [arm | {"run": "base", "pass_rate": 0.2}]
    rows += [arm | {"run": f"sft-s{seed}", "pass_rate": 0.45} for seed in range(runs)]
    rows = [row | (rates or {}) for row in rows]
    columns = {name: column.dtype.type for name, column in PASS_RATES.columns.items()}
    told = {"conditions": ["none"], "grouped": "skill", "most_unscored": 0.05} | about
    known = [{"student": "model", "run": "base", "recipe": None, "seed": None}]
    known += [
        {"student": "model", "run": f"sft-s{seed}", "recipe": "sft", "seed": seed} for seed in range(runs)
    ]
    spec = {
        "analysis": {"headline_path": "logs", "confidence": 0.95},
        "students": {"model": {"label": "mine", "tier": 1}},
        "runs": known,
    }
    tables = {"claims": own, "pass_rates": pl.DataFrame(rows, schema=columns)}
    about = About(measure, **told)
    view = replace(viewed(spec), nouns=nouns_of(about))
    parts = comparison_parts(tables, view, Said(about))
    lines = [part.answer for part in parts] + [each.sentence for part in parts for each in part.findings]
    return "\n".join(lines)


UNKNOWN = {"estimate": None, "ci_low": None, "ci_high": None, "p_value": None, "p_holm": None, "mde": None}
UNKNOWN |= {"word": "undefined"}
FLOOR = {"pass_rate": 0.01, "ci_low": 0.0, "ci_high": 0.03}
LIFT = {"claim": "lift", "contrast": "lift:curated-none"}
OTHER = {"claim": "gain:curated", "contrast": "gain:curated"}
SENTENCES = [
    ("1 of 1 gain resolved: 1 supported.", {}, {"claims": [{"word": "not resolvable at this n"}]}),
    ("differ by one training", {}, {"claims": [{"run": "sft", "n_runs": 2}], "runs": 2}),
    ("Gain by sft: +25.0 pp, from 20.0 % to 45.0 % (95 % interval +15.0 to +35.0 pp;", {}, {"measure": BLEU}),
    ("by sft, mean of 2 trainings", {"claims": [{"run": "sft", "n_runs": 2}], "runs": 2}, {}),
    ("by sft, seed 0", {"runs": 2}, {}),
    ("+25.0 bleu", {"measure": BLEU, "claims": [{"estimate": 25.0}]}, {}),
    ("from 20.0 % to 45.0 %", {}, {"claims": [{"n_unscored": 1}]}),
    ("Gain under none", {"conditions": ["none", "placebo"]}, {}),
    ("Holm-adjusted p = 0.002", {"claims": [{}, OTHER], "conditions": ["curated", "none"]}, {}),
    ("Lift (curated \u2212 none)", {"claims": [{}, LIFT], "conditions": ["curated", "none"]}, {}),
    ("undefined (60 items in 12 groups, 0 unscored)", {"claims": [UNKNOWN]}, {}),
    ("its variance is little known: 10.0 to 20.0 pp", {"claims": [{"degrees_of_freedom": 6.0}]}, {}),
    ("Whatever the missing scores are, the word stays.", {"claims": [{"n_unscored": 1}]}, {}),
    ("The missing scores could change this word.", {"claims": [{"n_unscored": 1, "word_holds": False}]}, {}),
    ("Items are grouped by skill.", {}, {"grouped": ""}),
    ("No groups were given", {"grouped": ""}, {}),
    ("The score is acc: 0 or 1, so its mean is a pass rate.", {}, {"measure": BLEU}),
    ("from 0 to 100, as --range declares", {"measure": BLEU}, {"measure": BY_HARNESS}),
    ("as the harness has it", {"measure": BY_HARNESS}, {"measure": BLEU}),
    ("as far as was observed", {"measure": BLEU._replace(bounded_by="observed")}, {"measure": BLEU}),
    ("and less is better", {"measure": BLEU._replace(lower_is_better=True)}, {"measure": BLEU}),
    ("never taken for a fail: 2 error", {"reasons": [("error", 2)]}, {}),
    ("and 1 other reason", {"reasons": [("a", 2), ("b", 2), ("c", 1), ("d", 1)]}, {"reasons": [("a", 2)]}),
    ("Up to 10.0 % of the scores of an arm are missing", {"rates": {"n_tasks": 54, "n_unscored": 6}}, {}),
    ("Accepted, though it differs: x", {"accepted": ["x"]}, {}),
    ("Not compared: 2 further tasks that --condition leaves out: a, b.", {"other_tasks": ["a", "b"]}, {}),
    ("c, d, e and 1 more", {"other_tasks": list("abcdef")}, {"other_tasks": list("abcde")}),
    ("so not compared between arms: prompts, targets.", {"not_told": ["prompts", "targets"]}, {}),
    ("Items were asked 3 times in an arm", {"epochs": [3, 3]}, {"epochs": [1, 3]}),
    ("Items were asked 1 to 3 times in an arm", {"epochs": [1, 3]}, {}),
    ("are those of the study own", {"study": "own"}, {}),
    ("The prediction p is not judged here: why.", {"left_out": [("p", "why")]}, {}),
    ("No room to move: 2 of 2 arms below 5 %", {"rates": FLOOR, "claims": [UNKNOWN]}, {"claims": [UNKNOWN]}),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "true", "false"), SENTENCES, ids=[each[0][:40] for each in SENTENCES])
def test_a_sentence_is_said_where_it_is_true_and_not_where_it_is_false(sentence, true, false):
    assert sentence in said(**true)
    assert sentence not in said(**false)


def test_a_comparison_without_a_lift_speaks_of_none():
    assert "ift" not in said().replace("after the fact", "")
