"""The shop for handler tests, with the model and function calls between functions played in this process."""

import io
import logging
from collections.abc import Callable, Iterator
from functools import cache

import pytest

from stkr.infra import aws
from stkr.infra.telemetry import logger
from tests.deployment import Context, Deployment
from tests.handlers.world import ScriptedModel, World, lambda_client


@pytest.fixture
def world(deployment: Deployment, invocation: Callable[[str], Context], monkeypatch: pytest.MonkeyPatch) -> World:
    """A shop with stock and rules, and no count yet."""
    model = ScriptedModel()
    built = World(deployment, invocation, model)
    # Cached, as the providers that they stand in for.
    monkeypatch.setattr(aws, "bedrock", cache(lambda: model))
    monkeypatch.setattr(aws, "functions", cache(lambda: lambda_client(built)))
    return built


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the functions log, as it would be stored."""
    stored = io.StringIO()
    handler = logging.StreamHandler(stored)
    handler.setFormatter(logger.registered_formatter)
    logger.addHandler(handler)
    yield stored
    logging.getLogger(logger.name).removeHandler(handler)
