"""What a claim is: an entry of the registry of claims (`skillift.statistics.claim_registry`)."""

from __future__ import annotations

from typing import NamedTuple

ABOVE, BELOW, SAME, ALL_OF, NON_INFERIOR = "above", "below", "same", "all_of", "non_inferior"


class Claim(NamedTuple):
    """A statement that a study tests, with one word.

    Attributes:
        name: the column `claim` of the table CLAIMS.
        says: what is claimed, in words for readers.
        contrast: of which effect, as in the table EFFECTS.
        sides: what has a row of its own: `recipe` (each student and recipe, and each student before training
            where the contrast has that), `tiers`, `recipes` (each pair of sides, and all together), `student`
            (each student before training), or `study` (one row for all tiers).
        shape: `above` or `below` 0, `same` within the margin, `non_inferior` (no lower than 0
            by the margin), or `all_of` several (intersection-union).
        metric: of whose values.
        suite: the one suite that it is about; empty for each that is asked.
        margin: key of `analysis.margins`; empty where the shape needs none.
        family: claims of one family are corrected together (Holm), within one path and suite; a claim is a
            family of its own where it is empty.
    """

    name: str
    says: str
    contrast: str
    sides: str = "recipe"
    shape: str = ABOVE
    metric: str = "pass"
    suite: str = ""
    margin: str = ""
    family: str = ""
