"""The shop for handler tests, with the model and function calls between functions played in this process."""

from collections.abc import Callable
from functools import cache

import pytest

from stkr import aws
from tests.deployment import Context, Deployment
from tests.handlers.world import Model, World, lambda_client


@pytest.fixture
def world(deployment: Deployment, invocation: Callable[[str], Context], monkeypatch: pytest.MonkeyPatch) -> World:
    """A shop with stock and rules, and no count yet."""
    model = Model()
    built = World(deployment, invocation, model)
    # Cached, as the providers that they stand in for.
    monkeypatch.setattr(aws, "bedrock", cache(lambda: model))
    monkeypatch.setattr(aws, "functions", cache(lambda: lambda_client(built)))
    return built
