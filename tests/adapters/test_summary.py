"""The summary against the tables of the template, with a model and a mail service that fail when told to."""

import json
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sesv2.models import sesv2_backends

from stkr.domain.line import Line
from stkr.domain.session import Session
from stkr.infra import aws
from stkr.infra.settings import SummarySettings
from stkr.links.tokens import SigningKeys, read_summary
from stkr.mail.message import Mail
from stkr.mail.outbox import outbox
from stkr.store import documents
from stkr.store.documents import create_document, read_document
from stkr.store.dynamodb import attributes
from stkr.store.lines import line_item
from stkr.store.sessions import new_session
from stkr.summary.facts import Summary
from stkr.summary.month import Month
from stkr.summary.shell import SummaryOutcome, SummaryUndelivered, summarise
from tests.adapters.wire import Crash
from tests.deployment import Deployment
from tests.template.stack import ACCOUNT, REGION
from tests.unit.summary.counts import decision, queued, session

pytestmark = [pytest.mark.adapters, pytest.mark.usefixtures("deployment")]

BUCKET = "shop-counts-bucket-123456789012"
SETTINGS = SummarySettings(
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
STORY = "In {month} the shop brought in {lines_counted}, with {accuracy_by_lines} and {approved}."
TOLD = (
    "In November 2026 the shop brought in 120 lines counted, with an accuracy by lines of 93.3% and 1 variance "
    "approved."
)

Run = Callable[..., SummaryOutcome]


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
def run(deployment: Deployment, model: Model) -> Run:
    """Sum up November, or the month before another moment."""
    aws.s3().put_object(Bucket=BUCKET, Key="config/rules.yaml", Body=RULES.encode())

    def summed_up(now: datetime = FIRST_OF_DECEMBER) -> SummaryOutcome:
        context = deployment.context("summary")
        deliver = outbox("shop-counts", "counts@example.com", "shop-mail", timedelta(days=40), context)
        return summarise(SETTINGS, deliver, now)

    return summed_up


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
        session("a", "2026-11-21T09:00:00.000000Z", counted=120, counted_in_agreement=112, minor=5, material=3),
        session("b", "2026-10-03T09:00:00.000000Z", counted=50, counted_in_agreement=49, material=1),
        session("c", "2025-11-21T09:00:00.000000Z", counted=7_777, material=7_777),
        decision("a", "BOLT-M6-50", "2026-11-22T10:00:00.000000Z", -48),
        decision("b", "BOLT-M6-50", "2026-10-04T10:00:00.000000Z", -10),
        decision("a", "NUT", "2026-12-01T00:00:00.000000Z", -10),
        queued("LAMP", "2026-11-21T10:00:00.000000Z", -10),
    )


@pytest.mark.usefixtures("november")
def test_the_month_is_mailed_once_to_every_approver_and_to_operations(run: Run) -> None:
    assert run() == SummaryOutcome(month="2026-11", narrated=True, mails=3)

    assert addresses() == ["Priya@example.com", "morgan@example.com", "operations@example.com"]
    assert {mail.subject for mail in sent()} == {"Stock counts in November 2026"}
    assert all(TOLD in mail.body for mail in sent())


@pytest.mark.usefixtures("november")
def test_a_repeated_event_mails_nobody_twice_and_asks_the_model_once(run: Run, model: Model) -> None:
    assert run() == run()

    assert len(sent()) == 3
    assert len(model.prompts) == 1


@pytest.mark.usefixtures("november")
def test_the_model_is_told_this_months_figures_and_what_changed(run: Run, model: Model) -> None:
    run()

    told = json.loads(model.prompts[0])
    assert told["lines_counted"] == "120 lines counted"
    assert told["approved"] == "1 variance approved"
    assert told["waiting"] == "1 variance waiting for a decision"
    assert told["short_again"] == "1 item short again within 3 months"
    assert told["accuracy_change"] == "an accuracy by lines 4.7 percentage points worse than in October 2026"


@pytest.mark.usefixtures("november")
def test_what_was_mailed_first_is_kept_and_holds_whatever_happens_since(run: Run, model: Model) -> None:
    run()
    before = read_document(BUCKET, "summaries/2026-11.json.gz", Summary)
    store(session("d", "2026-11-29T09:00:00.000000Z", counted=999))
    model.text = STORY.replace("the shop", "a shop")

    run()

    assert before is not None
    assert (before.month, before.narrated, before.paragraphs) == (Month(2026, 11), True, (TOLD,))
    assert read_document(BUCKET, "summaries/2026-11.json.gz", Summary) == before


@pytest.mark.usefixtures("november")
def test_of_two_runs_at_a_time_the_first_to_keep_its_summary_speaks_for_both(
    run: Run, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[bool] = []

    def overtaken(bucket: str, key: str, document: object) -> bool:
        if not kept:
            kept.append(create_document(bucket, key, replace(document, paragraphs=("The other run's.",))))  # type: ignore[type-var]  # a summary
        return create_document(bucket, key, document)

    monkeypatch.setattr(documents, "create_document", overtaken)

    run()

    assert kept == [True]
    assert all("The other run&#39;s." in mail.body for mail in sent())


@pytest.mark.parametrize(
    ("service", "operation", "calls"),
    [("s3", "PutObject", 0), ("sesv2", "SendEmail", 0), ("sesv2", "SendEmail", 1), ("sesv2", "SendEmail", 2)],
)
@pytest.mark.usefixtures("november")
def test_a_run_that_dies_is_made_good_by_the_next_and_nobody_is_mailed_twice(
    run: Run, service: str, operation: str, calls: int
) -> None:
    lives = iter(range(calls))

    def die(**_: Any) -> None:
        if next(lives, None) is None:
            raise Crash

    hooks: Any = {"s3": aws.s3, "sesv2": aws.ses}[service]().meta.events
    hooks.register(f"before-call.{service}.{operation}", die)
    with pytest.raises(Crash):
        run()
    hooks.unregister(f"before-call.{service}.{operation}", die)

    run()

    assert addresses() == ["Priya@example.com", "morgan@example.com", "operations@example.com"]
    assert len({mail.body.partition("?t=")[0] for mail in sent()}) == 1


@pytest.mark.parametrize(
    ("fails", "text"), [(False, "Sales rose by 12% to a new record, so stop counting and go home now."), (True, "")]
)
@pytest.mark.usefixtures("november")
def test_where_the_model_fails_or_makes_figures_up_the_plain_text_goes_out(
    run: Run, model: Model, fails: bool, text: str
) -> None:
    model.fails, model.text = fails, text

    assert run() == SummaryOutcome(month="2026-11", narrated=False, mails=3)

    assert all("1 count, 120 lines counted" in mail.body for mail in sent())


@pytest.mark.usefixtures("november")
def test_one_address_that_fails_keeps_nobody_else_from_their_mail_and_is_tried_again(
    run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    refused = ClientError({"Error": {"Code": "MessageRejected", "Message": "Priya@example.com: no"}}, "SendEmail")

    def refuse_priya(params: dict[str, Any], **_: Any) -> None:
        if b"Priya" in params["body"]:
            raise refused

    aws.ses().meta.events.register("before-call.sesv2.SendEmail", refuse_priya)
    with pytest.raises(SummaryUndelivered, match="1 mails") as raised:
        run()
    assert "riya" not in f"{raised.value}{caplog.text}"
    assert addresses() == ["morgan@example.com", "operations@example.com"]

    aws.ses().meta.events.unregister("before-call.sesv2.SendEmail", refuse_priya)
    run()

    assert addresses() == ["Priya@example.com", "morgan@example.com", "operations@example.com"]


@pytest.mark.usefixtures("november", "run")
def test_a_mail_that_another_run_is_sending_does_not_count_as_sent() -> None:
    sent_to: list[str] = []

    def deliver(_identity: str, mail: Mail) -> bool:
        sent_to.append(mail.to)
        return mail.to != "morgan@example.com"

    with pytest.raises(SummaryUndelivered, match="1 mails"):
        summarise(SETTINGS, deliver, FIRST_OF_DECEMBER)
    assert "operations@example.com" in sent_to


LOCATIONS = 3
HISTORY = 40
"""Decided variances a month."""


def lived_through(months: int) -> None:
    """So many months with a count and ``HISTORY`` decisions each, up to November."""
    for back in range(months):
        month = Month(2026, 11).back(back).key
        store(session(month, f"{month}-07T09:00:00.000000Z", counted=2_000, counted_in_agreement=1_900))
        lines = [decision(month, f"SKU-{number}", f"{month}-08T10:00:00.000000Z", -3) for number in range(HISTORY)]
        for start in range(0, HISTORY, 20):
            puts = [{"PutRequest": {"Item": attributes(line_item(line))}} for line in lines[start : start + 20]]
            aws.dynamodb().batch_write_item(RequestItems={"shop-counts": puts})  # type: ignore[dict-item]  # built items


class Meter:
    """Counts requests to DynamoDB and S3 (but a mail's own two writes), and the items that DynamoDB hands over."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.items = 0
        for client in (aws.dynamodb(), aws.s3()):
            client.meta.events.register("after-call", self._count)

    def _count(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        if model.name in {"PutItem", "UpdateItem"}:
            return  # A mail is noted before and after it is sent.
        self.requests[model.name] += 1
        self.items += parsed.get("Count", 0)


def cost_after(months: int, run: Run) -> tuple[Counter[str], int]:
    lived_through(months)
    run(datetime(2026, 11, 1, 8, tzinfo=UTC))  # October's
    meter = Meter()
    run()
    return meter.requests, meter.items


def test_a_summary_costs_what_three_months_of_variances_cost(run: Run) -> None:
    requests, items = cost_after(3, run)

    assert requests == {
        # Sessions and decisions in each UTC month since September began in London, which was in UTC's August;
        # what waits at each location and when it was counted, and what is to be booked.
        "Query": 8 + 2 * LOCATIONS + 1,
        # The rules, this month's summary, which is not there yet, and October's.
        "GetObject": 3,
        "PutObject": 1,
    }
    assert items == 3 * (1 + HISTORY)


def test_it_costs_the_same_after_three_years(run: Run) -> None:
    requests, items = cost_after(36, run)

    assert requests == {"Query": 15, "GetObject": 3, "PutObject": 1}
    assert items == 3 * (1 + HISTORY)


def test_months_that_are_read_no_more_still_stand_beside(run: Run, model: Model) -> None:
    store(
        *(
            session(str(number), f"2026-{number:02}-07T09:00:00.000000Z", counted=100, counted_in_agreement=90 + number)
            for number in range(4, 12)
        )
    )
    for number in range(5, 13):  # on the first of each month, but for a summary that was never made
        if number != 9:
            run(datetime(2026, number, 1, 8, tzinfo=UTC))

    kept = read_document(BUCKET, "summaries/2026-11.json.gz", Summary)

    assert kept is not None
    told = {figures.month.number: figures.accuracy_by_lines for figures in kept.facts.before if figures.sessions}
    assert told == {number: Decimal(90 + number) for number in range(4, 11)}


def test_a_month_without_a_count_is_mailed_as_well(run: Run, model: Model) -> None:
    model.text = ""

    assert run().mails == 3
    assert all("Nothing was counted this month." in mail.body for mail in sent())


@pytest.mark.usefixtures("november")
def test_the_mail_leads_to_the_month_on_the_page_of_sessions(run: Run) -> None:
    run()

    page = re.compile(r"https://s\.example\.com/summary\?t=([\w.-]+)")
    (token,) = {found for mail in sent() for found in page.findall(mail.body)}
    link = read_summary(token, SigningKeys("k" * 64), now=0)
    assert (link.month, link.home) == ("2026-11", "https://s.example.com/")
    assert link.expires_at == int((FIRST_OF_DECEMBER + timedelta(days=60)).timestamp())


def test_without_anybody_to_mail_it_says_so(run: Run, caplog: pytest.LogCaptureFixture) -> None:
    aws.s3().put_object(Bucket=BUCKET, Key="config/rules.yaml", Body=b"currency: GBP")

    assert run().mails == 0
    assert "nobody to mail the summary to" in caplog.text
