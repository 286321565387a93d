"""What the findings can say of scale: larger models with a small one's training, and with their own."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import COUNTS, claim_row, elsewhere
from referee.studies import known
from referee.whole import edited, respecified, without_rows

_OF_FORM = {"metric": "format", "path": "text"}
_COMMON = {"student": "m", "contrast": "none", "margin": None, "p_equivalence": None, "mde": 0.07}


def _with(*rows: pl.DataFrame) -> Study:
    tables = known().tables
    claims = pl.concat([tables["claims"], elsewhere(pl.concat(rows))])
    return known()._replace(tables={**tables, "claims": claims})


def _larger(sign: int, word: str, n_runs: int = 2, **values: object) -> pl.DataFrame:
    """The emulated run against the small student."""
    numbers = {"estimate": 0.06 * sign, "ci_low": 0.06 * sign - 0.05, "ci_high": 0.06 * sign + 0.05}
    about = {"claim": "pretraining_scale", "run": "sft_of_s", "against": "s", "n_runs": n_runs}
    return claim_row(**(_COMMON | numbers | about | values), word=word)


def _own(sign: int, word: str, **values: object) -> pl.DataFrame:
    """The large student's own training against the borrowed one."""
    about = {"claim": "finetuning_scale", "run": "sft", "against": "sft_of_s"}
    return _larger(sign, word, **(about | values))


@cache
def knowledge_by_pretraining() -> Study:
    """The larger model knows more with one training; its own training adds form."""
    return _with(
        _larger(1, "supported"),
        _own(-1, "contradicted"),
        _larger(-1, "contradicted", claim="pretraining_scale_in_form", **_OF_FORM),
        _own(1, "supported", claim="finetuning_scale_in_form", **_OF_FORM),
    )


@cache
def the_other_way_round() -> Study:
    return _with(
        _larger(-1, "contradicted", n_runs=1),
        _own(1, "supported"),
        _larger(1, "supported", claim="pretraining_scale_in_form", **_OF_FORM),
        _own(-1, "contradicted", claim="finetuning_scale_in_form", **_OF_FORM),
    )


@cache
def emulated() -> Study:
    """As if what m has of sft were the training of s by dpo; m has none by dpo itself."""
    pair = {"recipe": "sft", "student": "m", "from_student": "s", "from_recipe": "dpo"}
    return respecified(known(), borrowed=[pair])


@cache
def emulated_and_asked() -> Study:
    """As if what m has of sft were the training of s by sft, and its own."""
    pair = {"recipe": "sft", "student": "m", "from_student": "s", "from_recipe": "sft"}
    return respecified(known(), borrowed=[pair])


@cache
def emulated_elsewhere() -> Study:
    return respecified(emulated(), {"headline_path": "judge:b"})


@cache
def emulated_undefined() -> Study:
    where = {"student": "m", "run": "sft-s1", "condition": "none", "metric": "pass"}
    nothing = dict.fromkeys(("pass_rate", "ci_low", "ci_high"))
    return edited(emulated(), "pass_rates", where, **nothing)


@cache
def emulated_of_one_seed() -> Study:
    return without_rows(emulated(), "pass_rates", run="sft-s1")


@cache
def responses_not_at_hand() -> Study:
    """Nothing is known of form."""
    return _with(_larger(1, "supported"), _own(-1, "contradicted"))


_HEAD = "Is it the scale of pre-training, or of fine-tuning?"
_NUMBERS = "Holm-adjusted p = 0.004; smallest detectable effect 7.0 pp"
_MORE, _LESS = (
    f"+6.0 pp (95 % interval +1.0 to +11.0 pp; {_NUMBERS}; {COUNTS}",
    f"\u22126.0 pp (95 % interval \u221211.0 to \u22121.0 pp; {_NUMBERS}; {COUNTS}",
)

CASES = [
    Sentence(_HEAD, "a training is emulated", knowledge_by_pretraining, (known,)),
    Sentence(
        f"{_HEAD} \u201cwith one training, a larger model passes more often than a smaller one (under "
        "none)\u201d: 1 supported; \u201ca large model passes more often after its own training than with a "
        "small one's (under none)\u201d: 1 contradicted; \u201cwith one training, a larger model answers in "
        "form more often than a smaller one (under none)\u201d: 1 contradicted; \u201ca large model answers "
        "in form more often after its own training than with a small one's\u201d: 1 supported.",
        "all four are known of one emulated run",
        knowledge_by_pretraining,
        (known, the_other_way_round),
    ),
    Sentence(
        "1 supported; \u201ca large model passes more often after its own training than with a small "
        "one's (under none)\u201d: 1 contradicted.",
        "of form nothing is known",
        responses_not_at_hand,
        (knowledge_by_pretraining, the_other_way_round),
    ),
    Sentence(
        "pretraining scale | Pass rate under none of 115 k with the training of 45 k (sft_of_s) less that of "
        f"45 k after it: {_MORE}; path judge:a). [supported] emulation_grid",
        "the emulated run passes more often by so much",
        knowledge_by_pretraining,
        (known, the_other_way_round),
    ),
    Sentence(
        "finetuning scale | Pass rate under none of 115 k after its own training by sft less that by "
        f"sft_of_s: {_LESS}; path judge:a). [contradicted] emulation_grid",
        "it passes less often by so much after its own training",
        knowledge_by_pretraining,
        (known, the_other_way_round),
    ),
    Sentence(
        "finetuning scale in form | Share of responses in form under none of 115 k after its own training by "
        f"sft less that by sft_of_s: {_MORE}; path text). [supported] emulation_grid",
        "of its responses more are in form by so much",
        knowledge_by_pretraining,
        (known, the_other_way_round),
    ),
    Sentence(
        f"45 k after it: {_LESS}; path judge:a); a side has one seed, so about these runs. [contradicted]",
        "it passes less often by so much, in these runs",
        the_other_way_round,
        (known, knowledge_by_pretraining),
    ),
    Sentence(
        "path judge:a; text for form · holdout suite · … tasks in … skills unscored: … intervals, "
        "clustered by skill",
        "the right answers are those of that path",
        emulated,
        (emulated_elsewhere,),
        "figure emulation_grid",
    ),
    Sentence(
        "pass rate and share of responses in form, under none of several seeds the mean, which has no "
        "interval here",
        "an arm has several seeds",
        emulated,
        (emulated_of_one_seed,),
        "figure emulation_grid",
    ),
    Sentence(
        "not asked: 45 k with the training of 115 k; 115 k with the training of 115 k",
        "the study has neither of these arms",
        emulated,
        (emulated_and_asked,),
        "figure emulation_grid",
    ),
    Sentence(
        "undefined, not drawn: 115 k with the training of 45 k · pass",
        "that rate has no value",
        emulated_undefined,
        (emulated,),
        "figure emulation_grid",
    ),
]
