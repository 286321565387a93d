"""CR2 standard errors, degrees of freedom and intervals are those of R's clubSandwich.

The numbers were printed by clubSandwich 0.5.8 under R 4.2.2 (Debian 12), for verdict differences `y` of tasks
in skills `cl` and columns of ones `X`, as

    m <- lm(y ~ 0 + X)
    V <- vcovCR(m, cluster = cl, type = "CR2")
    linear_contrast(m, vcov = V, contrasts = matrix(w, 1), test = "Satterthwaite", level = 0.95)

with `options(digits = 15)`: Est, SE, df, CI_L and CI_U.
"""

from __future__ import annotations

import numpy as np
import pytest

from skillift.statistics.cluster_robust import contrast_degrees_of_freedom
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.intervals import clustered_mean

# tasks of each skill with their verdict differences; estimate, standard error, degrees of freedom, interval
MEANS = {
    "skills of 1 to 8 tasks": (
        [[1], [0, 1], [-1, 0, 1], [1, 0, 0, 1, 1], [0, 1, 0, -1, 0, 0, 1, 0]],
        (0.315789473684210, 0.153230849468233, 2.632919879316125, -0.212671663446908, 0.844250610815329),
    ),
    "one large skill among small ones": (
        [[1, 0, 0, 1, -1, 0, 1, 1, 0, 0, 0, 1], [0, 1], [1, 1], [-1, 0], [0, 0]],
        (0.300000000000000, 0.122474487139159, 2.076923076923075, -0.208696846637799, 0.808696846637799),
    ),
    "skills of equal size": (
        [[1, 0, 1], [0, 0, -1], [1, 1, 0], [0, 1, 1]],
        (0.416666666666667, 0.250000000000000, 3.000000000000000, -0.378944909654260, 1.212278242987594),
    ),
    "two skills": (
        [[1], [0, 1, 0, -1, 1, 0, 0, 1, 0]],
        (0.300000000000000, 0.233333333333333, 1.000000000000000, -2.664781105107425, 3.264781105107425),
    ),
}
AFTER = [[1, 1, 0], [1, 1], [1, 0, 1, 1], [1]]
BEFORE = [[0, 1], [0, 0, 1], [0, 0, 1], [1, 0, 0, 0]]
# weights of the two columns; estimate, standard error, degrees of freedom
CONTRASTS = {
    "after minus before": ((1.0, -1.0), (0.466666666666667, 0.108738994276870, 2.866580132423321)),
    "half and twice": ((0.5, 2.0), (1.0666666666666669, 0.0730652416430229, 2.8633502059740832)),
}


def flat(skills: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    names = np.repeat(np.arange(len(skills)), [len(tasks) for tasks in skills])
    return np.concatenate(skills).astype(float), names


@pytest.mark.parametrize(("skills", "printed"), MEANS.values(), ids=MEANS)
def test_a_mean_has_the_numbers_that_clubsandwich_prints(skills, printed):
    found = clustered_mean(*flat(skills), 0.95)
    numbers = (
        *(found.estimate, found.standard_error, found.degrees_of_freedom),
        *(found.ci_low, found.ci_high),
    )
    assert numbers == pytest.approx(printed, rel=1e-9)


@pytest.mark.parametrize(("weights", "printed"), CONTRASTS.values(), ids=CONTRASTS)
def test_a_contrast_of_two_means_has_the_numbers_that_clubsandwich_prints(weights, printed):
    (after, of_after), (before, of_before) = flat(AFTER), flat(BEFORE)
    columns = np.full((len(after) + len(before), 2), np.nan)
    columns[: len(after), 0], columns[len(after) :, 1] = after, before
    weights = np.array(weights)
    covariance = clustered_covariance(columns, np.concatenate([of_after, of_before]))
    counts = np.array([[len(tasks) for tasks in side] for side in (AFTER, BEFORE)])
    freedom = contrast_degrees_of_freedom(weights**2 / counts.sum(axis=1), counts)
    numbers = (
        weights @ [after.mean(), before.mean()],
        np.sqrt(weights @ covariance @ weights),
        freedom.item(),
    )
    assert numbers == pytest.approx(printed, rel=1e-9)
