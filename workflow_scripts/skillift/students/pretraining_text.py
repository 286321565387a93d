"""The text that students trained from scratch read before any study begins.

Exchanges over the task pack's own family, drawn by seed: drills of single operations; named skills asked for
without their procedure, a quarter of which is never seen and the others by rank; and compositions that no
skill has, under names that no skill bears, with the procedure in the prompt. A few answers are wrong. The
style of an answer follows the template that asks, so a base model writes an ANSWER line in about two of five
answers: what the extractor misses before SFT is real, and designed. Lists of the dev and holdout suites
never stand in a prompt here.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from skillift.settings.tasks import PackSettings
from skillift.taskpack.domains import Domain, Items
from skillift.taskpack.instances import draw_list, suite_of
from skillift.taskpack.operations import OPERATIONS, READOUTS
from skillift.taskpack.skills import Skill, decoy_words, domains_of, draw_procedure, draw_skills
from skillift.taskpack.wording import STYLES, Template, answer_in_style, ask, join_items, templates_of
from skillift.tasks.prompts import render_user_message

DRILL_SHARE = 0.3
NAMED_SHARE = 0.3  # the rest are compositions with their procedure
UNSEEN_SHARE = 0.3  # of the skills: 12 of 40
WRONG_SHARE = 0.02
STYLE_KEPT_SHARE = 0.85  # answers in the style that the template invites; the others in any style


@dataclass(frozen=True)
class Exchange:
    """One question and one answer."""

    prompt: str
    answer: str


@dataclass(frozen=True)
class _Source:
    pack: PackSettings
    rng: random.Random
    seen_skills: list[Skill]
    decoys: list[str]


def exchanges(pack: PackSettings, seed: int) -> Iterator[Exchange]:
    """An endless stream of exchanges, the same for the same pack and seed."""
    rng = random.Random(f"pretraining|{pack.seed}|{seed}")
    source = _Source(
        pack=pack,
        rng=rng,
        seen_skills=_seen_skills(pack),
        decoys=decoy_words(pack.difficulty, pack.seed),
    )
    while True:
        draw = rng.random()
        if draw < DRILL_SHARE:
            yield _drill(source)
        elif draw < DRILL_SHARE + NAMED_SHARE:
            yield _named(source)
        else:
            yield _composition(source)


def _seen_skills(pack: PackSettings) -> list[Skill]:
    """The skills that pre-training asks for by name, most frequent first; the same for every student."""
    skills = draw_skills(pack.difficulty, pack.seed, pack.skills)
    random.Random(f"ranks|{pack.seed}").shuffle(skills)
    return skills[: max(1, len(skills) - round(UNSEEN_SHARE * len(skills)))]


def _train_list(source: _Source, domain: Domain) -> Items:
    while True:
        items = draw_list(source.rng, source.pack.difficulty, domain)
        if suite_of(items, domain, source.pack.seed) == "train":
            return items


def _any_domain(source: _Source) -> Domain:
    domains = domains_of(source.pack.difficulty)
    return source.rng.choices(domains, weights=[domain.share for domain in domains])[0]


def _drill(source: _Source) -> Exchange:
    difficulty = source.pack.difficulty
    domain = _any_domain(source)
    items = _train_list(source, domain)
    operations = OPERATIONS[difficulty]
    if difficulty != "standard":
        operations += READOUTS[difficulty]
    operation = source.rng.choice(operations)
    verb, result = operation.apply(items, domain)
    if source.rng.random() < WRONG_SHARE:
        result = _train_list(source, domain)[: len(result)]
    prompt = f"{operation.words(domain)} {join_items(difficulty, items)}"
    return Exchange(render_user_message(prompt), f"{verb} {join_items(difficulty, result)}")


def _named(source: _Source) -> Exchange:
    ranks = range(1, len(source.seen_skills) + 1)
    skill = source.rng.choices(source.seen_skills, weights=[1 / rank for rank in ranks])[0]
    return _exchange(source, skill, steps=None)


def _composition(source: _Source) -> Exchange:
    domain = _any_domain(source)
    skill = draw_procedure(source.rng, source.pack.difficulty, source.rng.choice(source.decoys), domain)
    return _exchange(source, skill, steps=skill.steps)


def _exchange(source: _Source, skill: Skill, steps: list[str] | None) -> Exchange:
    rng, difficulty = source.rng, source.pack.difficulty
    items = _train_list(source, skill.domain)
    template: Template = rng.choice(templates_of(difficulty))
    style = template.style if rng.random() < STYLE_KEPT_SHARE else rng.choice(STYLES)
    worked = _train_list(source, skill.domain) if rng.random() < WRONG_SHARE else items
    return Exchange(
        render_user_message(ask(difficulty, template, skill, items), steps),
        answer_in_style(difficulty, style, skill, worked),
    )
