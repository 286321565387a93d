"""Corrections for a judge's errors: against written-out formulas, ppi-python, and simulated studies."""

from __future__ import annotations

import numpy as np
import pytest

from skillift.statistics.corrections import LEAST_LABELS, arm_sums, corrected_effect

CORRECTIONS = ("rogan_gladen", "prediction_powered")
METHODS = ("uncorrected", *CORRECTIONS)


def one_arm(verdicts, labels, skills=None, **options):
    """The pass rate of one arm, each task a skill of its own unless told otherwise."""
    skills = np.arange(len(verdicts)) if skills is None else skills
    sums = arm_sums(np.array([verdicts], dtype=float), np.array([labels], dtype=float), skills)
    return lambda method: effect([(1.0, sums)], method, **options)


def effect(arms, method, bootstrap_samples=0, seed=0):
    """The effect by one method, at 95 %."""
    return corrected_effect(arms, [method], 0.95, bootstrap_samples, seed)[method]


def test_prediction_powered_is_the_estimate_of_ppi_python():
    # ppi_python 0.2.3: ppi_mean_pointestimate(Y, Yhat, Yhat_unlabeled, lam=18/30) = 0.55 and
    # ppi_mean_ci(..., alpha=0.05) = (0.26894314, 0.83105686), computed once with it
    labels = [1, 0, 1, 1, 0, 0, 1, 0, 1, 1, 0, 1]
    of_labelled = [1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1]
    of_others = [1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1]
    found = one_arm([*of_labelled, *of_others], [*labels, *[np.nan] * 18])("prediction_powered")
    assert found.estimate.item() == pytest.approx(0.55)
    error = (0.83105686 - 0.26894314) / 2 / 1.959964
    # theirs takes the labelled and the others each around their own mean, and divides by n, not n - 1
    assert found.standard_error.item() == pytest.approx(error, rel=0.04)


def test_rogan_gladen_is_the_formula_and_its_error_that_of_independent_samples():
    # 300 tasks without label, then 50 labelled passes and 80 labelled fails that the rate is not over
    verdicts = np.r_[np.repeat([1, 0], [120, 180]), np.repeat([1, 0], [45, 5]), np.repeat([1, 0], [8, 72])]
    labels = np.r_[np.full(300, np.nan), np.ones(50), np.zeros(80)]
    over = np.r_[np.ones(300, bool), np.zeros(130, bool)]
    sums = arm_sums(verdicts[np.newaxis].astype(float), labels[np.newaxis], np.arange(430), over[np.newaxis])
    found = effect([(1.0, sums)], "rogan_gladen")
    p, sensitivity, specificity = 0.4, 0.9, 0.9
    rate = (p + specificity - 1) / (sensitivity + specificity - 1)
    variance = (
        p * (1 - p) / 299
        + (1 - rate) ** 2 * specificity * (1 - specificity) / 79
        + rate**2 * sensitivity * (1 - sensitivity) / 49
    ) / 0.8**2  # Rogan and Gladen (1978), with unbiased variances of estimated rates
    assert found.estimate.item() == pytest.approx(rate) == pytest.approx(0.375)
    assert found.standard_error.item() == pytest.approx(np.sqrt(variance))


@pytest.mark.parametrize("method", CORRECTIONS)
def test_where_every_task_is_labelled_the_correction_is_the_labels_own_rate(method):
    rng = np.random.default_rng(2)
    skills = np.repeat(np.arange(20), 5)
    labels = (rng.random((4, 100)) < 0.5).astype(float)
    verdicts = np.where(rng.random((4, 100)) < 0.2, 1 - labels, labels)
    found = effect([(1.0, arm_sums(verdicts, labels, skills))], method, 300, 1)
    truth = effect([(1.0, arm_sums(labels, labels, skills))], "uncorrected", 300, 1)
    for name in ("estimate", "boot_low", "boot_high"):
        assert getattr(found, name) == pytest.approx(getattr(truth, name))
    # passes and fails are of other numbers in each skill than tasks, so CR2 has other factors
    assert found.standard_error == pytest.approx(truth.standard_error, rel=0.05)


@pytest.mark.parametrize("method", METHODS)
def test_the_linearised_error_is_that_of_the_bootstrap(method):
    arms = simulated_arms(np.random.default_rng(4), n_studies=3, n_skills=200)
    found = effect(lift_of(arms), method, 4000, 0)
    width = (found.boot_high - found.boot_low) / 2 / 1.96
    assert width == pytest.approx(found.standard_error, rel=0.06)


def test_the_bootstrap_draws_verdicts_and_labels_of_a_skill_together():
    rng = np.random.default_rng(6)
    skills = np.repeat(np.arange(12), 6)
    labels = np.where(rng.random(72) < 0.7, rng.random(72) < 0.5, np.nan)
    verdicts = np.where(rng.random(72) < 0.8, np.where(np.isnan(labels), 1.0, labels), 0.0)
    found = one_arm(verdicts, labels, skills, bootstrap_samples=200, seed=9)("rogan_gladen")
    draws = np.random.default_rng(9).multinomial(12, [1 / 12] * 12, size=200)
    replicates = []
    for draw in draws:
        drawn = np.concatenate([np.flatnonzero(skills == s) for s, n in enumerate(draw) for _ in range(n)])
        v, y = verdicts[drawn], labels[drawn]
        specificity = (v[y == 0] == 0).mean()
        replicates.append((v.mean() + specificity - 1) / ((v[y == 1]).mean() + specificity - 1))
    expected = np.quantile(replicates, [0.025, 0.975])
    assert [found.boot_low.item(), found.boot_high.item()] == pytest.approx(expected.tolist())


# sensitivity and specificity of a judge that grows milder with the procedure, and stricter after training
JUDGE = {
    ("curated", "after"): (0.95, 0.95),
    ("none", "after"): (0.85, 0.97),
    ("curated", "before"): (0.80, 0.90),
    ("none", "before"): (0.90, 0.97),
}
RATES = {
    ("curated", "after"): 0.60,
    ("none", "after"): 0.45,
    ("curated", "before"): 0.45,
    ("none", "before"): 0.40,
}
TRUE_LIFT = 0.10


def simulated_arms(rng, n_studies, n_skills=40, labelled=(0.4, 0.4)):
    """Verdicts and labels of studies with five tasks a skill; `labelled`: share of the fails and passes."""
    skills = np.repeat(np.arange(n_skills), 5)
    of_skill = np.repeat(rng.uniform(-0.3, 0.3, (n_studies, n_skills)), 5, axis=1)
    arms = {}
    for arm, rate in RATES.items():
        sensitivity, specificity = JUDGE[arm]
        right = rng.random(of_skill.shape) < rate + of_skill
        passed = np.where(
            right, rng.random(right.shape) < sensitivity, rng.random(right.shape) >= specificity
        )
        chosen = rng.random(right.shape) < np.where(right, labelled[1], labelled[0])
        arms[arm] = arm_sums(passed.astype(float), np.where(chosen, right, np.nan), skills)
    return arms


def lift_of(arms):
    weights = dict(zip(RATES, (1.0, -1.0, -1.0, 1.0), strict=True))
    return [(weights[arm], sums) for arm, sums in arms.items()]


def bias_of(arms, method):
    """Mean error over the studies, in its own standard errors, and the share of intervals that cover."""
    found = effect(lift_of(arms), method)
    errors = found.estimate - TRUE_LIFT
    covers = (found.ci_low <= TRUE_LIFT) & (found.ci_high >= TRUE_LIFT)
    return errors.mean() / (errors.std() / np.sqrt(len(errors))), covers.mean()


def test_where_a_judge_errs_differently_by_arm_the_corrected_lift_is_unbiased_and_the_naive_one_is_not():
    arms = simulated_arms(np.random.default_rng(11), n_studies=1500)
    naive, naive_coverage = bias_of(arms, "uncorrected")
    assert naive > 20 and naive_coverage < 0.9
    for method in CORRECTIONS:
        bias, coverage = bias_of(arms, method)
        assert abs(bias) < 3
        assert 0.935 < coverage < 0.97


def test_labels_that_favour_right_answers_leave_rogan_gladen_unbiased_and_the_other_not():
    arms = simulated_arms(np.random.default_rng(12), n_studies=1500, labelled=(0.4, 0.8))
    assert abs(bias_of(arms, "rogan_gladen")[0]) < 3
    assert abs(bias_of(arms, "prediction_powered")[0]) > 10


def labelled_arm(n_passes, n_fails, sensitivity=1.0, specificity=1.0):
    """200 tasks in 40 skills, the first of them labelled."""
    labels = np.r_[np.ones(n_passes), np.zeros(n_fails), np.full(200 - n_passes - n_fails, np.nan)]
    verdicts = np.tile([1.0, 0.0], 100)
    verdicts[:n_passes] = np.arange(n_passes) < round(n_passes * sensitivity)
    verdicts[n_passes : n_passes + n_fails] = np.arange(n_fails) >= round(n_fails * specificity)
    return one_arm(verdicts, labels, np.arange(200) // 5)


@pytest.mark.parametrize(
    ("arm", "method", "reason"),
    [
        (labelled_arm(LEAST_LABELS - 1, 50), "rogan_gladen", "fewer than 10 labelled passes"),
        (labelled_arm(50, LEAST_LABELS - 1), "rogan_gladen", "fewer than 10 labelled fails"),
        (labelled_arm(50, 50, 0.5, 0.5), "rogan_gladen", "Youden index is 0.1 or less"),
        (labelled_arm(50, 50, 0.2, 0.3), "rogan_gladen", "Youden index is 0.1 or less"),
        (labelled_arm(4, 5), "prediction_powered", "fewer than 10 labelled tasks"),
        (labelled_arm(0, 0), "prediction_powered", "fewer than 10 labelled tasks"),
        (one_arm([np.nan] * 200, [1.0] * 200), "uncorrected", "no task scored in every arm"),
    ],
)
def test_what_cannot_be_corrected_is_undefined_with_its_reason(arm, method, reason):
    found = arm(method)
    assert reason in found.reason.item()
    for name in ("estimate", "standard_error", "ci_low", "boot_low"):
        assert np.isnan(getattr(found, name)).all()


def test_just_enough_labels_are_enough():
    found = labelled_arm(LEAST_LABELS, LEAST_LABELS)("rogan_gladen")
    assert found.reason.item() == "" and np.isfinite(found.estimate.item())


def test_one_skill_has_an_estimate_without_interval():
    labels = np.tile([1.0, 0.0], 50)
    found = one_arm(labels, labels, np.zeros(100, dtype=int))("rogan_gladen")
    assert found.estimate.item() == 0.5
    assert np.isnan(found.standard_error.item()) and np.isnan(found.ci_low.item())


def test_a_method_that_is_none_is_refused():
    arms = lift_of(simulated_arms(np.random.default_rng(5), n_studies=1))
    with pytest.raises(ValueError, match="expected some of"):
        corrected_effect(arms, "rogan_gladen", 0.95)


def test_rows_do_not_depend_on_each_other():
    arms = simulated_arms(np.random.default_rng(5), n_studies=4)
    together = effect(lift_of(arms), "rogan_gladen", 200, 0)
    alone = [(weight, type(sums)(*(each[2:3] for each in sums))) for weight, sums in lift_of(arms)]
    single = effect(alone, "rogan_gladen", 200, 0)
    for name in ("estimate", "standard_error", "boot_low", "boot_high"):
        assert getattr(single, name).item() == pytest.approx(getattr(together, name)[2])
