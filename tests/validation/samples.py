"""Claims about many samples and about altered chains, as a section of docs/explanation/validation.md.

    python tests/validation/samples.py --studies 2000 --out docs/explanation/validation.md

`make validate` writes this section with all others; this command measures and writes it alone. Ends with
status 1 where a claim does not hold.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "workflow_scripts")]

from validation import answers, chain_claims, sampled_claims  # noqa: E402
from validation.claim_checks import Checked  # noqa: E402
from validation.sections import filled, with_section  # noqa: E402

from skillift.tables import atomic_path  # noqa: E402

HEADING = "Samples and altered chains"
SEED = 0


class Sampled(NamedTuple):
    """What is simulated of many samples and altered chains."""

    claims: list[Checked]
    differences: list[sampled_claims.Covered]


def samples(n_studies: int, seed: int) -> Sampled:
    """Everything in this section."""
    return Sampled(
        [
            *sampled_claims.sampled_claims(n_studies, seed),
            *chain_claims.chain_claims(n_studies, seed),
        ],
        sampled_claims.sampled_differences(n_studies, seed),
    )


def promises(found: Sampled) -> dict[str, bool]:
    """What the simulation must show, and whether it does."""
    intervals = [share for row in found.claims for share in (row.covered, row.covered_effect) if share]
    return {
        "claims about many samples and altered chains are falsely `supported` in at most 3.5 % of studies, "
        "and have any word of an effect in 7 %": all(
            row.supported <= 0.035 and row.resolved <= 0.07 for row in found.claims
        ),
        "their 95 % intervals cover in 93 to 97 %": all(0.93 <= share <= 0.97 for share in intervals),
        "at the effect that they state as detectable they are `supported` in 77 to 83 % of studies": all(
            0.77 <= row.power <= 0.83 for row in found.claims
        ),
        "intervals of differences of `pass@k`, `majority@k` and `distinct@k` cover in 93 to 97 %; where "
        "there is none, at most 7 % flag one": all(
            0.93 <= row.covered <= 0.97 and row.flagged <= 0.07 for row in found.differences
        ),
    }


def section(found: Sampled, when: str, machine: str, seconds: float) -> str:
    """The section as Markdown, without its heading."""
    from validation.page_tables import further, percent, table

    n_studies = found.claims[0].n_studies
    held = "\n".join(
        f"- {'holds' if holds else '**does not hold**'}: {text}" for text, holds in promises(found).items()
    )
    differences = table(
        ("metric", "k", "truth", "mean estimate", "covered", "flagged where there is none"),
        (
            (
                f"`{row.metric}@{row.k}`",
                str(row.k),
                *(_number(row.metric, value) for value in (row.truth, row.mean_estimate)),
                percent(row.covered),
                percent(row.flagged),
            )
            for row in found.differences
        ),
        words=1,
    )
    before = ", ".join(f"{100 * rate:.0f} %" for rate in chain_claims.SAME_BEFORE.values())
    paragraphs = f"""Measured on {when}, on {machine}, in {seconds / 60:.0f} minutes (`python
tests/validation/samples.py --out docs/explanation/validation.md`, which `make validate` does, too):
{n_studies:,} studies of 40 skills with 5 tasks each, columns as in [Further claims](#further-claims).

{held}

Each task has one right answer, three wrong ones and samples without an answer
({100 * answers.SILENCE:.0f} %), and is answered {answers.N_SAMPLES} times; chances differ by skill, by task
and by skill at each student. `sampling_budget` is the majority of {sampled_claims.K} samples of a student
that gives {100 * sampled_claims.RATE:.0f} % right answers, less one sample of another;
`sampling_budget_where_able` the same on the tasks of which the other half of its samples has a pass, with the
chance that each task has to count. The diversity of three tiers is a slope in answers among
{sampled_claims.K} samples for ten times the parameters. `faithfulness` is looked at where {before} of the
answers stay the same before SFT, and {100 * chain_claims.UNREAD:.0f} % are not read; after SFT more answers
have a chain, of skills the more whose answers hang less on it, so which tasks count is not independent of
what is measured. Effects are in pp; those of diversity in answers.

{further(found.claims)}

Differences by SFT of what k samples give. The truth is the mean over all draws of k samples; the values of
tasks are the library's, of {answers.N_SAMPLES} samples. In pp; of `distinct@k` in answers.

{differences}"""
    return "\n\n".join(filled(paragraph) for paragraph in paragraphs.split("\n\n"))


def _number(metric: str, value: float) -> str:
    from validation.page_tables import signed

    return f"{value:+.3f}".replace("-", "\u2212") if metric == "distinct" else signed(value)


def main(argv: Sequence[str] | None = None) -> None:
    """Simulate, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=2000, help="studies (default: %(default)s)")
    parser.add_argument("--machine", default="this machine", help="what the page calls this machine")
    parser.add_argument("--out", type=Path, help="page whose section to write")
    options = parser.parse_args(argv)
    start = time.perf_counter()
    found = samples(options.studies, SEED)
    seconds = time.perf_counter() - start
    text = section(found, datetime.now(UTC).date().isoformat(), options.machine, seconds)
    print(text)
    if options.out:
        page = with_section(options.out.read_text(encoding="utf-8"), HEADING, text)
        with atomic_path(options.out) as temporary:
            temporary.write_text(page, encoding="utf-8")
    if not all(promises(found).values()):
        sys.exit(1)


if __name__ == "__main__":
    main()
