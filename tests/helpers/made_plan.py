"""A small plan made by hand: a recipe was edited, a student is new, the tasks are reused."""

from __future__ import annotations

from pathlib import Path

from projects import ROOT

from skillift.audit.audit import Audit
from skillift.audit.plan import AGAIN, NEW, REUSED, Job, Plan, Trigger
from skillift.study.study import load_study

HOSTILE = "</script><img src=x onerror=alert(1)>"


def made_plan(hostile: str = "", more: int = 0) -> Plan:
    """The plan; `hostile` stands in a reason, and `more` figures follow the scores."""
    spec = Trigger("spec", '{"epochs":4}', '{"epochs":8}')
    changed = Trigger("changed", files=(f"prompts/judge.jinja{hostile}",))
    jobs = [
        Job("build_tasks", {"suite": "holdout"}, "tasks", REUSED),
        Job("pretrain", {"student": "s"}, "students", REUSED, needs=(0,)),
        Job("train", {"student": "s", "run": "sft-s0"}, "training", AGAIN, (spec,), needs=(1,)),
        Job("pretrain", {"student": "m"}, "students", NEW, needs=(0,)),
        Job(
            "judge",
            {"judge": "tail", "student": "s", "run": "base"},
            "verdicts",
            AGAIN,
            (changed,),
            needs=(0,),
        ),
        Job("score", {}, "verdicts", AGAIN, follows=(2, 4), needs=(0, 2, 4)),
    ]
    jobs += [
        Job(f"make_figure_{number}", {}, "publication", AGAIN, follows=(5,), needs=(5,))
        for number in range(more)
    ]
    packages = {("- torch==2.13.0", "- torch==2.14.0"): 2}
    return Plan(tuple(jobs), ("results/smoke/tasks/holdout.parquet",), packages)


def made_audit(hostile: str = "", more: int = 0) -> Audit:
    """Its audit, as of the smoke study on two cores."""
    study = load_study(ROOT / "studies/smoke.yaml")
    return Audit(made_plan(hostile, more), study, 2, Path("no answers"), {}, {"train": 60.0})
