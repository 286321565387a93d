"""Words that tables and registries share, for those who need no more of a metric than its name."""

PASS = "pass"  # the metric of the headlines
TEXT = "text"  # the path of what reads no verdict: one path in a subtraction, as everywhere
RESPONSES, VERDICTS, INTERVENED = "responses", "verdicts", "intervened"  # what metrics read
SHARE = "share"  # the unit of fractions of 1
CUT_STEPS = 20  # of a chain of thought: `same_answer` is measured at multiples of a twentieth
