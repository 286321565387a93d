"""The page docs/explanation/validation.md: what was simulated, and what was found."""

from __future__ import annotations

from collections.abc import Sequence

from validation import page_tables as tables
from validation.asymmetry import DELTAS, LIFT, SPLITS
from validation.claims import Claim, Measured
from validation.coverage import NOTHING, PLANTED
from validation.depth import DECLARED, N_EARLY, N_STEPS
from validation.equivalence_claims import MARGIN, N_STUDENTS
from validation.families import BETWEEN, CONDITIONS, RATE, RECIPES, SEEDS, STUDENTS
from validation.further_claims import COST
from validation.judges import LABELLED
from validation.missing import LOST, MISSES, N_LABELS
from validation.sections import filled
from validation.seeds import MARGIN as SEED_MARGIN
from validation.seeds import N_SKILLS, OF_ONE_RUN


def page(measured: Measured, found: Sequence[Claim], when: str, machine: str, seconds: float) -> str:
    """The page as Markdown."""
    n_studies, noisy = measured.planted[0].n_studies, PLANTED.judges["judge:noisy"]
    certainty = 100 * 1.96 * (0.95 * 0.05 / n_studies) ** 0.5
    paragraphs = f"""# Validation: do the intervals hold what they promise?

Written by `make validate` on {when}, on {machine}, in {seconds / 60:.0f} minutes; do not edit by hand.
Studies with a known truth are simulated and analysed by the library's own functions.

{tables.told(found)}

## The simulated studies

{PLANTED.n_skills * PLANTED.per_skill} tasks in {PLANTED.n_skills} skills, one student before and after
training, conditions `none` and `curated`. Every study draws its own skills and tasks, so the truth is that
of the population of skills. The pass probability of an arm on a task is the arm's rate plus a part of the
skill ({tables.spread(PLANTED.skill)}), a part of the task ({tables.spread(PLANTED.task)}) and a part of the
skill in that arm ({tables.spread(PLANTED.skill_in_arm)}), all uniform, so that differences between arms are
in expectation exactly those of the rates: {tables.rates(PLANTED)}. With probability {PLANTED.shared} the arms
of a task share their draw, which gives 20 to 25 % discordant pairs. On the path `bench` verdicts are right;
the judge `noisy` has a sensitivity of {tables.whole(noisy.sensitivity[0])} and a specificity of
{tables.whole(noisy.specificity[0])} in every arm and leaves {tables.whole(PLANTED.unscored)} unscored; the
truth on its path is that of its expected verdicts.

## Coverage

{n_studies:,} studies; a rate of 95 % is then known to ± {certainty:.1f} pp.

{tables.coverage(measured.planted)}

`covered` is the interval clustered by skill with Student's t, which claims rest on; the bootstrap over skills
is the cross-check beside it in the table `effects`.

## Studies without an effect

The same with all four rates at {tables.whole(NOTHING.rates[0])} and no part of skills in arms: the share of
{n_studies:,} studies with p < 0.05.

{tables.flagged(measured.nothing)}

## Correction of judge errors

A judge that errs differently in every arm; {tables.whole(LABELLED)} of the tasks are labelled, at random.

{tables.judge()}

The truth is that of right responses; {measured.biases[0].n_studies:,} studies.

{tables.biases(measured.biases)}

## Regime asymmetry

Three students with deltas of {tables.points(DELTAS.values())} pp before training, skills that differ in how
much the procedure helps, and one lift of {100 * LIFT:.0f} pp for all: no asymmetry. The noise of the deltas
is as large before training as after, which Oldham's estimator needs and the others do not. Slopes of the lift
on the baseline delta over {measured.slopes[0].n_studies:,} studies, {SPLITS} splits each. `cells` are the
skills at all students, each student with its own mean; `students` are the three students, between which
slopes scatter widely, so that the median stands beside the mean.

{tables.slopes(measured.slopes)}

## Claims of sameness

{N_STUDENTS} students at the rates above, all with the same lift, and without any: how often a test says what
is not so, of {measured.false_findings[0].n_studies:,} studies, at 5 %. For equivalence, two lifts differ by
just the margin, {100 * MARGIN:.0f} pp.

{tables.false_findings(measured.false_findings)}

## Training seeds

Skill means of an effect of 0, drawn for {N_SKILLS} skills and several trainings of one recipe at one tier or
three. Sampling alone gives one training a standard error of {100 * OF_ONE_RUN:.0f} pp; trainings differ by a
standard deviation of `between` pp. {measured.seeds[0].n_studies:,} studies each. `covered` is the interval
that claims about a recipe rest on (`seed_variance`); the one `given the seeds` leaves out that trainings
differ. `held`: a prediction that the effect is above 0, which is not so, at one-sided 2.5 %. `differ`: two
tiers are said to differ, as pairs adjusted by Holm. `equivalent`: two that differ by the margin,
{100 * SEED_MARGIN:.0f} pp, are said not to. `not pooled`: one tier's trainings were taken to differ more
than the others'.

{tables.seeds(measured.seeds)}

## Few skills, unequal skills, floors and ceilings

So many skills with 5 tasks each (`equal`), with 1 to 30 tasks, or one with 30 and the others with 1 to 5
(`one large`). Rates of the four arms: {tables.levels()}. Skills differ by a Beta distribution around these.
{measured.designs[0].n_studies:,} studies each; a rate of 95 % is then known to ±
{tables.of_designs(measured):.1f} pp. Each entry is the share of defined intervals that cover, in per cent:
procedural delta / lift / pass rate of the first arm; in brackets the per cent of studies in which delta /
lift have none, where there are any. `df`: degrees of freedom with all tasks scored.

{tables.designs(measured.designs)}

{tables.lowest(measured.designs)}

## Power of a word

The first of so many lifts is as large as the smallest detectable effect that its claim states (the median
over studies); the others are null, or as large. `supported` is the share of {measured.power[0].n_studies:,}
studies in which it has that word. A family of four null lifts has any word of a resolved effect in
{tables.percent(measured.family_size)} of studies.

{tables.power(measured.power)}

## Missing rows

{measured.missing.n_studies:,} studies without a lift, in which {tables.whole(LOST)} of the rows of failed
answers under `curated` after SFT are left out of the scores. All of them are counted as unscored. The lift is
`supported` in {tables.percent(measured.missing.supported)} of the studies; in
{tables.percent(measured.missing.without_caveat)} it is so without the word that it hangs on missing
verdicts, as it would be in 2.5 % with all rows.

## Errors on prose

No lift, but SFT takes ANSWER lines under `curated` from 40 to 100 % of the responses, and the judge misses
{tables.whole(MISSES)} of the right answers in prose. Labels are the responses with an ANSWER line, or
{N_LABELS} of all episodes drawn at random. {measured.prose[0].n_studies:,} studies.

{tables.prose(measured.prose)}

## Looking again and again

Studies without a lift that are looked at after each further 8 skills of 5 tasks: the share of
{measured.looks[0].n_studies:,} studies in which the lift was resolved at any look. Look j tests at 5 %, or at
5 % / (j (j + 1)), as the analysis does.

{tables.looks(measured.looks)}

## Families of claims

Whole studies without an effect, through the analysis's own table of claims: {len(STUDENTS)} students,
{len(RECIPES)} recipes of {len(SEEDS)} seeds, {len(CONDITIONS)} conditions, all rates {tables.whole(RATE)};
trainings move the rate of each arm by a standard deviation of {100 * BETWEEN:.0f} pp. The share of
{measured.families[0].n_studies:,} studies in which any claim of a kind has a word of an effect, or of a
difference.

{tables.families(measured.families)}

## Further claims

Claims on form, length, the trajectory over the tiers, transfer, side-cost, variants, constraints and the
forecast, each in {measured.further[0].n_studies:,} studies of 40 skills with 5 tasks each (of slopes 20; of
transfer 20 new skills with 5). At its null: the share of studies in which it is `supported`,
and has any word of an effect; the share of intervals that hold the truth. At the smallest effect that it
states as detectable: the share of intervals, and of studies in which it is `supported`. A shape has no
single interval; its null has all signs certain but one, whose delta is 0, and its effect is the multiple of
the published pattern ({tables.pattern()}). `retention` claims sameness: its effect is a difference, its
power the share in which it is `contradicted`. Of `side_cost`, which claims non-inferiority, the null is a
loss of its margin ({100 * COST:g} pp) and the first share that of `non-inferior`; at the margin that is
stated, a study without a loss is `non-inferior` so often. `constraint_ceiling` is looked at where one of
three tiers is just at the limit, and where two differ by just the margin, all else being certain; what is
covered are the intervals of its parts, and its effect is the distance of all parts at which it is stated to
be found where the tiers are alike. `forecast` is the slope of a skill's lift on what the base model
preferred, with none at its null; `forecast_beyond_base` is where two predictors that are correlated by half
tell equally much. Other effects are in pp (`transfer_by_tier`: for ten times the
parameters), tokens, squared pp, and as a slope.

{tables.further(measured.further)}

## Dips of a training

{N_STEPS} checkpoints and the base model in 40 skills, of which {N_EARLY} are declared as early
(`analysis.depth`), or of which the lowest that was seen is called early after the fact: the share of
{measured.further[0].n_studies:,} trainings of each kind in which a dip and a recovery are found.

{tables.depths(measured.depths)}

Of trainings with {measured.depths.stated:.1f} times a dip and a recovery of {100 * DECLARED["dip"]:g} pp, the
multiple that such studies state, declared steps find {tables.whole(measured.depths.power)}.
"""
    return "\n\n".join(filled(paragraph) for paragraph in paragraphs.rstrip().split("\n\n")) + "\n"
