"""Importing this loads `judge.py`, litellm and what its first calls import, where `forked.py` forks from."""

import judge  # noqa: F401

from skillift.chat.client import load_litellm

load_litellm()

from litellm.litellm_core_utils import default_encoding  # noqa: E402, F401
from litellm.proxy.openai_files_endpoints import common_utils  # noqa: E402, F401
from openai.resources import files  # noqa: E402, F401
