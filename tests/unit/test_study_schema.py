"""The schemas describe every key and forbid all others; the configuration is checked like a study."""

from __future__ import annotations

import pytest
import yaml
from study_files import REPOSITORY

from skillift.errors import UserError
from skillift.study.study import load_config
from skillift.yaml_sources.schema import read_schema, resolve


def _schemas(schema, place=""):
    if isinstance(schema, dict):
        yield place, schema
        for name, part in schema.items():
            if name not in ("if", "then", "else", "default", "enum"):
                yield from _schemas(part, f"{place}/{name}")
    elif isinstance(schema, list):
        for index, part in enumerate(schema):
            yield from _schemas(part, f"{place}/{index}")


@pytest.mark.parametrize("name", ["study", "config"])
def test_every_pattern_is_explained_in_words(name):
    patterns = [(place, part) for place, part in _schemas(read_schema(name)) if "pattern" in part]
    assert patterns
    for place, part in patterns:
        assert part.get("words") and not set("^$\\") & set(part["words"]), place


@pytest.mark.parametrize("name", ["study", "config"])
def test_every_object_of_a_schema_forbids_unknown_keys_and_every_key_is_described(name):
    objects = keys = 0
    for place, schema in _schemas(read_schema(name)):
        if schema.get("type") == "object" and not place.endswith("extra_body"):
            objects += 1
            closed = schema.get("additionalProperties")
            assert closed is False or (isinstance(closed, dict) and "propertyNames" in schema), place
        if place.endswith("/properties"):
            for key, part in schema.items():
                keys += 1
                described = resolve(part, read_schema(name)).get("description", "")
                assert described.endswith((".", "`.")), f"{place}/{key}"
    assert objects >= 3
    assert keys >= 10


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
    with pytest.raises(UserError, match=r"api\.concurency: found an unknown key.*Did you mean 'concurrency'"):
        load_config({"study": "a.yaml", "api": {"concurency": 8}})
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
