"""A shop of any size on moto, whose functions run for real while a meter listens."""

import base64
import csv
import io
import json
import logging
import os
import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from html import unescape
from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final
from unittest.mock import patch
from urllib.parse import parse_qsl, urlencode, urlsplit

import boto3
import pytest
from moto import mock_aws
from moto.ses.models import ses_backends

from bench.cost.meter import Meter
from local.events import event
from stkr.domain.names import SessionId
from stkr.infra import aws
from stkr.infra.telemetry import logger
from stkr.links.tokens import CountLink, SigningKeys, read, read_count, sign
from stkr.store import keyspace
from tests.deployment import Deployment, forget
from tests.shop.quick import quicken, quicken_tables
from tests.template.stack import ACCOUNT, REGION

MATERIAL: Final = 0.06
"""The share of counted lines that are material gaps."""

_LABELS_AT_ONCE: Final = 2

_SIGNING: Final = SigningKeys("k" * 64)
_REPLY: Final = json.dumps(
    {
        "cause": "shrinkage",
        "rationale": "A sustained shortage with no recent delivery and normal sales points to loss rather than error.",
    }
)


class MeteredShop:
    """Locations of equal size, each SKU counted once a month; ``meter`` has what it all took."""

    def __init__(
        self, locations: int, skus_each: int, cold_seconds: Mapping[str, float], material: float = MATERIAL
    ) -> None:
        """An empty shop, deployed; AWS is moto from here on."""
        self.locations = [f"aisle-{number:02}" for number in range(1, locations + 1)]
        self.skus_each = skus_each
        self.meter = Meter()
        self._cold = cold_seconds
        self._every = round(1 / material)
        os.environ |= {f"AWS_{name}": "testing" for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN")}
        os.environ["AWS_DEFAULT_REGION"] = REGION
        mock_aws().start()
        quicken_tables(pytest.MonkeyPatch())
        self.deployment = Deployment.create()
        self.meter.listen()
        _log_to_stdout()
        self._stand_in()

    def put_rules(self) -> None:
        """Name the locations and their people."""
        lines = ["operations: operations@example.com", "locations:"]
        for name in self.locations:
            lines += [
                f"  {name}:",
                f"    name: Aisle {name[-2:]}",
                "    approver: {name: Priya, email: priya@example.com}",
                "    counters: [{name: Sam, email: sam@example.com}]",
                "    count_every_days: 60",
            ]
        self._put(keyspace.RULES_KEY, "\n".join(lines).encode())

    def put_stock(self, changed_share: float = 0) -> None:
        """Export the stock file; every so many rows with another quantity than at first."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("sku", "name", "location", "system_qty", "unit_cost", "pack_size", "aliases", "category"))
        step = round(1 / changed_share) if changed_share else 0
        for place, name in enumerate(self.locations):
            for number in range(self.skus_each):
                moved = 1 if step and number % step == 0 else 0
                sku, barcode = _sku(place, number), f"20{place:03}{number:07}"
                writer.writerow(
                    (sku, f"Item {number} of {name}, boxed", name, 100 - moved, "1.25", 10, barcode, "loose")
                )
        self._put("source/stock.csv", text.getvalue().encode())

    def mirror_first(self) -> None:
        """Mirror the stock file for the first time, of which only what is stored then is metered.

        Every row is one request, and so many would take as long as all that is billed.
        """
        with pytest.MonkeyPatch.context() as patched:
            quicken(patched)
            # moto has no locks, and one writer is no slower than several that take turns.
            patched.setattr("stkr.sync.shell._WRITERS", 1)
            self.run("sync", event("sync", "schedule"))
        self.meter.store_table(self.deployment.environment("sync")["INVENTORY_TABLE"])

    def run(self, function: str, payload: dict[str, Any], *, cold: bool = True) -> Any:
        """One invocation of a function; a cold one starts without anything it kept."""
        if cold:
            forget()
            self._stand_in()
        os.environ.update(self.deployment.environment(function))
        handler = import_module(f"functions.{function}.handler").handler
        with self.meter.invocation(function, self._cold[function] if cold else 0):
            return handler(payload, self.deployment.context(function))

    def open_count(self, place: int) -> str:
        """A counter opens a count of a location, looks at its page three times and takes the sheet.

        :returns: the session's id.
        """
        name = self.locations[place]
        link = {"open": self._count_link(name), "session-url": self._url_id("SESSION")}
        self.run("session", event("session", "show-open-form", {**link, "session": ""}))
        posted = event("session", "open", {**link, "session": ""})
        form = {"t": link["open"], "counter": "Sam", "location": name}
        posted["body"] = base64.b64encode(urlencode(form).encode()).decode()
        answer = self.run("session", posted, cold=False)
        token = dict(parse_qsl(urlsplit(answer["headers"]["Location"]).query))["t"]
        page = {"session": token, "session-url": link["session-url"], "open": ""}
        for case in ("show-session", "sheet", "show-session", "show-session"):
            self.run("session", event("session", case, page), cold=False)
        return _session_of(token)

    def upload(self, session_id: str, place: int) -> None:
        """A scan of every item, of which some are short, and one row in a hundred is of no item."""
        text = io.StringIO()
        writer = csv.writer(text)
        writer.writerow(("code", "qty"))
        for number in range(self.skus_each):
            qty = 80 if number % self._every == 0 else 100
            writer.writerow((f"20{place:03}{number:07}", qty))
            if number % 100 == 0:
                writer.writerow((f"UNKNOWN-{number}", 1))
        key = f"{keyspace.upload_prefix(SessionId(session_id))}scan.csv"
        self._put(key, text.getvalue().encode())
        [record] = event("capture", "scan")["Records"]
        arrived = json.loads(record["body"])
        arrived["detail"]["object"]["key"] = key
        self.run("capture", {"Records": [{**record, "body": json.dumps(arrived)}]})

    @property
    def material(self) -> int:
        """Material variances of one count."""
        return len(range(0, self.skus_each, self._every))

    def find_variances(self, session_id: str) -> None:
        """What storing a capture sets off."""
        captured = event("variance", "session-captured")
        captured["detail"]["object"]["key"] = keyspace.capture_object(SessionId(session_id), 1)
        self.run("variance", captured)

    def label(self) -> None:
        """Deliver the label queue's chunks; two at a time, as the template says, so two of them start cold."""
        template = event("variance", "label-chunk")["Records"][0]
        queue = self.deployment.environment("variance")["LABEL_QUEUE_URL"]
        for number, body in enumerate(_messages(queue)):
            self.run("variance", {"Records": [{**template, "body": body}]}, cold=number < _LABELS_AT_ONCE)

    def mail(self, place: int) -> None:
        """What announcing a location's variances sets off."""
        announced = event("sweep", "variances-due")
        announced["detail"]["location"] = self.locations[place]
        self.run("sweep", announced)

    def decide(self, how_many: int) -> None:
        """Decide so many variances of the newest mails: a scanner opens both links, the manager one, and posts it."""
        for number, pair in enumerate(self.links()[:how_many]):
            for action in ("approve", "reject"):
                self.tap("show-approve", action, pair[action], cold=True)
            chosen = "reject" if number % 4 == 3 else "approve"
            self.tap("show-approve", chosen, pair[chosen], cold=number == 0)
            self.tap(chosen, chosen, pair[chosen], cold=False)

    def links(self) -> list[dict[str, str]]:
        """The tokens of both buttons of every variance that was mailed, by action; in the order of the SKUs."""
        hosts = self.deployment.environment("sweep")
        tokens: dict[str, dict[str, str]] = {}
        for mail in ses_backends[ACCOUNT][REGION].sent_messages:
            for action in ("approve", "reject"):
                host = re.escape(hosts[f"{action.upper()}_URL"].rstrip("/"))
                for token in re.findall(host + r"/\?t=([\w.-]+)", unescape(mail.body)):
                    tokens.setdefault(read(token, _SIGNING, now=0).sku, {})[action] = token
        return [pair for _, pair in sorted(tokens.items())]

    def tap(self, case: str, action: str, token: str, *, cold: bool) -> None:
        """A request to one of the two URLs of a decision, as in an event of ``events/approve``."""
        values = {action: token, f"{action}-url": self._url_id(action.upper())}
        payload = event("approve", case, {"approve": token, "approve-url": self._url_id(action.upper()), **values})
        answer = self.run("approve", payload, cold=cold)
        assert answer["statusCode"] == 200, answer  # noqa: S101 - what is measured has to have worked

    def _put(self, key: str, content: bytes) -> None:
        boto3.client("s3").put_object(Bucket=self.deployment.environment("approve")["BUCKET"], Key=key, Body=content)

    def _count_link(self, location: str) -> str:
        home = self.deployment.environment("sweep")["SESSION_URL"]
        later = int((datetime.now(UTC) + timedelta(days=1)).timestamp())
        return sign(CountLink(home=home, location=location, expires_at=later), _SIGNING)

    def _url_id(self, which: str) -> str:
        return self.deployment.environment("sweep")[f"{which}_URL"].split("/")[2].split(".")[0]

    def _stand_in(self) -> None:
        """Have calls of the model and of other functions answered here; moto has neither."""
        meter = self.meter

        def converse(**request: Any) -> dict[str, Any]:
            meter.model_call(request, _REPLY)
            return {"stopReason": "end_turn", "output": {"message": {"content": [{"text": _REPLY}]}}}

        def invoke(*, Payload: bytes, **_: object) -> dict[str, Any]:  # noqa: N803 - the API's name
            answer = self.run("cause", json.loads(Payload), cold=False)
            return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(answer).encode())}

        for name, answers in (("bedrock", {"converse": converse}), ("functions", {"invoke": invoke})):
            patch.object(aws, name, cache(partial(SimpleNamespace, **answers))).start()


def _log_to_stdout() -> None:
    """Have the logger write to where standard output goes at the time, so that the meter can measure it."""
    for handler in logging.getLogger(logger.name).handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(_Current())


class _Current:
    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()


def _session_of(token: str) -> str:
    return read_count(token, _SIGNING, now=0).session_id or ""


def _sku(place: int, number: int) -> str:
    return f"SKU-{place:02}-{number:06}"


def _messages(url: str) -> Iterator[str]:
    client = boto3.client("sqs")
    while found := client.receive_message(QueueUrl=url, VisibilityTimeout=0).get("Messages"):
        yield found[0]["Body"]
        client.delete_message(QueueUrl=url, ReceiptHandle=found[0]["ReceiptHandle"])
