"""What the findings can say of a sampling budget: against parameters, by tier, and after SFT."""

from __future__ import annotations

from functools import cache

import polars as pl

from referee import Sentence, Study
from referee.claim_rows import COUNTS, claim_row, elsewhere
from referee.form import formed
from referee.studies import known
from skillift.contracts.analysis import MEASURES, SAMPLING_BUDGETS
from skillift.protocols import MAIN, with_protocol

_COMMON = {"contrast": "curated", "margin": 0.05, "p_equivalence": None, "mde": 0.07, "metric": "pass"}
_DIVERSE = {"metric": "distinct@8", "path": "text", "margin": None}


def _budget(sign: int, word: str, **values: object) -> pl.DataFrame:
    """Four samples of the smaller student against one of the larger, after SFT."""
    numbers = {"estimate": 0.06 * sign, "ci_low": 0.06 * sign - 0.05, "ci_high": 0.06 * sign + 0.05}
    about = {"claim": "sampling_budget", "student": "s", "run": "sft", "against": "m"}
    about |= {"contrast": "curated@4", "n_runs": 1}
    return claim_row(**(_COMMON | numbers | about | values), word=word)


def _answers(sign: int, word: str, **values: object) -> pl.DataFrame:
    """How many different answers there are, in the unit of that metric."""
    numbers = {"estimate": 1.5 * sign, "ci_low": 1.5 * sign - 1, "ci_high": 1.5 * sign + 1, "mde": 1.2}
    return claim_row(**(_COMMON | _DIVERSE | numbers | {"run": "sft", "n_runs": 2} | values), word=word)


def _by_tier(sign: int, word: str, **values: object) -> pl.DataFrame:
    return _answers(sign, word, **({"claim": "diversity_by_tier", "student": ""} | values))


def _lost(sign: int, word: str, **values: object) -> pl.DataFrame:
    about = {"claim": "diversity_lost", "student": "s", "contrast": "gain:curated"}
    return _answers(sign, word, **(about | values))


def _rows(sign: int, budget: str, by_tier: str, lost: str, **values: object) -> pl.DataFrame:
    able = _budget(sign, budget, claim="sampling_budget_where_able")
    parts = [_budget(sign, budget), able, _by_tier(sign, by_tier, **values), _lost(-sign, lost)]
    return elsewhere(pl.concat(parts))


def _with(rows: pl.DataFrame, protocol: str | None) -> Study:
    tables = known().tables
    claims = tables["claims"]
    if protocol:
        parts = [with_protocol(claims, MAIN), with_protocol(rows, protocol)]
        return known()._replace(tables={**tables, "claims": pl.concat(parts)})
    return known()._replace(tables={**tables, "claims": pl.concat([claims, rows])})


@cache
def samples_beat_parameters() -> Study:
    return _with(_rows(1, "supported", "supported", "supported"), "warm")


@cache
def parameters_beat_samples() -> Study:
    rows = _rows(-1, "contradicted", "contradicted", "contradicted", run="base", n_runs=1)
    return _with(rows, "hot")


@cache
def judged_by_none() -> Study:
    """The protocol stands on the path `bench`, and its budget is of the base models."""
    row = _budget(-1, "contradicted", run="base", path="bench")
    return _with(row, "warm")


@cache
def two_protocols() -> Study:
    """Of two protocols with samples the budgets have different words."""
    tables = known().tables
    parts = [with_protocol(tables["claims"], MAIN)]
    parts += [
        with_protocol(_budget(sign, word, run="base"), protocol)
        for sign, word, protocol in ((1, "supported", "warm"), (-1, "contradicted", "hot"))
    ]
    return known()._replace(tables={**tables, "claims": pl.concat(parts)})


@cache
def one_way_to_ask() -> Study:
    """Samples of the only way in which tasks are asked: no protocol is named."""
    return _with(_rows(1, "supported", "supported", "supported"), None)


def _bought(path: str, *samples: int) -> Study:
    """Rates by samples of one student before SFT."""
    row = {"sampled_by": "warm", "path": path, "suite": "holdout", "student": "s", "run": "base", "step": 0}
    row |= {"pass_rate": 0.3, "ci_low": 0.2, "ci_high": 0.4, "n_tasks": 30, "n_skills": 6, "n_unscored": 0}
    rows = [
        row | {"measure": measure, "samples": k, "flops": 1e6 * k} for measure in MEASURES for k in samples
    ]
    table = pl.DataFrame(rows).select(list(SAMPLING_BUDGETS.columns))
    return known()._replace(tables={**known().tables, "sampling_budgets": table})


@cache
def bought() -> Study:
    return _bought("judge:a", 1, 4)


@cache
def bought_by_two() -> Study:
    return _bought("judge:a", 1, 2)


@cache
def bought_unjudged() -> Study:
    return _bought("bench", 1, 4)


_FIGURE = "figure sampling_budget"
_OTHERS = (known, parameters_beat_samples)
_HEAD = "What does a sampling budget buy?"
_BUDGET = (
    "\u201cat no more FLOPs, the majority of several samples of a smaller student beats one of a larger\u201d"
)
_ABLE = "\u201cso it does on tasks that the smaller student passes in the other half of its samples\u201d"
_TIER = (
    "\u201clarger students give more different answers among their samples (slope on log parameters)\u201d"
)
_LOST = "\u201cafter SFT students give fewer different answers among their samples\u201d"
_HOLM = "Holm-adjusted p = 0.004; smallest detectable effect"

CASES = [
    Sentence(
        "sampling budget where able | The majority of 4 samples of 45 k less one sample of 115 k, after SFT "
        "by sft, on tasks that the first passes in the other half of its samples under the protocol warm: "
        "+6.0 pp",
        "on these tasks four samples of the smaller student are right more often by so much",
        samples_beat_parameters,
        (*_OTHERS, one_way_to_ask, judged_by_none),
    ),
    Sentence(_HEAD, "a sampling budget is asked about", samples_beat_parameters, (known,)),
    Sentence(
        f"{_HEAD} {_BUDGET}: 1 supported; {_ABLE}: 1 supported; {_TIER}: 1 supported; {_LOST}: 1 "
        "supported under the protocol warm.",
        "all four are known of that protocol",
        samples_beat_parameters,
        (*_OTHERS, one_way_to_ask),
    ),
    Sentence(
        f"{_HEAD} {_BUDGET}: 1 contradicted under the protocol hot. {_BUDGET}: 1 supported under "
        "the protocol warm.",
        "two protocols with samples are asked about budgets alone, which have another word under each",
        two_protocols,
        (*_OTHERS, samples_beat_parameters, judged_by_none),
    ),
    Sentence(
        f"{_HEAD} {_BUDGET}: 1 contradicted under the protocol warm.",
        "one protocol is asked about its budget alone",
        judged_by_none,
        (*_OTHERS, samples_beat_parameters, two_protocols),
    ),
    Sentence(
        f"{_HEAD} {_BUDGET}: 1 supported; {_ABLE}: 1 supported; {_TIER}: 1 supported; {_LOST}: 1 supported.",
        "the study asks in one way",
        one_way_to_ask,
        (*_OTHERS, samples_beat_parameters),
    ),
    Sentence(
        "sampling budget | The majority of 4 samples of 45 k less one sample of 115 k, after "
        "SFT by sft under "
        f"the protocol warm: +6.0 pp (95 % interval +1.0 to +11.0 pp; {_HOLM} 7.0 pp; {COUNTS}; "
        f"path judge:a); "
        "with one seed, so about these runs. [supported]",
        "four samples of the smaller student are right more often by so much",
        samples_beat_parameters,
        (*_OTHERS, one_way_to_ask),
    ),
    Sentence(
        "The majority of 4 samples of 45 k less one sample of 115 k, before SFT under the protocol warm: "
        f"\u22126.0 pp (95 % interval \u221211.0 to \u22121.0 pp; {_HOLM} 7.0 pp; {COUNTS}; path bench). "
        "[contradicted]",
        "no judge judges the protocol, and before SFT one sample of the larger student is right more often",
        judged_by_none,
        (*_OTHERS, samples_beat_parameters),
    ),
    Sentence(
        "diversity by tier | Different answers among 8 samples, for ten times as many "
        "parameters, after SFT by "
        f"sft under the protocol warm: +1.5 answers (95 % interval +0.5 to +2.5 answers; {_HOLM} "
        f"1.2 answers; "
        f"{COUNTS}; path text). [supported]",
        "larger students give so many more",
        samples_beat_parameters,
        (*_OTHERS, one_way_to_ask),
    ),
    Sentence(
        "for ten times as many parameters, before SFT under the protocol hot: \u22121.5 answers",
        "larger students give fewer before SFT",
        parameters_beat_samples,
        (known, samples_beat_parameters),
    ),
    Sentence(
        "diversity lost | Change of the different answers among 8 samples of 45 k, after SFT by "
        "sft under the "
        f"protocol warm: \u22121.5 answers (95 % interval \u22122.5 to \u22120.5 answers; "
        f"{_HOLM} 1.2 answers; "
        f"{COUNTS}; path text). [supported]",
        "after SFT that student gives so many fewer",
        samples_beat_parameters,
        (*_OTHERS, one_way_to_ask),
    ),
    Sentence(
        "under curated; n = 30 tasks; points: 1, 4 samples solid: majority@k, the majority passes; dotted: "
        "pass@k, one of k passes, if one knew which",
        "rates of so many samples are drawn, of that many tasks",
        bought,
        (bought_by_two,),
        _FIGURE,
    ),
    Sentence(
        "Is it the answer, or its form?",
        "something is claimed of responses one by one, and not of many samples alone",
        formed,
        (one_way_to_ask,),
    ),
    Sentence(
        "path bench \u00b7",
        "no judge judges the protocol",
        bought_unjudged,
        (bought, bought_by_two),
        _FIGURE,
    ),
]
