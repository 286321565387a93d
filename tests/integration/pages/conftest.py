"""What the tests of pages share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from chromium import chromium


@pytest.fixture(scope="package")
def browser() -> Iterator:
    """One browser for all modules of the folder: starting it takes seconds.

    It ends with the last of them: Playwright keeps an event loop in this thread, where no other can run then.
    """
    with chromium() as opened:
        yield opened
