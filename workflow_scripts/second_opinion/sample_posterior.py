"""Sample the second opinion's posterior: called by `second_opinion.py`, with the set envs/second-opinion.txt.

    python workflow_scripts/second_opinion/sample_posterior.py --data data.json --out posterior.json

`--data` is a JSON object: `settings` and `paths`, see `skillift.second_opinion.model`. Writes its result by
path, and says on stderr which path is at work.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any


def main(argv: list[str] | None = None) -> None:
    """Read, sample path by path, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="settings and data of each path, JSON")
    parser.add_argument("--out", type=Path, required=True, help="file for the results, JSON")
    options = parser.parse_args(argv)
    os.environ.setdefault("JAX_PLATFORMS", "cpu")
    import numpyro

    from skillift.second_opinion.model import CHAINS, sample

    numpyro.set_host_device_count(CHAINS)
    given = json.loads(options.data.read_text(encoding="utf-8"))
    results: dict[str, dict] = {}
    compiled: dict[str, Any] = {}
    for place, (path, data) in enumerate(given["paths"].items(), 1):
        shape = json.dumps(
            [data["skills"], [[s["student"], s["groups"], s["group_of_run"]] for s in data["students"]]]
        )
        results[path], compiled[shape] = sample(data, given["settings"], compiled.get(shape))
        took = f"{results[path]['seconds']:.0f} s"
        print(f"  path {place} of {len(given['paths'])}, {path}: sampled in {took}", file=sys.stderr)
    options.out.write_text(json.dumps(results), encoding="utf-8")


if __name__ == "__main__":
    main()
