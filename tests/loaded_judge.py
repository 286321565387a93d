"""Importing this loads `judge.py` and litellm, in the process that `forked.py` forks from."""

import judge  # noqa: F401

from skillift.chat.client import load_litellm

load_litellm()
