"""No policy has a wildcard that nobody gave a reason for."""

import pytest

from tests.least_privilege.wildcards import REASONS, wildcards
from tests.template.stack import Stack

pytestmark = pytest.mark.template


def test_every_wildcard_has_a_reason_and_every_reason_a_wildcard() -> None:
    assert {wildcard for wildcard, _ in wildcards(Stack())} == set(REASONS)
