"""The template is transformed once for all of these tests."""

import pytest

from tests.template.stack import Stack


@pytest.fixture(scope="session")
def stack() -> Stack:
    """The transformed template."""
    return Stack()
