"""The Saturday count on the deployed stack, told as `make demo` tells it."""

import pytest

from local.report import Report

pytestmark = pytest.mark.e2e


def test_every_figure_of_the_saturday_count_is_as_it_should_be(saturday: Report) -> None:
    assert saturday.wrong == []
    assert saturday.checked > 50
