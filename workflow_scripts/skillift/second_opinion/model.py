r"""The hierarchical Bayesian logit and its sampler. It needs numpyro, the set `envs/second-opinion.txt`.

For run r of group g (the base model, or a recipe), condition c, task t of skill s, at one student:

    passes ~ Binomial(scored, p),    logit p = a[g,c] + u[s,g,c] + v[t,g,c] + w[r] + x[r,c]

| term | prior |
|---|---|
| arm a, fixed | Normal(0, 2.5) |
| skill u[s] | a part in all arms, and one for each arm, correlated by LKJ(1); SDs half-normal(2) |
| task v[t] | a part in all arms, SD half-normal(3), and an independent one for each arm, SD half-normal(1) |
| training w, x, of groups with several seeds | Normal(0, SD); both SDs half-normal(0.5), of all students |

on the log-odds scale, all parts normal around 0 (LKJ: Lewandowski, Kurowicka and Joe, Journal of Multivariate
Analysis 100, 2009; half-normal SDs: Gelman, Bayesian Analysis 1, 2006). The part in all arms says beforehand
that what is hard in one arm is rather hard in another, where a prior that takes arms for unrelated gives
differences wider intervals. Of tasks its SD may be large, as a model often gives a task the same answer in
all arms. A half-normal(0.5) has 95 % of its mass below 1, which is 23 pp around one half.

What is reported is on the scale of pass rates. The rate of an arm is its mean over skills, tasks and
trainings: the integral of expit(a + z) over z ~ Normal(0, sum of the variances of u, v, w and x), which is
what the clustered mean estimates. Without several seeds it is about that run, and w and x are not in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import numpy as np

BASE = "base"
CHAINS = 4
_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(64)


def sample(data: dict, settings: dict, run: Callable | None = None) -> tuple[dict, Callable]:
    """The posterior of one path's deltas and lifts.

    Args:
        data: of `arms.data_by_path`.
        settings: warmup, draws (of each chain), target_accept, seed, confidence.
        run: what an earlier call returned, for data of the same structure: it is compiled already.

    Returns:
        The result, as JSON takes it: `effects`, a list of {student, run, claim, mean, low, high, above (the
        posterior probability of more than 0), r_hat, n_effective, defined}; `worst_r_hat` and
        `least_effective` over all arms and SDs; `n_divergent`; `n_draws`; `seconds`. And the sampler.
    """
    import jax

    arrays = _arrays(data)
    start = time.perf_counter()
    run = run or _sampler(arrays, settings)
    observed = [(student["passes"], student["scored"]) for student in arrays["students"]]
    draws, divergent = run(jax.random.PRNGKey(settings["seed"]), observed)
    effects = [
        {**name, **_summary(values, settings["confidence"]), "defined": defined}
        for name, values, defined in _effects(arrays, draws)
    ]
    checked = [_diagnostics(draws[name]) for name in draws if not name.endswith("correlations")]
    return {
        "effects": effects,
        "worst_r_hat": max(r_hat for r_hat, _ in checked),
        "least_effective": min(effective for _, effective in checked),
        "n_divergent": divergent,
        "n_draws": CHAINS * settings["draws"],
        "seconds": time.perf_counter() - start,
    }, run


def _arrays(data: dict) -> dict:
    """`data` with arrays, and with the rows of the runs that have a seed's part."""
    students = []
    for student in data["students"]:
        group = np.array(student["group_of_run"])
        several = np.array(student["several"])
        arrays = {name: np.array(student[name], dtype=np.float32) for name in ("passes", "scored")}
        students.append({**student, **arrays, "group_of_run": group, "seeds": np.flatnonzero(several[group])})
    return {"skills": np.array(data["skills"]), "students": students}


def _sampler(data: dict, settings: dict) -> Callable:
    """A function of a key and of (passes, scored) of each student, to draws by name, and divergences."""
    from numpyro.infer import MCMC, NUTS

    kernel = NUTS(lambda observed: _model(data, observed), target_accept_prob=settings["target_accept"])
    mcmc = MCMC(
        kernel,
        num_warmup=settings["warmup"],
        num_samples=settings["draws"],
        num_chains=CHAINS,
        chain_method="parallel",
        progress_bar=False,
    )

    def run(key: object, observed: list) -> tuple[dict[str, np.ndarray], int]:
        mcmc.run(key, observed, extra_fields=("diverging",))
        found = mcmc.get_samples(group_by_chain=True)
        kept = {name: np.asarray(values, dtype=float) for name, values in found.items() if name[0] != "_"}
        return kept, int(np.sum(mcmc.get_extra_fields()["diverging"]))

    return run


def _model(data: dict, observed: list) -> None:
    """The model of one path; names of what is only there to be sampled (standard normals) begin with _."""
    import jax
    import jax.numpy as jnp
    import numpyro
    from numpyro import distributions as dist

    skills, students = data["skills"], data["students"]
    n_skills, n_tasks = skills.max() + 1, len(skills)

    def normals(name: str, *shape: int) -> jax.Array:
        return numpyro.sample(f"_{name}", dist.Normal(0, 1).expand(shape).to_event(len(shape)))

    def parts(name: str, scales: tuple, n_arms: int, n_units: int, correlated: bool) -> jax.Array:
        """What each skill or task adds in each arm, not centred: shape (arms, units)."""
        common = numpyro.sample(f"{name} common SD", dist.HalfNormal(scales[0]))
        spread = numpyro.sample(f"{name} SD", dist.HalfNormal(scales[1]).expand([n_arms]).to_event(1))
        own = normals(name, n_arms, n_units)
        if correlated:
            own = numpyro.sample(f"{name} correlations", dist.LKJCholesky(n_arms, 1.0)) @ own
        return common * normals(f"{name} common", n_units) + spread[:, None] * own

    if any(len(student["seeds"]) for student in students):
        seed_spread = numpyro.sample("seed SD", dist.HalfNormal(0.5).expand([2]).to_event(1))
    for student, (passes, scored) in zip(students, observed, strict=True):
        name, n_groups, seeds = student["student"], len(student["groups"]), student["seeds"]
        arm = numpyro.sample(f"{name} arm", dist.Normal(0, 2.5).expand([2 * n_groups]).to_event(1))
        of_skills = parts(f"{name} skill", (2.0, 2.0), 2 * n_groups, n_skills, correlated=True)
        of_tasks = parts(f"{name} task", (3.0, 1.0), 2 * n_groups, n_tasks, correlated=False)
        by_arm = arm[:, None] + of_skills[:, skills] + of_tasks
        logits = by_arm.reshape(n_groups, 2, n_tasks)[student["group_of_run"]]
        if len(seeds):
            of_seeds = normals(f"{name} seed", len(seeds), 3)
            shifts = seed_spread[0] * of_seeds[:, :1] + seed_spread[1] * of_seeds[:, 1:]
            logits = logits.at[seeds].add(shifts[:, :, None])
        # the binomial's, without the constants, which take longer than the rest
        numpyro.factor(f"{name} passes", jnp.sum(passes * logits - scored * jax.nn.softplus(logits)))


def _effects(data: dict, draws: dict) -> Iterator[tuple[dict, np.ndarray, bool]]:
    """Names, draws of shape (chains, draws), and whether all arms have a verdict, of each delta and lift."""
    of_seeds = (draws["seed SD"] ** 2).sum(axis=-1) if "seed SD" in draws else 0.0
    for student in data["students"]:
        name, groups = student["student"], student["groups"]
        variance = sum(
            draws[f"{name} {unit} SD"] ** 2 + draws[f"{name} {unit} common SD"][..., None] ** 2
            for unit in ("skill", "task")
        )
        several = np.repeat(np.array(student["several"], dtype=float), 2)
        rates = mean_rate(draws[f"{name} arm"], variance + np.multiply.outer(of_seeds, several))
        delta = rates[..., 1::2] - rates[..., 0::2]
        known = [
            bool((student["scored"][student["group_of_run"] == place].sum(axis=(0, 2)) > 0).all())
            for place in range(len(groups))
        ]
        for place, group in enumerate(groups):
            named = {"student": name, "run": group}
            yield {**named, "claim": "procedural_delta"}, delta[..., place], known[place]
            if group != BASE and BASE in groups:
                base = groups.index(BASE)
                lift = delta[..., place] - delta[..., base]
                yield {**named, "claim": "lift"}, lift, known[place] and known[base]


def mean_rate(centre: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """The mean of expit(centre + z) over z ~ Normal(0, variance), by Gauss-Hermite quadrature."""
    from scipy.special import expit

    spread = np.sqrt(variance)
    total = sum(weight * expit(centre + spread * node) for node, weight in zip(_NODES, _WEIGHTS, strict=True))
    return total / _WEIGHTS.sum()


def _summary(values: np.ndarray, confidence: float) -> dict:
    low, high = np.quantile(values, [(1 - confidence) / 2, (1 + confidence) / 2])
    r_hat, effective = _diagnostics(values)
    found = {"mean": values.mean(), "low": low, "high": high, "above": (values > 0).mean()}
    return {name: float(value) for name, value in found.items()} | {"r_hat": r_hat, "n_effective": effective}


def _diagnostics(values: np.ndarray) -> tuple[float, float]:
    """The largest split R-hat and the smallest effective sample size (Gelman and others, "BDA", 2013)."""
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin

    return float(np.max(split_gelman_rubin(values))), float(np.min(effective_sample_size(values)))
