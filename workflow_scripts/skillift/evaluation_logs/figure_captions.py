"""The captions of a comparison's figures, in reStructuredText: those of a study speak of tasks and skills."""

from __future__ import annotations

from skillift.evaluation_logs import gains_figure
from skillift.evaluation_logs.comparison_findings import FIGURE

_COUNTED = "on the axis; missing scores stand under the title"
CAPTIONS = {
    FIGURE: gains_figure.CAPTION,
    "lift": f"""\
**Does training raise what the procedure is worth?**
The lift is the procedural delta after training minus the procedural delta before it: a difference of
differences, paired by item, in percentage points.

- *n*: items with a score in all four arms, {_COUNTED}.
- *How to read it*: the grey band around zero holds the lifts that a comparison of this size misses more
  often than one time in five (80 % power at the level of the correction): an estimate inside it is not
  evidence of no lift. The numbers on the right are the estimate, its interval and the edge of the band. Of
  several trainings the large mark is their mean, and its interval holds the variance between them; the
  small dots are single trainings, drawn without a bar.
""",
    "tier_trajectory": f"""\
**What is a procedure in the prompt worth, before and after training?**
The procedural delta is the pass rate under ``curated`` (a procedure stands before the question) minus the
pass rate under ``none``, paired by item, in percentage points.

- *n*: items with a score under both conditions, {_COUNTED}.
- *How to read it*: above zero, the procedure helps. Two bars that overlap may still differ, because both
  rest on the same items: judge the change by the figure ``lift``. Of several trainings the large mark is
  their mean; the small dots are single ones.
""",
    "skill_forest": f"""\
**Is the lift that of many groups, or of a few?**
The lift (procedural delta after training minus before, paired by item) of every group; in bold, the lift
over all groups.

- *n*: items of a group with a score in all four arms, {_COUNTED}.
- *How to read it*: a lift that all groups share shows as dots on one side of zero throughout; a lift of a
  few groups as a few dots far out. Groups stand in the order of their lift, so the top and the bottom look
  more extreme than a new sample of items would. Bars of single groups are Student's t intervals over very
  few items, and wide for that reason: they say how little one group shows, and no group should be picked
  from them. A dot without a bar has no variation between its items; an arrow is a bar that goes on beyond
  the axis. The bar of all groups is clustered by group.
""",
    "asymmetry": f"""\
**Does training work hardest where the procedure helps least?**
The slope of the lift on the procedural delta before training (pp per pp), between groups, by four
estimators. Below zero, groups with a lower delta before training have a larger lift. There is one model,
and so no slope between models.

- *n*: items, {_COUNTED}.
- *How to read it*: the naive slope (grey) is negative even without any asymmetry, because lift = after −
  before shares its noise with the delta before. ``disjoint halves`` takes the delta before from one half of
  the items and the lift from the other, over many splits, and is free of that; it is shrunk towards zero by
  the noise of that delta, which ``halves, corrected`` undoes where that can be estimated. Oldham's slope
  (on the mean of before and after) asks whether deltas spread more after training; it answers the same
  question only where both deltas are equally noisy. Bars beyond the axis are cut; the numbers are not.
""",
    "placebo_ladder": f"""\
**Is it the procedure, or just a longer prompt?**
Differences of pass rates between conditions, paired by item, in percentage points, before and after
training.

- *n*: items with a score under both conditions, {_COUNTED}.
- *How to read it*: ``curated − none`` is the procedural delta. ``filler − none`` is what a longer prompt
  does by itself: where it is as large as the delta, the delta is no evidence for the procedure. ``placebo −
  none`` is what an unrelated procedure does: models may follow it, and fail, so a placebo is no neutral
  control. A change of ``curated − placebo`` after training may be one of the placebo; the findings read the
  lift over ``none`` and over each control together. ``curated − shuffled`` is what the order of the steps
  adds. The contrasts share arms, so they are not independent of each other. Of several trainings the large
  marks are their mean.
""",
    "condition_ladder": f"""\
**How often does the model pass, by what stands before the question?**
Pass rate in per cent under ``none`` (the question alone) and under each other condition of the logs.

- *n*: items with a score, {_COUNTED}, and are in no rate.
- *How to read it*: bars are intervals of single arms. The arms share their items, so read differences from
  ``tier_trajectory`` and ``lift``, where they are paired. Each training has a mark of its own.
""",
}
