"""The deployed stack as a person's programs see it: its outputs, AWS clients, the mailbox, and its pages."""

import http.client
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
from botocore.config import Config

from local.emulator import ACCESS_KEY, REGION, SECRET_KEY, Emulator

STACK_NAME = "stkr-local"  # stack_name in samconfig.toml, environment local
PAGE_SECONDS = 60


def client(emulator: Emulator, service: str) -> Any:
    """A boto3 client of the emulator's account owner."""
    return boto3.client(  # type: ignore[call-overload]  # the overloads want the service as a literal
        service,
        endpoint_url=emulator.url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=Config(read_timeout=130, retries={"total_max_attempts": 1}),
    )


@dataclass(frozen=True)
class Mail:
    """One mail out of the emulator's mailbox."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str

    def links(self, label: str) -> list[str]:
        """Where the HTML's links whose text is `label` lead, in reading order."""
        anchors = re.findall(r"<a\b[^>]*\bhref=\"([^\"]+)\"[^>]*>(.*?)</a>", self.html, flags=re.DOTALL)
        return [href.replace("&amp;", "&") for href, text in anchors if re.sub(r"<[^>]+>", "", text).strip() == label]


@dataclass(frozen=True)
class Page:
    """What a Function URL answered."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Stack:
    """The stack `make local` deploys."""

    emulator: Emulator

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The template's outputs by name."""
        described = client(self.emulator, "cloudformation").describe_stacks(StackName=STACK_NAME)
        return {output["OutputKey"]: output["OutputValue"] for output in described["Stacks"][0]["Outputs"]}

    def client(self, service: str) -> Any:
        """A boto3 client of the account's owner."""
        return client(self.emulator, service)

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Call a function (by the last part of its name) and wait; raises RuntimeError when it failed."""
        answer = self.client("lambda").invoke(FunctionName=f"stkr-{function}", Payload=json.dumps(event))
        payload = json.load(answer["Payload"])
        if "FunctionError" in answer:
            raise RuntimeError(f"{function} failed: {json.dumps(payload)}")
        return payload

    def mailbox(self) -> list[Mail]:
        """Every mail sent so far, oldest first."""
        page = self._request("GET", f"{self.emulator.url}/_ministack/ses/messages")
        sent = [message for messages in json.loads(page.body)["messages"].values() for message in messages]
        return [
            Mail(tuple(message["To"]), message["Subject"], message["BodyText"], message["BodyHtml"] or "")
            for message in sorted(sent, key=lambda message: message["Timestamp"])
        ]

    def get(self, url: str) -> Page:
        """Open a page, as a tap on a link does."""
        return self._request("GET", url)

    def post(self, url: str, form: Mapping[str, str]) -> Page:
        """Send a page's form."""
        return self._request("POST", url, urlencode(form), {"Content-Type": "application/x-www-form-urlencoded"})

    def _request(
        self, method: str, url: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> Page:
        """Ask the emulator for `url`, whatever its host: names under localhost resolve in browsers, not everywhere."""
        address = urlsplit(url)
        connection = http.client.HTTPConnection("127.0.0.1", self.emulator.port, timeout=PAGE_SECONDS)
        try:
            target = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
            connection.request(method, target, body, {"Host": address.netloc, **(headers or {})})
            response = connection.getresponse()
            return Page(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                response.read().decode(),
            )
        finally:
            connection.close()
