"""Which lists belong to which suite, and drawing them: a hash decides, for every skill at once.

The order of drawing plays no part: whoever makes text for training (pre-training, demonstrations)
asks `suite_of` and can never meet a list of the dev or holdout suite.
"""

from __future__ import annotations

import hashlib
import random

from skillift.errors import UserError
from skillift.taskpack.domains import LENGTHS, Domain, Items

_LISTS_OF = {"transfer": "holdout"}  # a suite of new skills has the lists that no text for training holds
_SUITE_OF_BUCKET = {0: "holdout", 1: "dev"}
_BUCKETS = 10
_MAX_DRAWS = 20_000


def stable_hash(text: str) -> int:
    """A hash that is the same in every process and on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def suite_of(items: Items, domain: Domain, seed: int) -> str:
    """The one suite in which a list may stand as input: about 10 % `holdout`, 10 % `dev`, else `train`."""
    bucket = stable_hash(f"{seed}|{domain.name}|{' '.join(items)}") % _BUCKETS
    return _SUITE_OF_BUCKET.get(bucket, "train")


def draw_list(rng: random.Random, difficulty: str, domain: Domain) -> Items:
    """A list of distinct items: three at `tiny`, four or five at `easy`, six to nine at `standard`."""
    return tuple(rng.sample(domain.order, rng.randint(*LENGTHS[difficulty])))


def draw_lists(
    rng: random.Random, difficulty: str, domain: Domain, *, suite: str, count: int, seed: int
) -> list[Items]:
    """`count` distinct lists of one suite.

    Raises:
        UserError: the domain has too few lists of that suite.
    """
    found: dict[Items, None] = {}
    for _ in range(_MAX_DRAWS):
        if len(found) == count:
            return list(found)
        items = draw_list(rng, difficulty, domain)
        if suite_of(items, domain, seed) == _LISTS_OF.get(suite, suite):
            found[items] = None
    key = f"suites.{suite}.per_skill" if suite in _LISTS_OF else f"per_skill.{suite}"
    raise UserError(
        f"tasks.pack.{key}: found {count}, but there are only about {len(found)} {suite} lists "
        f"of {domain.nouns} at difficulty '{difficulty}'. Ask for fewer tasks per skill, or for 'standard'."
    )
