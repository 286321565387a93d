"""Importing this loads `judge.py`, litellm and what its first calls import, where `forked.py` forks from."""

from skillift.chat.client import load_litellm
from verdicts import judge  # noqa: F401

load_litellm()

from litellm.litellm_core_utils import default_encoding  # noqa: E402, F401
from litellm.proxy.openai_files_endpoints import common_utils  # noqa: E402, F401
from openai.resources import files  # noqa: E402, F401
