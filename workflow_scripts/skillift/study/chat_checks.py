"""What a schema cannot say about the chat templates and end tokens that a study names."""

from __future__ import annotations

from collections.abc import Iterator

from skillift.students.chat_settings import ready_made, template_file_mistake, template_path
from skillift.yaml_sources.source import KeyPath, Source, Words
from skillift.yaml_sources.wording import did_you_mean

OWN_CHAT = ("scratch", "api")  # sources of models whose chat format is not the study's to say

Finding = tuple[KeyPath, object, str, str]


def chat_findings(here: KeyPath, model: dict, source: Source) -> Iterator[Finding]:
    """What the entry of a model says of its chat format."""
    for key in ("chat_template", "end_tokens"):
        if key in model and model["source"] in OWN_CHAT:
            has = "one made with its tokenizer" if model["source"] == "scratch" else "its provider's"
            expected = f"no such key with source: {model['source']}: the model's chat format is {has}"
            yield (*here, key), Words(f"the key '{key}'"), expected, "Delete it."
        elif key == "chat_template" and model.get(key):
            yield from _chat_template((*here, key), model[key], source)


def _chat_template(key: KeyPath, declared: str, source: Source) -> Iterator[Finding]:
    """What is wrong with the file of a chat template, whatever model it is for."""
    path = template_path(source.path, declared)
    if mistake := template_file_mistake(path):
        found, expected, fix = mistake
        yield key, found, expected, did_you_mean(declared, ready_made()) or fix


def default_chat_findings(data: dict, source: Source) -> Iterator[Finding]:
    """What is wrong with the chat template that `inference` names for all models."""
    declared = data["inference"].get("chat_template")
    if not declared:
        return
    key = ("inference", "chat_template")
    models = [*data["students"].values(), *data["references"].values()]
    if all(model["source"] in OWN_CHAT or "chat_template" in model for model in models):
        expected = "no such key where no model takes it: students from scratch have a template of their own, "
        expected += "and a template of a student's own entry goes before this one"
        yield key, Words("the key 'chat_template'"), expected, "Delete it."
    yield from _chat_template(key, declared, source)
