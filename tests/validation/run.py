"""Simulate studies with a known truth, analyse them, and print what the intervals hold: `make validate`.

python tests/validation/run.py --studies 10000 --out docs/explanation/validation.md

Prints the page and writes it to `--out`; ends with status 1 where a claim does not hold. The seed is fixed,
so equal code gives an equal page but for its date and duration.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "workflow_scripts")]

from validation.asymmetry import slopes  # noqa: E402
from validation.claims import Measured, claims  # noqa: E402
from validation.coverage import NOTHING, PLANTED, rates  # noqa: E402
from validation.depth import depths  # noqa: E402
from validation.designs import cells  # noqa: E402
from validation.equivalence_claims import false_findings  # noqa: E402
from validation.families import families  # noqa: E402
from validation.further_claims import further_claims  # noqa: E402
from validation.head_to_head import HEADING  # noqa: E402
from validation.judges import biases  # noqa: E402
from validation.looks import looks  # noqa: E402
from validation.missing import missing, prose  # noqa: E402
from validation.page import page  # noqa: E402
from validation.power import family_size, power  # noqa: E402
from validation.samples import HEADING as SAMPLES  # noqa: E402
from validation.samples import promises, samples, section  # noqa: E402
from validation.sections import section_of, with_section  # noqa: E402
from validation.seeds import seed_coverage  # noqa: E402

from skillift.tables import atomic_path  # noqa: E402

SEED = 0


def main(argv: list[str] | None = None) -> None:
    """Simulate, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--studies", type=int, default=10_000, help="studies for rates (default: %(default)s)"
    )
    parser.add_argument(
        "--slopes",
        type=int,
        default=2000,
        help="studies for slopes, tests of sameness and seeds (default: %(default)s)",
    )
    parser.add_argument("--machine", default=machine(), help="what the page calls this machine")
    parser.add_argument("--out", type=Path, help="page to write")
    options = parser.parse_args(argv)
    start = time.perf_counter()
    measured = Measured(
        rates(PLANTED, options.studies, SEED),
        rates(NOTHING, options.studies, SEED),
        biases(options.studies, SEED),
        slopes(options.slopes, SEED),
        false_findings(options.slopes, SEED),
        seed_coverage(options.slopes, SEED),
        cells(options.studies, SEED),
        power(options.studies, SEED),
        family_size(options.studies, SEED),
        missing(min(options.slopes, 200), SEED),
        prose(options.studies, SEED),
        looks(options.studies, SEED),
        families(min(options.slopes, 400), SEED),
        further_claims(options.slopes, SEED),
        depths(options.slopes, SEED),
    )
    found, when = claims(measured), datetime.now(UTC).date().isoformat()
    start_of_samples = time.perf_counter()
    sampled = samples(options.slopes, SEED)
    end = time.perf_counter()
    text = page(measured, found, when, options.machine, end - start)
    text = with_section(text, SAMPLES, section(sampled, when, options.machine, end - start_of_samples))
    print(text)
    if options.out and options.out.exists():  # what another command measured stays
        beside = section_of(options.out.read_text(encoding="utf-8"), HEADING)
        text = with_section(text, HEADING, beside) if beside else text
    if options.out:
        with atomic_path(options.out) as temporary:
            temporary.write_text(text, encoding="utf-8")
    if not all([*(claim.holds for claim in found), *promises(sampled).values()]):
        sys.exit(1)


def machine() -> str:
    """Cores and kind of this machine."""
    return f"{os.cpu_count()} {platform.machine()} cores"


if __name__ == "__main__":
    main()
