"""Jobs of Snakemake's graph as data: fates, and what makes a job rerun.

Snakemake names one reason and looks no further; here all causes of a job are compared with its records.
"""

from __future__ import annotations

from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from skillift.audit.plan import AGAIN, NEW, REUSED, Job, Trigger

ACCELERATORS = ("gpu", "gpus", "gpus_per_task")  # resources by which rules or profiles ask for accelerators


class Reader:
    """Reads jobs of one graph."""

    def __init__(self, workflow: Any, numbers: dict) -> None:
        self._graph = workflow.dag
        self._records = workflow.persistence
        self._numbers = numbers
        self._async_run = workflow.async_run
        self._most_bytes = workflow.dag_settings.max_checksum_file_size
        self._compared: dict[tuple[str, str], bool] = {}
        self._demands: dict[tuple[str, str | None], tuple[int, float]] = {}
        self.unrecorded: list[str] = []
        self.environments: Counter[tuple[str, str]] = Counter()

    def job(self, job: Any) -> Job:
        """A job of Snakemake's graph as the audit's record of it."""
        planned = self._graph.needrun(job)
        needs = {self._numbers[other] for other in self._graph.dependencies[job]}
        follows: set[int] = set()
        triggers: tuple[Trigger, ...] = ()
        fate = REUSED
        if planned:
            rerun_inputs = self._graph.reason(job).updated_input_run
            for other, files in self._graph.dependencies[job].items():
                if self._graph.needrun(other) and (not rerun_inputs or not rerun_inputs.isdisjoint(files)):
                    follows.add(self._numbers[other])
            records = [record for path in job.output if (record := self._records.metadata(path))]
            fate = AGAIN if records or any(Path(path).exists() for path in job.output) else NEW
            triggers = tuple(self._triggers(job, records)) if fate == AGAIN else ()
        elif environments := [known for path in job.output for known in self._environments(path)]:
            self._compare_environment(job, environments[0])
        else:
            self.unrecorded += [str(path) for path in job.output if Path(path).exists()]
        params = dict(job.params.items())
        return Job(
            rule=job.rule.name,
            wildcards=dict(job.wildcards_dict),
            stage=Path(str(job.rule.snakefile)).stem,
            fate=fate,
            triggers=triggers,
            follows=tuple(sorted(follows)),
            needs=tuple(sorted(needs)),
            spec=params.get("spec"),
            inputs=_named(job.input),
            outputs=tuple(map(str, job.output)),
            benchmark=str(job.benchmark) if job.benchmark else None,
            threads=self._resources(job)[0] if planned else 1,
            devices=self._resources(job)[1] if planned else 0.0,
            priority=float(job.priority) if planned else 0.0,
            runs=not job.rule.norun,
        )

    def _resources(self, job: Any) -> tuple[int, float]:
        """Threads and accelerators: they follow from the rule and the student.

        For every job, Snakemake takes longer to work them out than to build the graph.
        """
        key = job.rule.name, job.wildcards_dict.get("student")
        if key not in self._demands:
            self._demands[key] = job.threads, _devices(job.resources)
        return self._demands[key]

    def _environments(self, path: Any) -> tuple[str | None, ...]:
        """The environment that an output's record tells of, as Snakemake has read it for the plan."""
        known = self._records.environments
        if str(path) not in known:
            self._records.metadata(path)
        return known[str(path)]

    def _compare_environment(self, job: Any, before: str | None) -> None:
        """Snakemake compares environments only where it deploys them itself."""
        now = self._records._conda_env(job)
        if before and now and before != now:
            self.environments[b64decode(before).decode(), b64decode(now).decode()] += 1

    def _triggers(self, job: Any, records: list) -> Iterator[Trigger]:
        reason = self._graph.reason(job)
        incomplete = self._records._filter_incomplete_keys([str(path) for path in job.output])
        if incomplete:
            yield Trigger("incomplete", files=tuple(sorted(incomplete)))
        elif reason.forced:
            yield Trigger("forced")
        if missing := sorted(str(path) for path in job.output if not Path(path).exists()):
            yield Trigger("missing", files=tuple(missing))
        if changed := sorted({*self._changed(job, records), *self._updated(job, reason)}):
            yield Trigger("changed", files=tuple(changed))
        for record in records[:1]:
            yield from self._other_inputs(job, record)
            yield from self._other_params(job, record)
            if record.code is not None and record.code != self._records._code(job.rule):
                yield Trigger("command")
        if reason.software_stack_changed:
            yield Trigger("environment")

    def _updated(self, job: Any, reason: Any) -> set[str]:
        return {str(path) for path in reason.updated_input - reason.updated_input_run}

    def _changed(self, job: Any, records: list) -> Iterator[str]:
        """Inputs that no job makes and that are not what the last run read.

        Snakemake looks at them only where no other cause was found first.
        """
        made = {path for files in self._graph.dependencies[job].values() for path in files}
        for path in job.input:
            seen = [(record.input_checksums or {}).get(path) for record in records]
            before = next(filter(None, seen), None)
            if path not in made and before and not self._is_same(path, before):
                yield str(path)

    def _is_same(self, path: Any, checksum: str) -> bool:
        key = (str(path), checksum)
        if key not in self._compared:
            digest = checksum if ":" in checksum else f"sha256:{checksum}"
            self._compared[key] = self._async_run(path.is_same_checksum(digest, self._most_bytes))
        return self._compared[key]

    def _other_inputs(self, job: Any, record: Any) -> Iterator[Trigger]:
        if record.input is None:
            return
        before, now = set(record.input), set(map(str, self._records._input(job)))
        yield from (Trigger("inputs", before=path) for path in sorted(before - now))
        yield from (Trigger("inputs", after=path) for path in sorted(now - before))

    def _other_params(self, job: Any, record: Any) -> Iterator[Trigger]:
        """Changed params by their kind; Snakemake records values without their names."""
        if record.params is None:
            return
        now = self._records._params(job)
        old, new = sorted(set(record.params) - set(now)), sorted(set(now) - set(record.params))
        spec, code = (repr(job.params.get(name)) for name in ("spec", "code"))
        for kind, text, is_kind in (("spec", spec, _is_spec), ("code", code, _is_digest)):
            before = next((value for value in record.params if is_kind(value) and value not in now), None)
            if text in new:
                yield Trigger(kind, before=before and _text(before), after=_text(text))
            new = [value for value in new if value != text]
            old = [value for value in old if value != before]
        if old or new:
            yield Trigger("param", " ".join(map(_text, old)) or None, " ".join(map(_text, new)) or None)


def _named(files: Any) -> dict[str, tuple[str, ...]]:
    """Input files by their names in the rule."""
    named: dict[str, tuple[str, ...]] = {}
    inside: set[str] = set()
    for name, value in files.items():
        named[name] = (str(value),) if isinstance(value, str) else tuple(map(str, value))
        inside |= set(named[name])
    if others := tuple(str(path) for path in files if str(path) not in inside):
        named[""] = others
    return named


def _devices(resources: Any) -> float:
    for name in ACCELERATORS:
        count = resources.get(name)
        if isinstance(count, int | float) and count:
            return float(count)
    return 0.0


def _is_spec(value: str) -> bool:
    return value.startswith(("'{", '"{'))


def _is_digest(value: str) -> bool:
    text = _text(value)
    return len(text) == 16 and not set(text) - set("0123456789abcdef")


def _text(value: str) -> str:
    """A recorded param (a `repr`) as its text."""
    import ast

    try:
        return str(ast.literal_eval(value))
    except (SyntaxError, ValueError):
        return value
