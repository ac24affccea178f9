"""What the tests of robustness share."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.robust.ledger import CLIENTS


@pytest.fixture
def seed() -> int:
    """A number that a test's random choices follow from; it is shown when the test fails."""
    return random.SystemRandom().randrange(2**32)


@pytest.fixture
def crowd() -> "Iterator[ThreadPoolExecutor]":
    """Threads for clients."""
    with ThreadPoolExecutor(CLIENTS) as pool:
        yield pool
