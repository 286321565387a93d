"""Models of settings and their exported schemas say the same; the configuration is checked like a study."""

from __future__ import annotations

import copy
import itertools
import json
from typing import NamedTuple

import jsonschema
import pytest
import yaml
from bad_studies import BAD_STUDIES
from pydantic import ValidationError
from study_files import EMBEDDED, REPOSITORY

from skillift.errors import UserError
from skillift.settings.config import Config
from skillift.settings.expectations import resolve
from skillift.settings.json_schema import json_schema
from skillift.settings.reading import read_settings
from skillift.settings.study_file import StudyFile
from skillift.study.study import load_config, load_study
from skillift.yaml_sources.source import Source, parse_source, read_source

MODELS = [StudyFile, Config]
STUDIES = sorted((REPOSITORY / "studies").glob("*.yaml"))


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json_schema(StudyFile))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.name)
def test_the_exported_schema_accepts_every_study_and_each_names_it_for_editors(path, validator):
    text = path.read_text(encoding="utf-8")
    assert validator.is_valid(parse_source(text, "study.yaml", "study file").value)
    line = text.splitlines()[0]
    schema = line.removeprefix("# yaml-language-server: $schema=")
    assert json.loads((path.parent / schema).read_text(encoding="utf-8")) == json_schema(StudyFile)


def test_the_configuration_names_its_schema_and_keeps_it():
    path = REPOSITORY / "config.yaml"
    schema = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
    exported = json.loads((REPOSITORY / schema).read_text(encoding="utf-8"))
    assert exported == json_schema(Config)
    jsonschema.Draft202012Validator(exported).validate(read_source(path, "configuration").value)


class Bad(NamedTuple):
    """A bad study as it is read (None: it cannot be), and whether models refuse it by itself."""

    value: object
    refused: bool
    said: str = ""


@pytest.fixture(scope="module")
def bad() -> dict[str, Bad]:
    return {name: _read(EMBEDDED.replace(*replacement, 1)) for name, (replacement, _) in BAD_STUDIES.items()}


def _read(text: str) -> Bad:
    try:
        value = parse_source(text, "study.yaml", "study file").value
    except UserError as error:
        return Bad(None, refused=False, said=str(error))
    try:
        StudyFile.model_validate(value)
    except ValidationError:
        return Bad(value, refused=True)
    return Bad(value, refused=False)


def test_the_bad_studies_that_models_refuse_are_most_of_them(bad):
    assert 50 <= sum(each.refused for each in bad.values()) < len(bad)


# jsonschema reads patterns as Python does, whose `$` stands before a last line break too; editors read them
# as JSON Schema says, by ECMA-262, whose `$` does not
BY_ECMA_ALONE = {"a package whose version ends with a line break"}


@pytest.mark.parametrize("name", [name for name in BAD_STUDIES if name not in BY_ECMA_ALONE])
def test_the_exported_schema_refuses_what_the_models_refuse_and_accepts_what_other_sections_make_wrong(
    bad, validator, name
):
    value, refused, said = bad[name]
    if value is None:
        assert "YAML" in said or "a second time" in said or "finite" in said
    else:
        assert validator.is_valid(value) != refused


def _places(value, key=()):
    if key:
        yield key
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        yield from _places(item, (*key, name))


def test_of_odd_values_anywhere_in_a_study_models_and_schema_say_the_same(validator):
    plain = yaml.safe_load(EMBEDDED)
    odd = itertools.cycle([None, {}, -1, "2e-5", 1.5, [1], True, [], 1.0, "full", {"lora": {}}])
    said = []
    for key in [*_places(plain)][::5]:
        changed = copy.deepcopy(plain)
        around = changed
        for part in key[:-1]:
            around = around[part]
        around[key[-1]] = value = next(odd)
        problems = read_settings(Source("study.yaml", changed), StudyFile).problems
        said.append(not problems)
        assert validator.is_valid(changed) == said[-1], (key, value, problems)
        assert all(": found " in line for lines in problems.values() for line in lines)
    assert 20 < said.count(False) < len(said)


def _schemas(schema, place=""):
    if isinstance(schema, dict):
        yield place, schema
        for name, part in schema.items():
            if name not in ("default", "enum"):
                yield from _schemas(part, f"{place}/{name}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from _schemas(part, f"{place}/{index}")


@pytest.mark.parametrize("model", MODELS)
def test_every_pattern_is_explained_in_words(model):
    patterns = [(place, part) for place, part in _schemas(json_schema(model)) if "pattern" in part]
    assert patterns
    for place, part in patterns:
        assert part.get("words") and not set("^$\\") & set(part["words"]), place


@pytest.mark.parametrize("model", MODELS)
def test_every_mapping_forbids_unknown_keys_and_every_key_is_described(model):
    objects = keys = 0
    for place, schema in _schemas(json_schema(model)):
        if schema.get("type") == "object" and not place.endswith("extra_body"):
            objects += 1
            closed = schema.get("additionalProperties")
            assert closed is False or (isinstance(closed, dict) and "propertyNames" in schema), place
        if place.endswith("/properties"):
            for key, part in schema.items():
                keys += 1
                described = resolve(part, json_schema(model)).get("description", "")
                assert described.endswith((".", "`.")), f"{place}/{key}"
    assert objects >= 3
    assert keys >= 10


def test_optional_keys_that_are_left_out_are_not_in_the_data_and_those_that_are_null_are(study_file):
    text = EMBEDDED.replace("  max_model_len: 256\n", "")
    assert "max_model_len" not in load_study(study_file(text)).data["inference"]
    null = EMBEDDED.replace("  max_model_len: 256\n", "  max_model_len: null\n")
    assert load_study(study_file(null)).data["inference"]["max_model_len"] is None


def test_yaml_is_read_as_its_version_1_2_has_it():
    text = "a: 2e-5\nb: no\nc: 012\nd: 2024-07-26\ne: ~\nf: 0o17\ng: .5\nh: 1:30\ni: {<<: {j: 0x1F}, k: True}"
    assert parse_source(text, "study.yaml", "study file").value == {
        "a": 2e-5,
        "b": "no",
        "c": 12,
        "d": "2024-07-26",
        "e": None,
        "f": 15,
        "g": 0.5,
        "h": "1:30",
        "i": {"j": 31, "k": True},
    }


def test_config_yaml_is_read_again_and_what_the_command_line_changed_goes_before_it(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("study: a.yaml\napi: {backoff_s: 1e-3, retries: 3, concurrency: 8}\n")
    snakemakes = yaml.safe_load(path.read_text())
    assert snakemakes["api"]["backoff_s"] == "1e-3"
    assert load_config(snakemakes, str(path))["api"]["backoff_s"] == 0.001
    snakemakes["api"] |= {"retries": "5", "timeout_s": "2e1"}  # nested values reach Snakemake as texts
    api = load_config(snakemakes, str(path))["api"]
    assert (api["backoff_s"], api["retries"], api["timeout_s"], api["concurrency"]) == (0.001, 5, 20.0, 8)
    path.write_text("study: a.yaml\nresults: a\nresults: b\n")
    with pytest.raises(UserError, match=r"config\.yaml:3: results: found the key 'results' a second time"):
        load_config({"study": "a.yaml", "results": "b"}, str(path))


def test_the_configuration_is_checked_and_completed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config({"study": "studies/smoke.yaml", "api": {"concurrency": 8, "budget_usd": 5}})
    api = config["api"]
    assert (api["concurrency"], api["timeout_s"], api["retries"]) == (8, 120.0, 8)
    assert (api["budget_usd"], api.get("requests_per_minute"), api["budgets_usd"]) == (5, None, {})
    with pytest.raises(
        UserError, match=r"api\.budget_usd: found '5 USD', expected a number at least 0, or null"
    ):
        load_config({"study": "a.yaml", "api": {"budget_usd": "5 USD"}})
    assert config["results"] == "results"
    assert config["engine"]["max_num_seqs"] == 128
    wrong = "concurency"  # codespell:ignore concurency
    said = rf"api\.{wrong}: found an unknown key.*Did you mean 'concurrency'"
    with pytest.raises(UserError, match=said):
        load_config({"study": "a.yaml", "api": {wrong: 8}})
    with pytest.raises(UserError, match="found no key 'study'"):
        load_config({})


def test_a_problem_of_the_configuration_names_its_line_unless_the_command_line_made_it(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("study: a.yaml\nengine:\n  kv_cache_gib: 0\n")
    with pytest.raises(UserError, match=r"config\.yaml:3: engine\.kv_cache_gib: found 0"):
        load_config(yaml.safe_load(path.read_text()), str(path))
    with pytest.raises(UserError, match=r"config\.yaml(:1)?: engine\.kv_cache_gib: found -1"):
        load_config({"study": "a.yaml", "engine": {"kv_cache_gib": -1}}, str(path))


def test_the_repositorys_configuration_loads():
    path = REPOSITORY / "config.yaml"
    assert load_config(yaml.safe_load(path.read_text()), str(path))["study"] == "studies/embedded.yaml"
