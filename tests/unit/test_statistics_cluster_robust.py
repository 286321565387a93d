"""CR2 and its degrees of freedom: closed forms against whole matrices, and those against R's clubSandwich."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power

from skillift.statistics.cluster_robust import contrast_degrees_of_freedom, degrees_of_freedom
from skillift.statistics.heterogeneity import clustered_covariance
from skillift.statistics.intervals import clustered_estimates, clustered_mean

SIZES = {
    "equal": [5] * 8,
    "1 to 30": [1, 2, 3, 5, 8, 13, 21, 30],
    "one large": [30, 2, 2, 2, 2],
    "two": [1, 9],
}

# x, y and clusters of 3 to 10 rows, with what R's clubSandwich gives for y ~ 1 + x clustered by them:
# vcovCR(type="CR2") and coef_test(test="Satterthwaite")$df_Satt. Source: the package diff-diff (MIT licence),
# benchmarks/data/clubsandwich_cr2_golden.json, "unbalanced_medium", commit 08b6a66.
X = """0.128862570039928 0.6701512336730957 0.3297898611053824 0.2037271915469319 0.368284564698115
0.7823035586625338 0.1984838922508061 0.2190779817756265 0.4419498639181256 0.6422768677584827
0.07627971330657601 0.2270524124614894 0.2186972440686077 0.7315562770236284 0.02659884956665337
0.2013396944385022 0.6228771209716797 0.6576305113267154 0.6803408381529152 0.1647861595265567
0.4449463130440563 0.5335798722226173 0.8809765174519271 0.6302034477703273 0.218909045914188
0.4129483439028263 0.457392189418897 0.4145040600560606 0.9525077047292143 0.8236416757572442
0.3981174814980477 0.1786765605211258 0.9758388390764594 0.8111260565929115 0.2872961156535894
0.462518839398399 0.8308089969214052 0.4791092942468822 0.9257831228896976 0.5312510745134205
0.6328634682577103 0.8924754566978663 0.8108281444292516 0.2660467734094709 0.8168796338140965
0.306065121665597 0.7733509626705199 0.897745214169845 0.6402185300830752 0.2910342407412827
0.5996965372469276 0.03418785543181002"""
Y = """1.281270710066877 1.722881312144584 1.281775401696968 1.413528483141223 1.043366086227046
1.45241495488675 1.675613928059604 0.8983891882314028 0.8686731426084141 1.093944759246245
0.9249145411811377 0.8493184917053391 2.85305770155655 2.514730609257615 2.436761333058375
2.341302160178671 2.505201653980506 2.944303753193914 2.227941048801415 2.412340826904834
2.207925805301888 2.2923019573263 2.342348481613817 2.226590726847836 2.086344787976651
1.656871526710177 1.904644888582141 1.862885866969904 1.964874740458616 1.520180307273704
1.685953582170327 1.515607792243089 2.005418184074291 0.8171658134910009 0.6646849084479258
1.019695539332419 1.070006641198372 0.7096919907678358 1.075733955227796 0.8546317660179634
0.903663211647689 0.9348092890610543 0.4821668914973627 -0.04429208656038075 0.3016826155382485
0.4284240023231432 0.663698185175872 0.9351900235072026 0.5567615926932054 0.4072033162858779
0.1744773447144307 0.5377150345076495"""
CLUSTERS = np.repeat(np.arange(8), np.arange(3, 11))
COVARIANCE = [[0.1192052700634108, -0.04806533789647253], [-0.04806533789647253, 0.09454689012283392]]
FREEDOM = [6.387834602264484, 5.850537239807559]


def whole_matrices(
    design: np.ndarray, values: np.ndarray, clusters: np.ndarray, contrast
) -> tuple[float, float]:
    """Variance and degrees of freedom of a contrast of least squares, step by step as Bell and McCaffrey do.

    Residuals of a cluster times (I - H_gg)^(-1/2); Satterthwaite's ratio of traces for independent errors.
    """
    n, inverse = len(values), np.linalg.inv(design.T @ design)
    residual_maker = np.eye(n) - design @ inverse @ design.T
    residuals, variance, columns = residual_maker @ values, 0.0, []
    for name in np.unique(clusters):
        own = clusters == name
        root = fractional_matrix_power(residual_maker[np.ix_(own, own)], -0.5).real
        weights = root @ design[own] @ inverse @ contrast
        variance += (weights @ residuals[own]) ** 2
        columns.append(residual_maker[:, own] @ weights)
    form = np.array(columns) @ np.array(columns).T
    return variance, np.trace(form) ** 2 / np.trace(form @ form)


def numbers(text: str) -> np.ndarray:
    return np.array([float(word) for word in text.split()])


def drawn(sizes: list[int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    skills = np.repeat(np.arange(len(sizes)), sizes)
    return rng.normal(0, 1, len(sizes))[skills] + rng.normal(0, 1, len(skills)), skills


def test_the_matrices_that_all_is_compared_with_give_the_numbers_of_clubsandwich():
    design = np.column_stack([np.ones(52), numbers(X)])
    for place in range(2):
        contrast = np.eye(2)[place]
        variance, freedom = whole_matrices(design, numbers(Y), CLUSTERS, contrast)
        assert variance == pytest.approx(COVARIANCE[place][place], rel=1e-10)
        assert freedom == pytest.approx(FREEDOM[place], rel=1e-10)
    covariance = whole_matrices(design, numbers(Y), CLUSTERS, np.ones(2))[0]
    assert covariance == pytest.approx(np.sum(COVARIANCE), rel=1e-10)


@pytest.mark.parametrize("sizes", SIZES.values(), ids=SIZES)
def test_a_mean_has_the_variance_and_degrees_of_freedom_of_the_whole_matrices(sizes):
    values, skills = drawn(sizes)
    variance, freedom = whole_matrices(np.ones((len(values), 1)), values, skills, np.ones(1))
    found = clustered_mean(values, skills, 0.95)
    assert found.standard_error**2 == pytest.approx(variance, rel=1e-9)
    assert found.degrees_of_freedom == pytest.approx(freedom, rel=1e-9)


def test_a_contrast_of_means_over_unlike_tasks_has_those_of_one_regression_on_both():
    values, skills = drawn(SIZES["1 to 30"])
    other = drawn(SIZES["1 to 30"], seed=1)[0]
    columns = np.column_stack([values, other])
    columns[[0, 5, 20, 40, 41, 42], [0, 0, 0, 1, 1, 1]] = np.nan
    known = ~np.isnan(columns)
    counts = np.array([[known[skills == skill, side].sum() for skill in range(8)] for side in range(2)])
    for weights in ([1.0, -1.0], [0.5, 2.0]):
        design = np.repeat(np.eye(2), known.sum(axis=0), axis=0)
        stacked = np.concatenate([columns[known[:, side], side] for side in range(2)])
        clusters = np.concatenate([skills[known[:, side]] for side in range(2)])
        variance, freedom = whole_matrices(design, stacked, clusters, np.array(weights))
        assert weights @ clustered_covariance(columns, skills) @ weights == pytest.approx(variance, rel=1e-9)
        found = contrast_degrees_of_freedom(np.square(weights) / counts.sum(axis=1), counts)
        assert found == pytest.approx(freedom, rel=1e-9)


def test_skills_of_equal_size_leave_one_degree_of_freedom_less_than_skills():
    assert degrees_of_freedom(np.full((1, 8), 5.0)) == pytest.approx(7, rel=1e-12)
    assert contrast_degrees_of_freedom(np.array([1.0, 3.0]), np.full((2, 8), 5.0)) == pytest.approx(
        7, rel=1e-12
    )


def test_one_large_skill_among_small_ones_leaves_hardly_more_than_one():
    assert 1 < degrees_of_freedom(np.array([[30.0, 2, 2, 2, 2]]))[0] < 1.5


def test_one_skill_has_none():
    assert np.isnan(degrees_of_freedom(np.array([[7.0, 0.0]]))).all()


@pytest.mark.parametrize("sizes", [SIZES["1 to 30"], SIZES["one large"]], ids=["1 to 30", "one large"])
def test_intervals_cover_where_those_of_one_factor_for_all_skills_do_not(sizes):
    """2,000 studies of skill effects with half of the variance; cf. docs/validation.md."""
    from scipy.stats import t

    rng, sizes = np.random.default_rng(3), np.array(sizes)
    counts = np.tile(sizes, (2000, 1)).astype(float)
    sums = rng.normal(0, 1, counts.shape) * sizes + rng.normal(0, 1, counts.shape) * np.sqrt(sizes)
    found = clustered_estimates(sums, counts, 0.95)
    covered = ((found["ci_low"] < 0) & (found["ci_high"] > 0)).mean()
    n, n_skills = sizes.sum(), len(sizes)
    means = sums.sum(axis=1) / n
    residuals = sums - counts * means[:, np.newaxis]
    plain = np.sqrt(n_skills / (n_skills - 1) * (residuals**2).sum(axis=1)) / n
    assert covered > 0.93
    assert (np.abs(means) < t.ppf(0.975, n_skills - 1) * plain).mean() < covered - 0.02
