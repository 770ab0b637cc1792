"""A shop on moto: the real handlers run on the events under events/, one after the other, as AWS would call them."""

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qsl, urlencode

import boto3
from moto.ses.models import ses_backends

from local.events import event
from stkr.domain import instants
from stkr.domain.inventory import InventoryRow
from stkr.domain.line import Line
from stkr.domain.movement import Movement, on_hand
from stkr.domain.names import SessionId
from stkr.infra.settings import SessionSettings, SweepSettings, load
from stkr.links.tokens import CountLink, SummaryLink, read, sign
from stkr.mail.outbox import outbox
from stkr.session.core import Opening
from stkr.session.shell import open_session
from stkr.store import keyspace
from stkr.store.dynamodb import values
from stkr.store.inventory import create_row, read_location, read_row
from stkr.store.lines import read_line, read_lines
from stkr.store.movements import read_ledger, write_ledger
from stkr.store.rules_doc import current_rules
from stkr.store.sessions import read_session
from stkr.sweep.shell import sweep
from stkr.sync.ledger import ReadingOfLocation, advanced
from tests.deployment import SIGNING, Context, Deployment, at_work, call
from tests.template.stack import ACCOUNT, REGION

SESSION = SessionId("2026-11-21-fixings-aisle-5a7d")
"""The session that the events speak of."""

OPENED = datetime(2026, 11, 21, 9, tzinfo=UTC)
PLACE = "fixings-aisle"

RULES = """
locations:
  fixings-aisle:
    name: Fixings aisle
    approver: {name: Priya, email: priya@example.com}
    escalation: {name: Morgan, email: morgan@example.com}
    counters: [{name: Sam, email: sam@example.com}]
  paint-aisle:
    name: Paint aisle
    approver: {name: Jo, email: jo@example.com}
"""

STOCK = [
    ("BOLT-M6-50", "M6 bolts 50 mm", PLACE, "480", "0.35"),
    ("NUT-M6", "M6 nuts", PLACE, "480", "0.35"),
    ("WASHER-M6", "M6 washers", PLACE, "480", "0.35"),
    ("DRILL-18V", "Cordless drill", PLACE, "12", "200"),
    ("HINGE-75", "Hinge 75 mm", PLACE, "30", "1.20"),
    ("PAINT-RED", "Red paint", "paint-aisle", "7", "12.50"),
]

STOCK_FILE = "\n".join(["sku,name,location,system_qty,unit_cost", *(",".join(row) for row in STOCK)])
"""The same as the system of record exports it."""

SCAN = b"code,qty\nBOLT-M6-50,432\nNUT-M6,479\nWASHER-M6,476\nDRILL-18V,10\nPAINT-RED,3\nMYSTERY,5\n"
"""The four worked lines of the tests, an unrecorded item, an unknown code, and HINGE-75 not counted at all."""


@dataclass
class ScriptedModel:
    """Stands in for Bedrock: answers every question with ``reply``, or fails with ``error``; counts the calls."""

    reply: str = '{"cause": "shrinkage", "rationale": "A sustained shortage without a recent delivery points to loss."}'
    stop_reason: str = "end_turn"
    error: Exception | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)

    def converse(self, **request: Any) -> dict[str, Any]:
        """As Bedrock's runtime."""
        self.calls.append(request)
        if self.error:
            raise self.error
        return {"stopReason": self.stop_reason, "output": {"message": {"content": [{"text": self.reply}]}}}


class World:
    """The deployment with stock, rules and (once ``opened``) the events' session."""

    def __init__(self, deployment: Deployment, invocation: Callable[[str], Context], model: ScriptedModel) -> None:
        self.deployment, self._invocation, self.model = deployment, invocation, model
        known = deployment.environment("approve")
        self.bucket, self.adjustments = known["BUCKET"], known["ADJUSTMENTS_TABLE"]
        self.counts, self.inventory = known["COUNTS_TABLE"], known["INVENTORY_TABLE"]
        self.put(keyspace.RULES_KEY, RULES.encode())

    def put(self, key: str, content: bytes) -> None:
        """Put an object into the bucket."""
        boto3.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)

    def stock(self) -> None:
        """Put the shop's stock on the books."""
        for sku, name, location, qty, cost in STOCK:
            row = InventoryRow(
                location=location, sku=sku, name=name, source_qty=Decimal(qty), unbooked_qty=Decimal(0),
                system_qty=Decimal(qty), snapshot_version=1, active=True, unit_cost=Decimal(cost),
            )  # fmt: skip
            boto3.client("dynamodb").put_item(**create_row(self.inventory, row))

    def sell(self, sku: str, qty: int) -> None:
        """What a sync does when the system of record shows a sale: the quantity moves, the version rises."""
        boto3.client("dynamodb").update_item(
            TableName=self.inventory,
            Key={"PK": {"S": keyspace.location(PLACE)}, "SK": {"S": keyspace.sku(sku)}},
            UpdateExpression="ADD source_qty :sold, system_qty :sold, snapshot_version :one",
            ExpressionAttributeValues={":sold": {"N": str(-qty)}, ":one": {"N": "1"}},
        )

    def synced(self, at: datetime, *listed: Movement) -> None:
        """What a sync does once it has written its rows: it keeps the movements that the source lists."""
        rows = list(read_location(self.inventory, PLACE))
        known = read_ledger(self.bucket, PLACE)
        before = known.stock if known else {}
        moved = {row.sku: row.source_qty - before[row.sku].source_qty for row in rows if row.sku in before}
        told = ReadingOfLocation(instants.instant(at), moved, instants.instant(at - timedelta(days=35)), listed)
        write_ledger(self.bucket, known, advanced(known, PLACE, {row.sku: on_hand(row) for row in rows}, told))

    def book_in(self, sku: str, qty: int) -> None:
        """What a sync does when the system of record begins to list an item at the location."""
        row = InventoryRow(
            location=PLACE, sku=sku, source_qty=Decimal(qty), unbooked_qty=Decimal(0), system_qty=Decimal(qty),
            snapshot_version=1, active=True,
        )  # fmt: skip
        boto3.client("dynamodb").put_item(**create_row(self.inventory, row))

    def opened(self) -> None:
        """Open the events' session."""
        self.stock()
        self.open(Opening(PLACE, "Sam"), "5a7d")

    def shelve(self, sku: str, shelf: str) -> None:
        """What a sync does when the system of record keeps an item in a bin."""
        boto3.client("dynamodb").update_item(
            TableName=self.inventory,
            Key={"PK": {"S": keyspace.location(PLACE)}, "SK": {"S": keyspace.sku(sku)}},
            UpdateExpression="SET bin = :shelf",
            ExpressionAttributeValues={":shelf": {"S": shelf}},
        )

    def open(self, opening: Opening, nonce: str) -> str:
        """Open a session; its id."""
        settings = SessionSettings(
            bucket=self.bucket, inventory_table=self.inventory, counts_table=self.counts, signing_secret="unused"
        )
        with at_work("session"):
            return open_session(settings, opening, current_rules(self.bucket), OPENED, nonce).session_id

    def upload(self, name: str, content: bytes) -> None:
        """What staff do: put a file into the session's folder."""
        self.put(f"{keyspace.upload_prefix(SESSION)}{name}", content)

    def invoke(self, function: str, payload: dict[str, Any]) -> Any:
        """Call a function's handler with its own environment."""
        return call(function, payload, self._invocation(function))

    def replay(self, function: str, case: str) -> Any:
        """Call a function's handler with one of the events."""
        return self.invoke(function, event(function, case, self.links()))

    def links(self) -> dict[str, str]:
        """Tokens and URL ids for the events' placeholders; the two buttons are the newest mail's about the bolts."""
        home = self.deployment.environment("sweep")["SESSION_URL"]
        later = int((datetime.now(UTC) + timedelta(days=1)).timestamp())
        found = {
            "open": sign(CountLink(home=home, location=PLACE, expires_at=later), SIGNING),
            "session": sign(CountLink(home=home, location=PLACE, session_id=SESSION, expires_at=later), SIGNING),
            "summary": sign(SummaryLink(home=home, month="2026-11", expires_at=later), SIGNING),
        }
        for action in ("approve", "reject", "session"):
            found[f"{action}-url"] = self.url_id(action)
        for action in ("approve", "reject"):
            tokens = self.tokens(action)
            found[action] = tokens.get("BOLT-M6-50", "no-mail-yet")
        return found

    def url_id(self, which: str) -> str:
        """The id of a function URL: the first part of its host name."""
        url = self.deployment.environment("sweep")[f"{which.upper()}_URL"]
        return url.split("/")[2].split(".")[0]

    def reconcile(self, seq: int) -> None:
        """What EventBridge does once a capture is stored, and SQS with the label queue's messages."""
        self.captured(seq)
        self.label()

    def captured(self, seq: int, session_id: str = SESSION) -> None:
        """What EventBridge does once a capture is stored; the labels have not come yet."""
        captured = event("variance", "session-captured")
        captured["detail"]["object"]["key"] = keyspace.capture_object(SessionId(session_id), seq)
        self.invoke("variance", captured)

    def label(self) -> None:
        """Deliver everything in the label queue."""
        template = event("variance", "label-chunk")["Records"][0]
        for body in self.messages("LABEL_QUEUE_URL"):
            self.invoke("variance", {"Records": [{**template, "body": body}]})

    def messages(self, variable: str) -> Iterator[str]:
        """Take the messages out of a queue of ``variance``'s, each once it was dealt with, as SQS has it."""
        client, url = boto3.client("sqs"), self.deployment.environment("variance")[variable]
        while found := client.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages"):
            yield found[0]["Body"]
            client.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])

    def counted(self, content: bytes = SCAN) -> None:
        """A whole count up to the manager's mail."""
        self.opened()
        self.upload("scan.csv", content)
        self.replay("capture", "scan")
        self.reconcile(1)
        self.replay("sweep", "variances-due")

    def counted_again(self, content: bytes, skus: tuple[str, ...] | None = None) -> None:
        """Another count of the location, or of some of its items, up to the manager's mail."""
        session_id = self.open(Opening(PLACE, "Ann", skus=skus), "6b8e")
        self.put(f"{keyspace.upload_prefix(SessionId(session_id))}scan.csv", content)
        uploaded = json.loads(json.dumps(event("capture", "scan")).replace(SESSION, session_id))
        self.invoke("capture", uploaded)
        self.captured(1, session_id)
        self.label()
        self.replay("sweep", "variances-due")

    def sweep(self, now: datetime) -> int:
        """The daily sweep at another time than now."""
        context = self._invocation("sweep")
        known = load(SweepSettings)
        deliver = outbox(known.counts_table, known.mail_from, known.mail_configuration_set, timedelta(days=1), context)
        with at_work("sweep"):
            return sweep(known, deliver, now)

    def line(self, sku: str) -> Line:
        """A line as stored."""
        line = read_line(self.counts, SESSION, sku)
        assert line is not None, f"no line for {sku}"
        return line

    def lines(self) -> dict[str, Line]:
        """All lines of the session."""
        return {line.sku: line for line in read_lines(self.counts, SESSION)}

    def session(self) -> Any:
        """The session's header."""
        return read_session(self.counts, SESSION)

    def on_hand(self, sku: str, location: str = PLACE) -> Decimal | None:
        """What the books say."""
        row = read_row(self.inventory, location, sku)
        return row.system_qty if row else None

    def trail(self, sku: str) -> list[dict[str, Any]]:
        """A SKU's rows in the trail, in order."""
        found = boto3.client("dynamodb").query(
            TableName=self.adjustments,
            KeyConditionExpression="PK = :sku",
            ExpressionAttributeValues={":sku": {"S": keyspace.sku(sku)}},
        )
        return [values(item) for item in found["Items"]]

    def mails(self) -> list[Any]:
        """Every mail sent so far."""
        return list(ses_backends[ACCOUNT][REGION].sent_messages)

    def tokens(self, action: str) -> dict[str, str]:
        """The newest mailed token of a button for each SKU."""
        host = self.deployment.environment("sweep")[f"{action.upper()}_URL"].rstrip("/")
        return {sku: token for mail in self.mails() for sku, token in buttons(mail.body, host)}

    def tap(self, action: str, sku: str, name: str = "Priya", token: str | None = None) -> tuple[int, str]:
        """A manager posts the form behind a button; status and page."""
        payload = event("approve", action, {**self.links(), action: token or self.tokens(action)[sku]})
        form = dict(parse_qsl(base64.b64decode(payload["body"]).decode())) | {"name": name}
        payload["body"] = base64.b64encode(urlencode(form).encode()).decode()
        return _answer(self.invoke("approve", payload))

    def look(self, case: str) -> tuple[int, str]:
        """Status and page of an approve event."""
        return _answer(self.replay("approve", case))


def buttons(html: str, host: str) -> Iterator[tuple[str, str]]:
    """SKU and token of each link to ``host`` in a mail."""
    for token in re.findall(re.escape(host) + r"/\?t=([\w.-]+)", unescape(html)):
        yield read(token, SIGNING, now=0).sku, token


def _answer(response: dict[str, Any]) -> tuple[int, str]:
    return response["statusCode"], response["body"]


def lambda_client(world: World) -> SimpleNamespace:
    """A Lambda client that calls ``cause`` in this process."""

    def invoke(*, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803 - the API's names
        assert FunctionName.endswith("-cause"), FunctionName
        answer = world.invoke("cause", json.loads(Payload))
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode())}

    return SimpleNamespace(invoke=invoke)
