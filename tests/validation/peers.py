"""Intervals of other packages for simulated pairs of evaluations; head_to_head.py calls it.

python tests/validation/peers.py PAIRS.npz OUT.json

Needs the packages of envs/peers.txt and nothing of skillift. PAIRS.npz has, for each study i, `after_i`,
`before_i` and `skill_i`. Writes for each study and package [low, high], or null where it gives no interval.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import evalstats
import numpy as np
import pandas as pd
import truescore


def by_evalstats(after: np.ndarray, before: np.ndarray, skill: np.ndarray) -> list[float]:
    """Its `compare` of two prompts over items, as its README shows; it knows no groups of items."""
    items = np.arange(len(after))
    frame = pd.concat(
        pd.DataFrame({"prompt": name, "item": items, "score": scores})
        for name, scores in (("after", after), ("before", before))
    )
    found = evalstats.compare(evalstats.load_from(frame), factors="prompt").pairwise.results
    (names, pair), *_ = found.items()
    low, high = float(pair.ci_low), float(pair.ci_high)
    return [low, high] if names[0] == "after" else [-high, -low]


def by_truescore(after: np.ndarray, before: np.ndarray, skill: np.ndarray) -> list[float]:
    """Its paired bootstrap over groups of items."""
    found = truescore.paired_bootstrap(after, before, clusters=skill, n_bootstrap=2000)
    return [float(found.low), float(found.high)]


PACKAGES = {"evalstats": by_evalstats, "truescore": by_truescore}


def main(pairs: Path, out: Path) -> None:
    """Ask each package for each study."""
    warnings.simplefilter("ignore")
    stored = np.load(pairs)
    found: dict[str, list] = {name: [] for name in PACKAGES}
    for number in range(len(stored.files) // 3):
        arms = [stored[f"{name}_{number}"] for name in ("after", "before", "skill")]
        for name, ask in PACKAGES.items():
            try:
                ends = ask(*arms)
            except (ValueError, ZeroDivisionError, IndexError) as error:
                print(f"{name}, study {number}: {error}", file=sys.stderr)
                ends = None
            found[name].append(ends if ends and np.isfinite(ends).all() else None)
    out.write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
