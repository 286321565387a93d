"""The registry of the rules: what others than Snakemake need to know of each, said once.

The audit, the costs, the planner, the checks before the first job and the tests of the profiles ask here
what a rule is; nobody else lists rules by name. The lines stand in the order of the workflow, which is that
of the stages in the published costs.

A rule without a line is known by its name alone and follows the conventions: its stage is its file of rules,
its log and its benchmark stand in a folder of its name, it asks no model behind an API, wants no accelerator,
and its jobs count in the costs where it stands before `make_costs` in the Snakefile. So a plain rule needs no
line; one with the resource `api` or `gpu` does, and one before `make_costs` that is not part of every run.
Tests compare the lines with Snakemake's own rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from skillift.errors import UserError, problem

if TYPE_CHECKING:
    from skillift.study.study import Study

# what one job of a rule is about: the wildcards that name it
SUBJECTS: dict[str, tuple[str, ...]] = {
    "study": (),
    "student": ("student",),
    "run": ("student", "run"),
    "judge": ("judge",),
    "corpus": ("corpus",),
    "suite": ("suite",),
    "judged run": ("judge", "student", "run"),
}
# rules of one kind, made in a loop: `make_figure_lift` of `make_figure`, log in `make_figure/lift.log`
FAMILIES = {"make_figure": "publication", "make_table": "publication"}


@dataclass(frozen=True)
class Rule:
    """What is known of a rule.

    Attributes:
        name: its name.
        stage: its file of rules, without folder and ending; empty for a rule without a line.
        subject: what one job is about, a key of `SUBJECTS`.
        about: what its settings are about, in the audit's words; None where its wildcards say it.
        asks: what it asks models behind an API for, which may cost money: `demonstrations`, `episodes`,
            `paraphrases`, `verdicts` or `certification`; None where it asks none.
        work: what it does that takes a student: `pretraining`, `training` or `answering`.
        device: whether its jobs want an accelerator each.
        downloads: whether it takes a model from the hub, or from packages.
        imports: whether it takes the files of a model in.
        shards: whether its jobs are as many for each subject as the study has shards.
        needs: what a study has where a job of it is part of it: `corpora`, or `scratch` (students from
            scratch); None for every study.
        counted: whether its jobs count in the costs, which end with the analysis.
    """

    name: str
    stage: str = ""
    subject: str = "study"
    about: str | None = None
    asks: str | None = None
    work: str | None = None
    device: bool = False
    downloads: bool = False
    imports: bool = False
    shards: bool = False
    needs: str | None = None
    counted: bool = True

    def files(self, shards: int = 1) -> str:
        """Where its logs and benchmarks stand below their folders, without ending: `train/{student}/{run}`.

        Args:
            shards: how many jobs share a run, see `Study.shards`.
        """
        names = [*SUBJECTS[self.subject], *(["shard"] if self.shards and shards > 1 else [])]
        return "/".join([self.name, *(f"{{{name}}}" for name in names)])


RULES = (
    Rule("build_tasks", "tasks", "suite", about="tasks"),
    Rule("check_contamination", "tasks", needs="corpora"),
    Rule("build_tokenizer", "students", needs="scratch"),
    Rule("pretrain", "students", "student", work="pretraining"),
    Rule("import_student", "students", "student", imports=True),
    Rule("download_student", "students", "student", downloads=True, imports=True),
    Rule("download_package", "students", "student", downloads=True, imports=True),
    Rule("collect_demonstrations", "corpus", about="demonstrations", asks="demonstrations", needs="corpora"),
    Rule("select_corpus", "corpus", "corpus"),
    Rule("train", "training", "run", work="training", device=True),
    Rule("generate", "episodes", "run", about="inference", work="answering", device=True, shards=True),
    Rule("discriminate", "episodes", "student", about="forecast", device=True),
    Rule("merge_shards", "episodes", "run", counted=False),
    Rule("check_served", "episodes", "run", counted=False),
    Rule("paraphrase_chains", "episodes", "run", about="paraphrases", asks="paraphrases"),
    Rule("force_paraphrases", "episodes", "run", about="inference", device=True),
    Rule("ask_reference", "episodes", "run", about="inference", asks="episodes"),
    Rule("certify_judge", "certification", "judge", asks="certification"),
    Rule("judge", "verdicts", "judged run", asks="verdicts"),
    Rule("rate_judges", "certification", about="error rates"),
    Rule("score", "verdicts", about="scoring paths"),
    Rule("count_look", "ledger", about="looks"),
    Rule("publish_ledger", "ledger", counted=False),
    Rule("analyse", "analysis", about="analysis"),
    Rule("make_costs", "costs", counted=False),
    Rule("check_predictions", "predictions", about="predictions", counted=False),
    Rule("make_viewer", "publication", counted=False),
    Rule("write_model_cards", "cards", counted=False),
    Rule("write_dataset_card", "cards", "corpus", counted=False),
    Rule("push_run", "cards", "run", counted=False),
    Rule("push_corpus", "cards", "corpus", counted=False),
    Rule("push", "cards", counted=False),
    Rule("write_findings", "findings", counted=False),
    Rule("browse_episodes", "browser", counted=False),
)
_BY_NAME = {rule.name: rule for rule in RULES}


def rule_named(name: str) -> Rule:
    """What is known of a rule; of one without a line, what the conventions say."""
    return _BY_NAME.get(name) or Rule(name)


def family(name: str) -> str:
    """`make_figure_*` for `make_figure_lift`; other rules are families of their own."""
    return next((f"{kind}_*" for kind in FAMILIES if name.startswith(f"{kind}_")), name)


def counted() -> list[str]:
    """The rules with a line whose jobs count in the costs, in the order of the workflow."""
    return [rule.name for rule in RULES if rule.counted]


def working(work: str) -> list[Rule]:
    """The rules that do some work, see `Rule.work`."""
    return [rule for rule in RULES if rule.work == work]


def jobs_of(rule: Rule, wildcards: Iterable[str], study: Study) -> Iterator[dict[str, object]]:
    """Every combination of a study's students, runs, judges, corpora, suites and shards for some wildcards.

    One for a rule without wildcards; none where the study has nothing of what the rule `needs`. What a rule's
    own constraints leave out is not left out here.

    Raises:
        UserError: a wildcard is none of these.
    """
    names = set(wildcards)
    if rule.needs == "corpora" and not study.corpora:
        return
    if rule.needs == "scratch" and not study.students_from("scratch"):
        return
    several: list[list[dict[str, object]]] = []
    if "run" in names:
        several.append([{"student": run.student, "run": run.run} for run in study.runs])
        names -= {"student", "run"}
    values = {
        "student": study.evaluated,
        "judge": study.judges,
        "corpus": study.corpora,
        "suite": study.built_suites,
        "shard": range(study.shards),
    }
    if unknown := sorted(names - set(values)):
        expected = f"of {', '.join(['run', *values])} alone, as its jobs count in the costs"
        line = (
            f'Rule("{rule.name}", ..., counted=False) among the lines of workflow_scripts/skillift/stages.py'
        )
        raise UserError(problem(f"rule {rule.name}", f"the wildcards {unknown}", expected, f"Else: {line}."))
    several += [[{name: value} for value in values[name]] for name in sorted(names)]
    for parts in product(*several):
        yield {name: value for part in parts for name, value in part.items()}
