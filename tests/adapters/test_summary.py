"""The summary against the tables of the template, with a model and a mail service that fail when told to."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sesv2.models import sesv2_backends

from stkr import aws
from stkr.mail.outbox import outbox
from stkr.settings import Summary as Settings
from stkr.store.counts import Line, Session, line_item, new_session
from stkr.store.items import attributes
from stkr.summary.shell import Outcome, summarise
from tests.adapters.wire import Wire
from tests.deployment import Deployment
from tests.template.stack import ACCOUNT, REGION
from tests.unit.summary.counts import decision, session

pytestmark = [pytest.mark.adapters, pytest.mark.usefixtures("deployment")]

BUCKET = "shop-counts-bucket-123456789012"
SETTINGS = Settings(
    bucket=BUCKET,
    counts_table="shop-counts",
    inventory_table="shop-inventory",
    signing_secret="shop/link-signing-key",
    session_url="https://s.example.com/",
    model_id="global.anthropic.claude-haiku-4-5-20251001-v1:0",
    mail_from="counts@example.com",
    mail_configuration_set="shop-mail",
)
FIRST_OF_DECEMBER = datetime(2026, 12, 1, 8, tzinfo=UTC)
RULES = """
operations: operations@example.com
locations:
  fixings-aisle: {name: Fixings, approver: {name: Priya, email: priya@example.com}}
  paint-aisle: {name: Paint, approver: {name: Priya, email: Priya@example.com}}
  yard: {name: Yard, approver: {name: Morgan, email: morgan@example.com}}
"""
STORY = "In November 2026 the shop counted 120 lines, and 93.3% of them agreed with the system."


class Model:
    """Stands in for Bedrock: answers with ``text``, or with an error where ``fails``."""

    def __init__(self) -> None:
        self.text = STORY
        self.fails = False
        self.prompts: list[str] = []
        hooks: Any = aws.bedrock().meta.events
        hooks.register("before-call.bedrock-runtime.Converse", self._answer)

    def _answer(self, params: dict[str, Any], **_: Any) -> tuple[Any, dict[str, Any]]:
        self.prompts.append(json.loads(params["body"])["messages"][0]["content"][0]["text"])
        if self.fails:
            return SimpleNamespace(status_code=503), {"Error": {"Code": "ServiceUnavailableException", "Message": ""}}
        message = {"role": "assistant", "content": [{"text": self.text}]}
        return SimpleNamespace(status_code=200), {"output": {"message": message}, "stopReason": "end_turn"}


@pytest.fixture
def model(deployment: Deployment) -> Model:
    return Model()


@pytest.fixture
def run(deployment: Deployment, model: Model) -> Callable[[], Outcome]:
    """Sum up November."""
    aws.s3().put_object(Bucket=BUCKET, Key="config/rules.yaml", Body=RULES.encode())

    def summarise_november() -> Outcome:
        context = deployment.context("summary")
        deliver = outbox("shop-counts", "counts@example.com", "shop-mail", timedelta(days=40), context)
        return summarise(SETTINGS, deliver, FIRST_OF_DECEMBER)

    return summarise_november


def sent() -> list[Any]:
    backend: Any = sesv2_backends[ACCOUNT][REGION]
    return list(backend.core_backend.sent_messages)


def addresses() -> list[str]:
    return sorted(mail.destinations["ToAddresses"][0] for mail in sent())


def store(*stored: Session | Line) -> None:
    for each in stored:
        if isinstance(each, Session):
            aws.dynamodb().put_item(**new_session("shop-counts", each))
        else:
            aws.dynamodb().put_item(TableName="shop-counts", Item=attributes(line_item(each)))


@pytest.fixture
def november(deployment: Deployment) -> None:
    """A count in November with one approval, a count in October, and one of last year that nobody asks about."""
    store(
        session("a", "2026-11-21T09:00:00.000000Z", lines=120, in_agreement=112, minor=5, material=3),
        session("b", "2026-10-03T09:00:00.000000Z", lines=50, in_agreement=49, material=1),
        session("c", "2025-11-21T09:00:00.000000Z", lines=7_777, material=7_777),
        decision("a", "BOLT-M6-50", "2026-11-22T10:00:00.000000Z", -48),
        decision("b", "BOLT-M6-50", "2026-10-04T10:00:00.000000Z", -10),
        decision("a", "NUT", "2026-12-01T07:00:00.000000Z", -10),
    )


@pytest.mark.usefixtures("november")
def test_the_month_is_mailed_once_to_every_approver_and_to_operations(run: Callable[[], Outcome]) -> None:
    assert run() == Outcome(month="2026-11", narrated=True, mails=3)

    assert addresses() == ["Priya@example.com", "morgan@example.com", "operations@example.com"]
    assert {mail.subject for mail in sent()} == {"Stock counts in November 2026"}
    assert all(STORY in mail.body or "93.3%" in mail.body for mail in sent())


@pytest.mark.usefixtures("november")
def test_a_repeated_event_mails_nobody_twice(run: Callable[[], Outcome]) -> None:
    run()
    run()

    assert len(sent()) == 3


@pytest.mark.usefixtures("november")
def test_the_model_is_told_this_months_figures_and_those_of_the_two_before(
    run: Callable[[], Outcome], model: Model
) -> None:
    run()

    told = json.loads(model.prompts[0])
    assert (told["lines_counted"], told["percent_in_agreement"], told["gaps_approved"]) == (120, "93.30", 1)
    assert told["gaps_still_waiting_for_a_decision"] == 1
    assert told["items_short_again_within_months"] == {"months": 3, "items": 1}
    assert [before["lines_counted"] for before in told["months_before"]] == [50, 0]


@pytest.mark.parametrize(
    ("fails", "text"), [(False, "Sales rose by 12% to a new record, so stop counting and go home now."), (True, "")]
)
@pytest.mark.usefixtures("november")
def test_where_the_model_fails_or_makes_figures_up_the_plain_text_goes_out(
    run: Callable[[], Outcome], model: Model, fails: bool, text: str
) -> None:
    model.fails, model.text = fails, text

    assert run() == Outcome(month="2026-11", narrated=False, mails=3)

    assert all("1 count covered 120 lines" in mail.body for mail in sent())


@pytest.mark.usefixtures("november")
def test_one_address_that_fails_keeps_nobody_else_from_their_mail_and_is_tried_again(
    run: Callable[[], Outcome], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = ClientError({"Error": {"Code": "MessageRejected", "Message": "no"}}, "SendEmail")

    def refuse_priya(params: dict[str, Any], **_: Any) -> None:
        if b"Priya" in params["body"]:
            raise refused

    aws.ses().meta.events.register("before-call.sesv2.SendEmail", refuse_priya)
    with pytest.raises(ExceptionGroup, match="did not reach everybody") as raised:
        run()
    assert raised.value.exceptions == (refused,)
    assert addresses() == ["morgan@example.com", "operations@example.com"]

    aws.ses().meta.events.unregister("before-call.sesv2.SendEmail", refuse_priya)
    run()

    assert addresses() == ["Priya@example.com", "morgan@example.com", "operations@example.com"]


@pytest.mark.usefixtures("november")
def test_a_month_is_read_from_its_index_and_never_scanned(run: Callable[[], Outcome]) -> None:
    wire = Wire()

    run()

    # Sessions and decisions, in each UTC month since September began in London, which was in UTC's August.
    assert wire.requests.count("Query") == 10
    assert "Scan" not in wire.requests


def test_a_month_without_a_count_is_mailed_as_well(run: Callable[[], Outcome], model: Model) -> None:
    model.text = ""

    assert run().mails == 3
    assert all("Nothing was counted this month." in mail.body for mail in sent())


def test_without_anybody_to_mail_it_says_so(run: Callable[[], Outcome], caplog: pytest.LogCaptureFixture) -> None:
    aws.s3().put_object(Bucket=BUCKET, Key="config/rules.yaml", Body=b"currency: GBP")

    assert run().mails == 0
    assert "nobody to mail the summary to" in caplog.text
