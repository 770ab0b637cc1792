"""The deployed resources as fixtures, shared by the tests of adapters and handlers."""

import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings as hypothesis_settings
from moto import mock_aws

# Powertools reads these when it is imported, as in a function.
os.environ |= {"POWERTOOLS_SERVICE_NAME": "stkr", "POWERTOOLS_METRICS_NAMESPACE": "stkr"}

from tests.deployment import Context, Deployment, forget
from tests.template.stack import REGION

# A busy machine must not decide whether a law holds.
hypothesis_settings.register_profile("unhurried", deadline=None)
hypothesis_settings.load_profile("unhurried")


@pytest.fixture
def deployment(monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """The template's tables, bucket, queues and secrets on moto, all empty."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        forget()
        yield Deployment.create()
    forget()


@pytest.fixture
def invocation(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Context]:
    """Set a function's environment (by its own name, ``sync``) as the template declares it; returns its context."""

    def prepare(function: str) -> Context:
        for name, value in deployment.environment(function).items():
            monkeypatch.setenv(name, value)
        return deployment.context(function)

    return prepare
