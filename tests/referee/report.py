"""What they can say where the report opens, and in the table of findings."""

from __future__ import annotations

from referee import Sentence
from referee.judges import strict
from referee.looks import first_look, more_samples, second_look
from referee.predictions import late, no_predictions
from referee.shared import other_numbers
from referee.studies import base_alone, known

CASES = [
    Sentence(
        "judge:a: 1 supported (+25.0 pp), 2 not resolvable at this n. … (`lift.svg`_, "
        "`tier_trajectory.svg`_) |",
        "figures of lifts and deltas show it",
        known,
        (base_alone,),
        "report",
    ),
    Sentence(
        "**Did the prediction hold?** 2 predictions registered before results existed: 1 held, 1 "
        "undetermined. |",
        "no figure shows it",
        known,
        (late, no_predictions),
        "report",
    ),
    Sentence(
        "**Did the prediction hold?** This study declares no prediction. |",
        "the study declares no prediction",
        no_predictions,
        (known,),
        "report",
    ),
    Sentence(
        "- Lift at 45 k after SFT by sft, mean of 2 seeds: … **supported** |",
        "this lift is supported",
        known,
        (other_numbers, base_alone),
        "report",
    ),
    Sentence(
        "- This analysis is not counted in a ledger of looks: its words are at 0.05, and are right for a "
        "first and only look. |",
        "nobody has counted the looks",
        known,
        (first_look,),
        "report",
    ),
    Sentence(
        "- **… \u2192 …, changed on 2026-11-03 after results existed.** |",
        "a setting that words depend on was changed when results existed",
        second_look,
        (more_samples, first_look),
        "report",
    ),
    Sentence(
        "- **Warning: judge a errs too often: … Every verdict rests on that judge on the path judge:a.** |",
        "something is to be warned of",
        strict,
        (known,),
        "report",
    ),
    Sentence(
        "resolved,lift,45 k,judge:a,supported,",
        "this lift is supported",
        known,
        (other_numbers, base_alone),
        "report",
    ),
]
