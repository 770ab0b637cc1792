"""The outbox on moto, in a process that many invocations share."""

from datetime import timedelta
from typing import Any

from stkr.infra import aws
from stkr.mail.message import Mail
from stkr.mail.outbox import outbox
from tests.deployment import Deployment


def test_a_process_that_lives_long_asks_as_plainly_as_at_first(deployment: Deployment) -> None:
    headers: list[int] = []

    def note(request: Any, **_: Any) -> None:
        headers.append(len(request.headers.items()))

    aws.dynamodb().meta.events.register_last("request-created", note)
    for number in range(5):
        context = deployment.context("sweep")
        deliver = outbox("shop-counts", "counts@example.com", "shop-mail", timedelta(days=2), context)
        deliver(f"mail {number}", Mail("priya@example.com", "Variances", "<p>Variances</p>", "Variances"))
    assert len(set(headers)) == 1
