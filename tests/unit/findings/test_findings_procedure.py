"""Is it the procedure, or just a longer prompt? The lift over none and over every control, read together."""

from __future__ import annotations

import polars as pl
import pytest
from analysis_tables import full_study, make_certification
from findings_tables import SPEC, answers, every
from made_specs import analysis_of, viewed
from score_tables import make_scores, make_tasks, passes

from skillift.findings import findings
from skillift.findings.closing_lines import closing_lines
from skillift.findings.finding_rows import findings_text
from skillift.findings.summary import summary
from skillift.statistics import claim_labels
from skillift.statistics.analysis import analyse
from skillift.statistics.pass_rates import no_responses

STUDENT = {"s": SPEC["students"]["s"]}
TOGETHER = "beyond a longer prompt: lift over none and over every control, together"
BEYOND = "SFT added something beyond a longer prompt"


def controlled_study(
    before: dict[str, int], after: dict[str, int], filler_start: int = 7
) -> tuple[dict, dict]:
    """A student with one training: of 200 tasks so many passes by condition, before and after SFT.

    At any start that is a multiple of 7 the passes of all conditions are nearly the same tasks.
    """
    starts = {"none": 0, "curated": 14, "placebo": 21, "filler": filler_start}
    arms = {}
    for run, counts in (("base", before), ("sft-s0", after)):
        for condition, count in counts.items():
            start = starts[condition] + 7 * (run != "base")
            arms[("judge:a", "s", run, 138 * (run != "base"), condition)] = passes(count, start=start)
    analysis = SPEC["analysis"] | {"margins": {"neutral_filler": 0.05}}
    spec = {**SPEC, "analysis": analysis, "students": STUDENT, "references": [], "runs": SPEC["runs"][::2]}
    tables = analyse(make_scores(arms), make_tasks(), no_responses(), *analysis_of(spec))._asdict()
    return spec, {**tables, "certification": make_certification(("a",))}


def all_texts(spec: dict, tables: dict) -> str:
    """What findings page, report, end of the run and summary say."""
    parts = findings(tables, viewed(spec))
    sentences = [f"{each.word} {each.claim} {each.sentence}" for part in parts for each in part.findings]
    told = [part.answer for part in parts]
    return "\n".join(
        [
            *sentences,
            *told,
            *closing_lines(parts, ""),
            findings_text(parts, {}),
            summary(tables, viewed(spec), "mine"),
        ]
    )


def test_contrasts_with_a_placebo_are_a_family_each_with_the_effect_that_its_word_can_see():
    spec, tables = full_study()
    rows = tables["effects"].filter(
        pl.col("run").is_in(["base", "sft", "answer_only-s0"]),
        path="judge:conclusion",
        metric="pass",
        contrast="curated-placebo",
    )
    found = [each for each in every(tables, None, spec) if each.claim.startswith("curated − placebo")]
    assert len(found) == rows.height == 7
    expected = claim_labels.holm(rows["p_value"].to_list())
    assert sorted(each.numbers["p_holm"] for each in found) == pytest.approx(sorted(expected))
    for each in found:
        assert "Holm-adjusted p" in each.sentence
        (row,) = rows.filter(estimate=each.numbers["estimate"]).head(1).iter_rows(named=True)
        assert each.numbers["mde"] > row["mde"]
        resolved = each.numbers["p_holm"] < 0.05
        sign = claim_labels.SUPPORTED if each.numbers["estimate"] > 0 else claim_labels.CONTRADICTED
        assert each.word == (sign if resolved else claim_labels.NOT_RESOLVABLE)


BEFORE = {"none": 40, "curated": 60, "placebo": 40, "filler": 40}


def test_sft_that_only_makes_the_placebo_harmful_adds_nothing_beyond_a_longer_prompt():
    spec, tables = controlled_study(BEFORE, BEFORE | {"placebo": 4})
    over_placebo = tables["effects"].filter(contrast="lift:curated-placebo").row(0, named=True)
    assert over_placebo["ci_low"] > 0
    (finding,) = every(tables, TOGETHER, spec)
    assert finding.word == claim_labels.NOT_RESOLVABLE
    assert finding.sentence.endswith("What SFT changed may be the placebo.")
    assert "supported" not in answers(tables, spec)["procedure"]
    assert BEYOND not in all_texts(spec, tables)


def test_nor_does_sft_that_only_makes_the_filler_harmful():
    spec, tables = controlled_study(BEFORE, BEFORE | {"filler": 4})
    (finding,) = every(tables, TOGETHER, spec)
    assert finding.word == claim_labels.NOT_RESOLVABLE
    assert "supported" not in answers(tables, spec)["procedure"]
    assert BEYOND not in all_texts(spec, tables)


def test_nor_sft_that_lifts_every_longer_prompt():
    spec, tables = controlled_study(BEFORE, BEFORE | {"curated": 120, "filler": 100, "placebo": 100})
    (lift,) = every(tables, "lift", spec)
    (finding,) = every(tables, TOGETHER, spec)
    assert lift.word == claim_labels.SUPPORTED
    assert finding.word == claim_labels.NOT_RESOLVABLE
    assert BEYOND not in all_texts(spec, tables)


def test_a_lift_over_none_and_every_control_is_one_beyond_a_longer_prompt():
    spec, tables = controlled_study(BEFORE, BEFORE | {"curated": 150})
    (finding,) = every(tables, TOGETHER, spec)
    assert finding.word == claim_labels.SUPPORTED
    assert finding.sentence.startswith(
        f"{BEYOND} at 45 k after SFT by sft, seed 0. Lift over none +45.0 pp ("
    )
    assert (
        "1 lift over none, placebo and filler, all read together: 1 supported."
        in answers(tables, spec)["procedure"]
    )


@pytest.mark.parametrize(
    ("after", "does"), [(4, "(1 contradicted: it harms)"), (140, "(1 supported: it helps)")]
)
def test_the_answer_says_what_the_placebo_does_beside_the_word_that_judges_it(after, does):
    spec, tables = controlled_study(BEFORE | {"placebo": 10}, BEFORE | {"placebo": after})
    answer = answers(tables, spec)["procedure"]
    assert (
        "The placebo by itself, against none: \u221215.0 pp before SFT (1 contradicted: it harms), " in answer
    )
    assert f"after SFT {does}." in answer
    assert "placebo harms" in closing_lines(findings(tables, viewed(spec)), "")[3]
    assert answer in summary(tables, viewed(spec), "mine")


@pytest.mark.parametrize(
    ("passed", "start", "word", "said"),
    [
        (40, 7, claim_labels.EQUIVALENT, "The filler is a neutral control at 45 k: "),
        (80, 7, claim_labels.CONTRADICTED, "The filler is no neutral control at 45 k: "),
        (40, 100, claim_labels.NOT_RESOLVABLE, "The filler is not shown to be a neutral control at 45 k: "),
    ],
)
def test_a_filler_is_a_neutral_control_only_where_equivalence_is_shown(passed, start, word, said):
    spec, tables = controlled_study(BEFORE | {"filler": passed}, BEFORE, start)
    (finding,) = every(tables, "filler \u2212 none before SFT: is the filler neutral?", spec)
    assert (finding.word, finding.sentence.startswith(said)) == (word, True)
    assert ("There is no neutral control: " in answers(tables, spec)["procedure"]) == (
        word != claim_labels.EQUIVALENT
    )


def test_without_a_filler_there_is_no_neutral_control():
    spec, tables = full_study()
    assert answers(tables, spec)["procedure"].endswith(
        "There is no neutral control: this study has no filler."
    )
