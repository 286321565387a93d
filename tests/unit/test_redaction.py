"""Claims about secrets in texts."""

from __future__ import annotations

import subprocess
import sys

import pytest

from skillift.redaction import redact, secrets

ENVIRONMENT = {
    "OPENAI_API_KEY": "sk-0123456789",
    "HF_TOKEN": "hf_0123456789",
    "AWS_SECRET_ACCESS_KEY": "0123456789/abc",
    "DEBUG_TOKEN": "on",
    "TOKENIZERS_PARALLELISM": "falsefalse",
    "PATH": "/usr/local/bin",
}


def test_secrets_are_known_by_their_names_and_short_values_are_none():
    assert set(secrets(ENVIRONMENT).values()) == {"OPENAI_API_KEY", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY"}


def test_a_secret_gives_way_to_its_name():
    known = secrets({"A_KEY": "abcdefgh", "B_KEY": "abcdefghij"})
    assert redact("abcdefghij, abcdefgh.", known) == "[B_KEY], [A_KEY]."
    assert redact("nothing", known) == "nothing"


@pytest.mark.parametrize("error", ["ValueError", "UserError"])
def test_a_commands_last_words_hold_no_secret(error, monkeypatch):
    monkeypatch.setenv("MY_API_KEY", "sk-canary-0123456789")
    code = (
        "import os; from skillift.commands import run; from skillift.errors import UserError\n"
        f"def main(): raise {error}('key ' + os.environ['MY_API_KEY'])\n"
        "run(main)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "key [MY_API_KEY]" in done.stderr
    assert "canary" not in done.stdout + done.stderr
