"""Simulated pairs of evaluations, put to skillift and to other packages: who covers the truth?

python -m venv /tmp/peers && /tmp/peers/bin/pip install -r envs/peers.txt
python tests/validation/head_to_head.py --python /tmp/peers/bin/python --out docs/explanation/validation.md

Each design is simulated without a gain and with one of 15 percentage points. The other packages are asked as
their documentation does; a naive interval of the difference of two independent binomials stands beside them.
The table is a section of docs/explanation/validation.md, which `make validate` leaves as it is.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from textwrap import fill
from typing import NamedTuple

import numpy as np

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "workflow_scripts")]

from scipy.stats import beta, norm  # noqa: E402
from validation.sections import with_section  # noqa: E402

from skillift.statistics.intervals import clustered_mean  # noqa: E402
from skillift.statistics.seed_variance import SeedComponents, with_seeds  # noqa: E402
from skillift.tables import atomic_path  # noqa: E402

GAIN, CONFIDENCE = 0.15, 0.95
CONCENTRATION = (
    8  # of the Beta distribution of a skill's pass rate: at a rate of one half skills differ by 17 pp
)
CORRELATION = 0.7  # of a skill's two rates
SHARED = 0.65  # probability that a task's two answers share their draw
BETWEEN = 0.05  # standard deviation of the rate after training between trainings, where there are several
HEADING = "Beside other packages"
PEERS = REPOSITORY / "tests/validation/peers.py"


class Design(NamedTuple):
    """How a pair of evaluations is made.

    Attributes:
        name: in words.
        sizes: tasks of each skill.
        base: pass rate before.
        missing: share of the answers without a score.
        grouped: whether tasks of a skill are alike; without, every task is drawn by itself.
        trainings: with other seeds, whose answers are compared with the one before.
    """

    name: str
    sizes: tuple[int, ...]
    base: float = 0.4
    missing: float = 0.0
    grouped: bool = True
    trainings: int = 1


DESIGNS = (
    Design("200 tasks without groups", (1,) * 200, grouped=False),
    Design("40 skills of 5 tasks", (5,) * 40),
    Design("8 skills of 5 tasks", (5,) * 8),
    Design("8 skills of 25 tasks", (25,) * 8),
    Design("20 skills of 1 to 30 tasks", tuple(np.round(np.geomspace(1, 30, 20)).astype(int))),
    Design("40 skills of 5 tasks, most pass", (5,) * 40, base=0.8),
    Design("40 skills of 5 tasks, 15 % without a score", (5,) * 40, missing=0.15),
    Design("40 skills of 5 tasks, two trainings", (5,) * 40, trainings=2),
)


class Pair(NamedTuple):
    """One simulated study.

    Attributes:
        after: the scores of each training and task, of shape (trainings, tasks).
        before: those of each task.
        skill: of each task.
    """

    after: np.ndarray
    before: np.ndarray
    skill: np.ndarray


def simulated(design: Design, gain: float, generator: np.random.Generator) -> Pair:
    """One study of a design, whose true gain over the population of skills and trainings is `gain`."""
    skill = np.repeat(np.arange(len(design.sizes)), design.sizes)
    several = generator.normal(0, BETWEEN, design.trainings) if design.trainings > 1 else [0.0]
    rates = [design.base, *(design.base + gain + own for own in several)]
    latent = generator.multivariate_normal([0, 0], [[1, CORRELATION], [CORRELATION, 1]], len(design.sizes))
    of_skill = [
        beta.ppf(norm.cdf(latent[:, min(arm, 1)]), rate * CONCENTRATION, (1 - rate) * CONCENTRATION)
        if design.grouped
        else np.full(len(design.sizes), rate)
        for arm, rate in enumerate(rates)
    ]
    draws = generator.random((len(rates), len(skill)))
    draws[1:] = np.where(generator.random(draws[1:].shape) < SHARED, draws[0], draws[1:])
    scores = np.array([draws[arm] < of_skill[arm][skill] for arm in range(len(rates))], dtype=float)
    kept = (generator.random(scores.shape) >= design.missing).all(axis=0)
    return Pair(scores[1:, kept], scores[0, kept], skill[kept])


def by_skillift(pair: Pair) -> list[float] | None:
    """The clustered interval of the table of effects; of several trainings with the variance between them."""
    found = clustered_mean(pair.after.mean(axis=0) - pair.before, pair.skill, CONFIDENCE)
    runs = [clustered_mean(own - pair.before, pair.skill, CONFIDENCE) for own in pair.after]
    if None in (found.standard_error, *(run.standard_error for run in runs)):
        return None
    if len(runs) == 1:
        return [found.ci_low, found.ci_high]
    n_runs, sampling = len(runs), found.standard_error**2
    noise = (np.mean([run.standard_error**2 for run in runs]) - sampling) * n_runs / (n_runs - 1)
    between = np.var([run.estimate for run in runs], ddof=1)
    part = SeedComponents(between, max(noise, 0.0), n_runs, n_runs - 1)
    half = with_seeds(sampling, found.degrees_of_freedom, [part]).half_width(CONFIDENCE)
    return [found.estimate - half, found.estimate + half]


def by_binomials(pair: Pair) -> list[float]:
    """Wald's interval of the difference of two independent proportions."""
    arms = pair.after.ravel(), pair.before
    variances = [arm.mean() * (1 - arm.mean()) / len(arm) for arm in arms]
    half = norm.ppf(0.5 + CONFIDENCE / 2) * np.sqrt(sum(variances))
    difference = arms[0].mean() - arms[1].mean()
    return [difference - half, difference + half]


class Row(NamedTuple):
    """What one package does in one design.

    Attributes:
        covered: share of the intervals that hold the true gain of `GAIN`.
        false_words: share of the studies without a gain whose interval leaves 0 out.
        power: share of the studies with a gain whose interval lies above 0.
        width: mean width, in percentage points.
        undefined: share of studies without an interval, which cover nothing and find nothing.
    """

    design: str
    package: str
    covered: float
    false_words: float
    power: float
    width: float
    undefined: float


def compared(design: Design, n_studies: int, python: Path | None, seed: int) -> list[Row]:
    """The rows of one design; those of the other packages where their Python is given."""
    generator = np.random.default_rng(seed)
    studies = {gain: [simulated(design, gain, generator) for _ in range(n_studies)] for gain in (0.0, GAIN)}
    found = {
        gain: {"skillift": list(map(by_skillift, pairs)), "two binomials": list(map(by_binomials, pairs))}
        | (asked(pairs, python) if python else {})
        for gain, pairs in studies.items()
    }
    return [_row(design, name, found[0.0][name], found[GAIN][name]) for name in found[GAIN]]


def asked(pairs: list[Pair], python: Path) -> dict[str, list]:
    """The intervals of the other packages, from a process of their own environment."""
    with tempfile.TemporaryDirectory() as folder:
        stored, out = Path(folder, "pairs.npz"), Path(folder, "out.json")
        means = [pair._replace(after=pair.after.mean(axis=0)) for pair in pairs]
        arrays = {f"{name}_{i}": getattr(pair, name) for i, pair in enumerate(means) for name in Pair._fields}
        np.savez(stored, **arrays)
        subprocess.run([str(python), str(PEERS), str(stored), str(out)], check=True)
        return json.loads(out.read_text())


def _row(design: Design, package: str, null: list, planted: list) -> Row:
    known = [ends for ends in planted if ends]
    undefined = 1 - (len(known) + sum(ends is not None for ends in null)) / (len(planted) + len(null))
    return Row(
        design.name,
        package,
        sum(low <= GAIN <= high for low, high in known) / len(planted),
        sum(not ends[0] <= 0 <= ends[1] for ends in null if ends) / len(null),
        sum(low > 0 for low, _ in known) / len(planted),
        100 * float(np.mean([high - low for low, high in known])) if known else float("nan"),
        undefined,
    )


def section(rows: list[Row], n_studies: int, machine: str) -> str:
    """The section, without its heading."""
    about = (
        f"Made by `python tests/validation/head_to_head.py` on {datetime.now(UTC):%Y-%m-%d} ({machine}): "
        f"{n_studies:,} studies of each design without a gain and as many with a true gain of "
        f"{100 * GAIN:.0f} pp. An interval of 95 % should cover the truth in 95 % of them, and leave 0 out "
        "in 5 % of those without a gain. Skills are a sample: the truth is the gain over the population that "
        "they are drawn from; so are trainings, which differ by a standard deviation of "
        f"{100 * BETWEEN:.0f} pp where there are two. evalstats 0.3.3 pairs items and has no argument for "
        "groups of them; truescore 0.7.4 has a bootstrap over groups; neither knows trainings, and both are "
        "given each task's mean over them."
    )
    lines = [
        fill(about, 110, break_long_words=False, break_on_hyphens=False),
        "",
        "| design | package | covers, % | false, % | power, % | width, pp | no interval, % |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    for row in rows:
        numbers = [row.covered, row.false_words, row.power]
        cells = [row.design, row.package, *(f"{100 * value:.1f}" for value in numbers)]
        cells += [f"{row.width:.1f}", f"{100 * row.undefined:.1f}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def main(argv: list[str] | None = None) -> None:
    """Simulate, ask, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--python", type=Path, help="a Python with the packages of envs/peers.txt")
    parser.add_argument("--studies", type=int, default=2000, help="of each design (default: %(default)s)")
    parser.add_argument("--machine", default=platform.processor() or platform.machine(), help="its name")
    parser.add_argument("--out", type=Path, help="page whose section to write")
    options = parser.parse_args(argv)
    rows = [row for design in DESIGNS for row in compared(design, options.studies, options.python, 0)]
    text = section(rows, options.studies, options.machine)
    print(text, end="")
    if options.out:
        page = with_section(options.out.read_text(encoding="utf-8"), HEADING, text)
        with atomic_path(options.out) as temporary:
            temporary.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
