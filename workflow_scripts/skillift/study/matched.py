"""Corpora that take the tasks of another: what is theirs, and mistakes in how they are declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from skillift.study.chat_checks import Finding
from skillift.yaml_sources.source import Words
from skillift.yaml_sources.wording import did_you_mean, one_of

BOTH = "both"  # of `teacher.until`
PAIRS = "pairs"  # of `form`
_OWN = ("seed",)  # never that of the other corpus


def whole_corpus(corpora: Mapping[str, dict], name: str) -> dict:
    """An entry of `corpora` with what it has of the one that it is like; its `rows` are that one's."""
    entry = corpora[name]
    like = corpora.get(entry["like"], {}) if "like" in entry else {}
    return {key: value for key, value in like.items() if key not in _OWN} | entry


def matched_names(corpora: Mapping[str, dict], name: str) -> list[str]:
    """The corpora that have the tasks of `name`: itself, what it is like, and what is like either; sorted."""
    home = corpora[name].get("like", name)
    return sorted(other for other, entry in corpora.items() if entry.get("like", other) == home)


def matched_findings(corpora: Mapping[str, dict], teacher: Mapping) -> Iterator[Finding]:
    """What is wrong with corpora that take the tasks of another.

    Args:
        corpora: the study's section, with its defaults.
        teacher: likewise; empty where there is none.
    """
    plain = sorted(name for name, entry in corpora.items() if "like" not in entry)
    for name, entry in corpora.items():
        if "like" not in entry:
            continue
        like, key = entry["like"], ("corpora", name, "like")
        if like not in corpora:
            fix = did_you_mean(like, plain) or f"Add '{like}' to `corpora`, or name another."
            yield key, like, f"a key of `corpora` with rows of its own ({one_of(plain)})", fix
        elif like not in plain:
            of = corpora[like]["like"]
            fix = f"Write `like: {of}`, whose tasks {like} takes." if of in plain else "Name another."
            known = one_of(plain) if plain else "there is none"
            yield key, like, f"a corpus with rows of its own ({known})", fix
        if "wrong_share" in entry:
            yield from _wrong_share(name, whole_corpus(corpora, name), teacher)
        yield from _pairs(name, entry, teacher)


def _wrong_share(name: str, whole: Mapping, teacher: Mapping) -> Iterator[Finding]:
    key = ("corpora", name, "wrong_share")
    if not whole.get("verified", True):
        expected = "no such key with verified: false, which takes answers whatever their verdict"
        yield key, Words("the key 'wrong_share'"), expected, "Delete it, or write `verified: true` here."
    if teacher and teacher.get("until") != BOTH:
        expected = "no such key without `teacher.until: both`, by which a task has a right and a wrong answer"
        yield key, Words("the key 'wrong_share'"), expected, "Write `until: both` in `teacher`."


def _pairs(name: str, entry: Mapping, teacher: Mapping) -> Iterator[Finding]:
    """What is wrong with a corpus of preference pairs, or with keys of one elsewhere."""
    here, pairs = ("corpora", name), entry.get("form") == PAIRS
    if pairs != ("rejected" in entry):
        found = Words(f"form: {PAIRS} without the key 'rejected'" if pairs else "the key 'rejected'")
        expected = f"`form: {PAIRS}` and the key `rejected` together, or neither"
        fix = "Add `rejected: failed` or `rejected: corrupted`." if pairs else f"Write `form: {PAIRS}`."
        yield (*here, "form" if pairs else "rejected"), found, expected, fix
    for key in ("wrong_share", "verified") if pairs else ():
        if entry.get(key, True) is not True:
            expected = "no such key with form: pairs, whose right answers are verified"
            yield (*here, key), Words(f"the key '{key}'"), expected, "Delete it."
    if entry.get("rejected") == "failed" and teacher and teacher.get("until") != BOTH:
        expected = "corrupted without `teacher.until: both`, by which a task has a right and a wrong answer"
        yield (*here, "rejected"), "failed", expected, "Write `until: both` in `teacher`."


def teacher_findings(teacher: Mapping) -> Iterator[Finding]:
    """That a teacher who gives the same answer again is asked for a right and a wrong one."""
    if teacher.get("kind") == "api" and teacher.get("until") == BOTH and teacher.get("temperature") == 0:
        expected = "passed at temperature 0, where all answers to a task are equal"
        yield ("teacher", "until"), BOTH, expected, "Raise teacher.temperature."
