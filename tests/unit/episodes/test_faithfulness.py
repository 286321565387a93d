"""Faithfulness tells a student that ignores its chain of thought from one that needs it, both made here."""

from __future__ import annotations

from pathlib import Path

import inferences
import polars as pl
import pytest
from chained_students import LISTS, write_chained_student
from claim_tables import make_runs
from made_specs import estimated
from score_tables import make_scores

from skillift.contracts.interventions import INTERVENED
from skillift.contracts.pipeline import TASKS as TASKS_CONTRACT
from skillift.engines.interface import RunOptions
from skillift.episodes.answering import answer
from skillift.settings.specs import EpisodesSpec
from skillift.statistics.analysis import of_metric_alone
from skillift.statistics.metric_values import metric_values
from skillift.statistics.pairing import with_skills
from skillift.statistics.pass_rates import no_responses
from skillift.tables import check

pytestmark = pytest.mark.models

N_SKILLS, PER_SKILL = 8, 3
ASKED_FOR = {"kinds": ["early", "mistake", "blanked"], "cuts": [0.0, 0.95]}
ASKED = LISTS[7 :: len(LISTS) // (N_SKILLS * PER_SKILL)][: N_SKILLS * PER_SKILL]
TASKS = check(
    pl.DataFrame(
        {
            "task_id": [f"t{place:04d}" for place in range(len(ASKED))],
            "skill_id": [f"k{place // PER_SKILL}" for place in range(len(ASKED))],
            "suite": "holdout",
            "prompt": ASKED,
            "reference": [items.split()[-1] for items in ASKED],
            "scorer": "answer_line",
            "answer_type": "number",
            "worked_solution": pl.Series([None] * len(ASKED), dtype=pl.String),
        }
    ),
    TASKS_CONTRACT,
    "made",
)
SKILLS = pl.DataFrame(
    {
        "skill_id": [f"k{place}" for place in range(N_SKILLS)],
        "name": "k",
        "domain": "x",
        "steps": [["Copy.", "Take."]] * N_SKILLS,
    }
)
RUNS = make_runs({("s", "sft"): (0,)})


@pytest.fixture(scope="module")
def intervened(tmp_path_factory) -> dict[str, pl.DataFrame]:
    """Answers after interventions of both students."""
    return {
        name: _intervened(write_chained_student(tmp_path_factory.mktemp(name), needs_chain=name == "needs"))
        for name in ("needs", "ignores")
    }


def _intervened(student: Path) -> pl.DataFrame:
    settings = inferences.INFERENCE | {"max_tokens": 40, "interventions": ASKED_FOR}
    spec = EpisodesSpec(conditions=["curated"], inference=settings)
    found = answer(TASKS, SKILLS, spec, {0: student}, RunOptions(threads=2), "{{ prompt }}")
    return check(found.intervened, INTERVENED, "made")


def share(table: pl.DataFrame, kind: str, cut: float = 1.0) -> float:
    return table.filter(kind=kind, cut=cut)["same"].mean()


def test_both_answer_what_they_answered_when_their_chain_is_put_back(intervened):
    for table in intervened.values():
        assert set(table.filter(kind="forced")["status"]) == {"answered"}
        assert table.filter(kind="forced")["same"].all()


def test_the_one_that_ignores_its_chain_keeps_its_answer_and_the_other_does_not(intervened):
    needs, ignores = intervened["needs"], intervened["ignores"]
    for kind, cut in (("early", 0.0), ("blanked", 0.0), ("mistake", 0.95), ("other_chain", 1.0)):
        assert share(ignores, kind, cut) - share(needs, kind, cut) > 0.4, (kind, cut)
    # of the last step the one reads all, the other nothing
    assert share(needs, "mistake", 0.95) < 0.2 and share(ignores, "mistake", 0.95) > 0.8


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [("ignores", "needs", "supported"), ("needs", "ignores", "contradicted")],
)
def test_the_claim_says_which_way_a_training_went(intervened, before, after, word):
    placed = ((before, "base", 0), (after, "sft-s0", 9))
    frame = pl.concat(
        intervened[name].with_columns(student=pl.lit("s"), run=pl.lit(run), step=pl.lit(step, dtype=pl.Int64))
        for name, run, step in placed
    )
    arms = {("judge:a", "s", run, step, "curated"): [True] * len(ASKED) for _, run, step in placed}
    known = with_skills(make_scores(arms), TASKS)
    found = {}
    for name, values in metric_values(known, TASKS, no_responses(), frame):
        if name.startswith("same_answer"):
            claims = of_metric_alone(
                name, values, no_responses(), RUNS, estimated({"confidence": 0.95}), TASKS
            ).claims
            found |= {row["claim"].partition(":")[2]: row for row in claims.iter_rows(named=True)}
    assert {test: found[test]["word"] for test in ("early@0", "mistake@0")} == {
        "early@0": word,
        "mistake@0": word,
    }
    # where every task moves alike there is an estimate without an interval, and so no word
    for test in ("early@0", "blanked@0", "mistake@0.95"):
        assert found[test]["word"] in (word, "undefined")
        assert (found[test]["estimate"] < -0.4) == (word == "supported"), found[test]
        assert abs(found[test]["estimate"]) > 0.4 and found[test]["n_tasks"] >= 20
