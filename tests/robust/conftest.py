"""What the tests of robustness share."""

import random

import pytest


@pytest.fixture
def seed() -> int:
    """A number that a test's random choices follow from; it is shown when the test fails."""
    return random.SystemRandom().randrange(2**32)
