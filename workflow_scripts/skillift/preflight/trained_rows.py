"""What only tasks and the rest of a study tell together: demonstrations made wrong, special tokens.

Suites, skills and worked solutions of own tasks: `skillift.preflight.own_data`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from skillift.errors import UserError
from skillift.settings.values import VARIANTS
from skillift.study.matched import BOTH
from skillift.study.study import Study
from skillift.yaml_sources.source import Words, read_source
from skillift.yaml_sources.wording import did_you_mean, one_of

if TYPE_CHECKING:
    import polars as pl


def mistakes(study: Study) -> list[str]:
    """One line for each mistake: file, line, key, what was found, what was expected, the fix."""
    if pack := study.data["tasks"].get("pack"):
        rejected = _rejected(study, pack["skills"] * pack["per_skill"]["train"])
        of_pack = [*rejected, *_domains(study, _pack_domains(study)), *_variants(study)]
        return [*of_pack, *_own_texts(study)] if study.own_suites else of_pack
    from skillift.preflight.own_data import own_data  # plans of the task pack do without tables

    data = own_data(study)
    if data.skills is None or data.tasks is None:
        return data.mistakes
    n_train = data.tasks["suite"].to_list().count("train")
    found = [*_rejected(study, n_train), *_one_answer(study, data.tasks)]
    train = data.tasks.filter(suite="train").join(data.skills.select("skill_id", "domain"), on="skill_id")
    by_domain = dict.fromkeys(data.skills["domain"], 0) | Counter(train["domain"].to_list())
    return [*found, *_domains(study, by_domain), *_special_tokens(study, data.tasks, data.skills)]


def _own_texts(study: Study) -> list[str]:
    """Special tokens in the own tasks that stand beside the task pack."""
    from skillift.preflight.own_data import own_data

    data = own_data(study)
    if data.skills is None or data.tasks is None:
        return []  # told by `skillift.preflight.own_data`
    return _special_tokens(study, data.tasks, data.skills)


def _variants(study: Study) -> list[str]:
    """That no variant of the task pack would be left, where variants are asked."""
    if VARIANTS not in study.suites or not study.is_of_pack(VARIANTS):
        return []
    from skillift.taskpack import build_pack

    pack = study.tasks_spec(VARIANTS).pack
    if pack is None:
        return []
    try:
        build_pack(pack)
    except UserError as error:
        return [f"{study.path}: {error}"]
    return []


def _pack_domains(study: Study) -> dict[str, int]:
    """Train tasks of each domain of the task pack; none where no corpus names domains."""
    if not any("domains" in corpus for corpus in study.data["corpora"].values()):
        return {}
    from skillift.taskpack.skills import domains_of, skills_per_domain

    pack = study.data["tasks"]["pack"]
    names = [domain.name for domain in domains_of(pack["difficulty"])]
    numbers = [number * pack["per_skill"]["train"] for number in skills_per_domain(pack["skills"])]
    return dict(zip(names, numbers, strict=True))


def _domains(study: Study, by_domain: Mapping[str, int]) -> Iterator[str]:
    """Corpora of unknown domains, or of domains with fewer train tasks than the corpus has rows."""
    for name, corpus in study.data["corpora"].items():
        if not (domains := corpus.get("domains")):
            continue
        source = read_source(study.path, "study file")
        unknown = [place for place, domain in enumerate(domains) if domain not in by_domain]
        for place in unknown:
            key, known = ("corpora", name, "domains", place), sorted(by_domain)
            fix = did_you_mean(domains[place], known)
            yield source.problem(key, domains[place], f"a domain of the skills ({one_of(known)})", fix)
        most = sum(by_domain.get(domain, 0) for domain in domains)
        if not unknown and corpus["rows"] > most:
            expected = f"at most {most} (one demonstration of each train task of {', '.join(domains)})"
            yield source.problem(("corpora", name, "rows"), corpus["rows"], expected, "Lower rows.")


def _rejected(study: Study, n_train: int) -> Iterator[str]:
    """Corpora with enough train tasks, but not without those whose solution the teacher makes wrong."""
    teacher = study.data.get("teacher", {})
    n_wrong = round(teacher.get("corrupted_share", 0) * n_train)
    # another attempt makes others wrong, or the right one of a wrong one
    if not n_wrong or teacher["attempts"] > 1 or teacher.get("until") == BOTH:
        return
    source = read_source(study.path, "study file")
    for name, corpus in study.data["corpora"].items():
        most = n_train - n_wrong
        if "like" not in corpus and corpus["verified"] and most < corpus["rows"] <= n_train:
            why = f"of {n_train} demonstrations, teacher.corrupted_share makes {n_wrong} wrong"
            fix = "Lower rows or teacher.corrupted_share (0 for own solutions), or add train tasks."
            yield source.problem(("corpora", name, "rows"), corpus["rows"], f"at most {most} ({why})", fix)


def _one_answer(study: Study, tasks: pl.DataFrame) -> Iterator[str]:
    """Own tasks whose answer cannot be made wrong, where a wrong one of each is asked for."""
    teacher = study.data.get("teacher", {})
    if teacher.get("kind") != "worked_solution" or teacher.get("until") != BOTH:
        return
    from skillift.corpus.teachers import without_wrong_answer  # a second to import

    if lacking := without_wrong_answer(tasks.filter(suite="train")):
        source = read_source(study.path, "study file")
        named = ", ".join(lacking[:3])
        found = Words(f"both, and {len(lacking)} train task(s) without a wrong answer ({named})")
        fix = "Add train tasks with another answer, or take `until: both` out of `teacher`."
        yield source.problem(("teacher", "until"), found, "a second answer among the train tasks", fix)


def _special_tokens(study: Study, tasks: pl.DataFrame, skills: pl.DataFrame) -> list[str]:
    from skillift.preflight.students import prompt_mistakes

    return prompt_mistakes(study, tasks, skills)
