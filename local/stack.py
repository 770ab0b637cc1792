"""The deployed stack as a person's programs see it: its outputs, AWS clients, the `stkr` command, mail and pages."""

import html
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import boto3
from boto3.dynamodb.types import TypeDeserializer
from botocore.config import Config

from local.browser import Browser
from local.emulator import ACCESS_KEY, REGION, SECRET_KEY, Emulator

STACK_NAME = "stkr-local"  # stack_name in samconfig.toml, environment local


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
class CaughtMail:
    """One mail out of the emulator's mailbox."""

    to: tuple[str, ...]
    subject: str
    text: str
    html: str

    def link(self, sku: str, label: str) -> str:
        """Where the button or link `label` below an item leads; raises LookupError when the mail has none."""
        _, shown, below = self.html.partition(sku)
        if shown:
            for address, text in re.findall(r"<a\b[^>]*\bhref=\"([^\"]+)\"[^>]*>(.*?)</a>", below, flags=re.DOTALL):
                if text.strip() == label:
                    return html.unescape(address)
        raise LookupError(f"the mail {self.subject!r} has no {label} for {sku}")


@dataclass(frozen=True)
class Stack:
    """The stack `make local` deploys."""

    emulator: Emulator

    @property
    def browser(self) -> Browser:
        """Opens the stack's pages."""
        return Browser(self.emulator.port)

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

    def command(self, *arguments: str) -> str:
        """What the operator's command `stkr` prints; raises RuntimeError when it fails."""
        done = subprocess.run(
            [Path(sys.executable).with_name("stkr"), *arguments, "--stack", STACK_NAME],
            env=self.emulator.client_environment(),
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"stkr {' '.join(arguments)}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout.strip()

    def partition(self, table: str, key: str) -> list[dict[str, Any]]:
        """Every item of one partition of a table (named by its output), in the order of the sort key."""
        plain = TypeDeserializer()
        pages = (
            self.client("dynamodb")
            .get_paginator("query")
            .paginate(
                TableName=self.outputs[f"{table}TableName"],
                KeyConditionExpression="PK = :key",
                ExpressionAttributeValues={":key": {"S": key}},
                ConsistentRead=True,
            )
        )
        return [
            {name: plain.deserialize(value) for name, value in item.items()} for page in pages for item in page["Items"]
        ]

    def troubles(self) -> list[str]:
        """The end of each function's log that tells of an error, from the error on."""
        logs, troubles = self.client("logs"), []
        for group in logs.describe_log_groups()["logGroups"]:
            name = group["logGroupName"]
            lines = [event["message"].rstrip() for event in logs.filter_log_events(logGroupName=name)["events"]]
            errors = [number for number, line in enumerate(lines) if re.search(r'"ERROR"|Traceback|timed out', line)]
            if errors:
                troubles.append("\n".join([name, *lines[errors[-1] :]]))
        return troubles

    def mailbox(self) -> list[CaughtMail]:
        """Every mail sent so far, oldest first."""
        page = self.browser.get(f"{self.emulator.url}/_ministack/ses/messages")
        sent = [message for messages in json.loads(page.body)["messages"].values() for message in messages]
        return [
            CaughtMail(tuple(message["To"]), message["Subject"], message["BodyText"], message["BodyHtml"] or "")
            for message in sorted(sent, key=lambda message: message["Timestamp"])
        ]
