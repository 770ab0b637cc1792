"""A shop with an aisle for every two managers, counted from its shelves to the variances that wait for a decision."""

import csv
import io
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from typing import Any

import yaml

from local import shop, shop_floor
from local.browser import FORM_CONTENT, FetchedPage, Form
from local.stack import Stack
from stkr.domain.names import SessionId
from stkr.links.tokens import TOKEN, CountLink, DecisionLink, LinkAction, SigningKeys, address, sign

COUNT_SECONDS = 180
"""How long a count may take from the upload to the last variance; cold functions on a busy machine are slow."""

_VALID_SECONDS = 86_400


@dataclass(frozen=True)
class Aisle:
    """A location, the two who may decide there, and what is on its shelves: eaches on the books by SKU."""

    location: str
    managers: tuple[str, str]
    stock: Mapping[str, int]

    @property
    def skus(self) -> list[str]:
        """The SKUs in their order on the shelf."""
        return list(self.stock)


@dataclass(frozen=True)
class Variance:
    """A line that waits: what its link speaks of, and what the books said of it."""

    session_id: str
    sku: str
    location: str
    revision: int


def aisles(random: Random, prefix: str, number: int, items: int) -> list[Aisle]:
    """So many aisles of so many items, called after ``prefix``; none of their SKUs is in another aisle."""
    return [
        Aisle(
            f"{prefix}-{aisle:02d}",
            (f"manager-{aisle:02d}a@example.com", f"manager-{aisle:02d}b@example.com"),
            {f"{prefix.upper()}{aisle:02d}-{item:02d}": random.randint(150, 900) for item in range(items)},
        )
        for aisle in range(number)
    ]


def furnish(stack: Stack, added: Sequence[Aisle]) -> None:
    """Add the aisles to the rules doc and to the stock spreadsheet, and have it mirrored."""
    rules = yaml.safe_load(shop.rules(datetime.now(UTC)))
    for aisle in added:
        approver, escalation = ({"name": address.partition("@")[0], "email": address} for address in aisle.managers)
        rules["locations"][aisle.location] = {
            "name": aisle.location,
            "approver": approver,
            "escalation": escalation,
            "count_every_days": 90,
        }
    put(stack, "config/rules.yaml", yaml.safe_dump(rules, sort_keys=False))
    books = Books(stack)
    rows, tag = books.read() if books.exist() else ([], None)
    rows += [
        dict.fromkeys(shop.COLUMNS, "")
        | {"sku": sku, "name": sku, "location": aisle.location, "system_qty": str(quantity), "unit_cost": "1.50"}
        for aisle in added
        for sku, quantity in aisle.stock.items()
    ]
    assert books.write(rows, tag)
    stack.invoke("sync", {})


def put(stack: Stack, key: str, text: str) -> None:
    """Store an object in the bucket."""
    stack.client("s3").put_object(Bucket=stack.outputs["BucketName"], Key=key, Body=text.encode())


class Books:
    """The stock spreadsheet as somebody keeps it who never writes over what another has written meanwhile."""

    def __init__(self, stack: Stack) -> None:
        """The one in the stack's bucket."""
        self._s3 = stack.client("s3")
        self._place = {"Bucket": stack.outputs["BucketName"], "Key": shop_floor.STOCK_KEY}

    def exist(self) -> bool:
        """Whether there is one yet."""
        found = self._s3.list_objects_v2(Bucket=self._place["Bucket"], Prefix=self._place["Key"])
        return bool(found["KeyCount"])

    def read(self) -> tuple[list[dict[str, str]], str]:
        """Its rows, and the tag of this version."""
        answer = self._s3.get_object(**self._place)
        return list(csv.DictReader(io.StringIO(answer["Body"].read().decode()))), answer["ETag"]

    def write(self, rows: Iterable[Mapping[str, str]], tag: str | None) -> bool:
        """Write it over the version with this tag; whether that was still the latest."""
        text = io.StringIO()
        writer = csv.DictWriter(text, shop.COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        over = {"IfMatch": tag} if tag else {}
        try:
            self._s3.put_object(**self._place, Body=text.getvalue().encode(), **over)
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in {"PreconditionFailed", "ConditionalRequestConflict"}:
                return False
            raise
        return True

    def sell(self, units: Mapping[str, int]) -> None:
        """Take so many eaches of each SKU off; again where the file was written to meanwhile."""
        sold = False
        while not sold:
            rows, tag = self.read()
            for row in rows:
                row["system_qty"] = str(int(row["system_qty"]) - units.get(row["sku"], 0))
            sold = self.write(rows, tag)

    def quantities(self, location: str) -> dict[str, int]:
        """What it says of a location."""
        return {row["sku"]: int(row["system_qty"]) for row in self.read()[0] if row["location"] == location}


class Links:
    """Makes the links that the stack's mails carry, with the stack's own key."""

    def __init__(self, stack: Stack) -> None:
        """Read the key as the account's owner."""
        secret = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs["LinkSigningKeyName"])
        self._keys = SigningKeys(json.loads(secret["SecretString"])["key"])
        self._outputs = stack.outputs

    def button(self, variance: Variance, action: LinkAction, addressee: str) -> Form:
        """The form behind a button in the mail to ``addressee``."""
        link = DecisionLink(
            home=self._outputs["ApproveUrl" if action is LinkAction.APPROVE else "RejectUrl"],
            action=action,
            session_id=SessionId(variance.session_id),
            sku=variance.sku,
            revision=variance.revision,
            addressee=addressee,
            expires_at=int(time.time()) + _VALID_SECONDS,
        )
        return Form(link.home, FORM_CONTENT, {TOKEN: sign(link, self._keys)})

    def page(self, variance: Variance, action: LinkAction, addressee: str) -> str:
        """Where that button leads before it is pressed."""
        form = self.button(variance, action, addressee)
        return f"{form.action}?{TOKEN}={form.fields[TOKEN]}"

    def count(self, location: str, *skus: str) -> str:
        """The address that opens a count of a location, or of some items there."""
        expires_at = int(time.time()) + _VALID_SECONDS
        link = CountLink(home=self._outputs["SessionUrl"], location=location, skus=skus, expires_at=expires_at)
        return address(link, self._keys)


def open_count(stack: Stack, links: Links, counter: str, location: str, *skus: str) -> FetchedPage:
    """Open a count of a location, or of some items there, and arrive at its page."""
    form = next(form for form in stack.browser.get(links.count(location, *skus)).forms if form.action.endswith("/"))
    return stack.browser.submit(form, counter=counter)


def sheet(counted: Mapping[str, int]) -> bytes:
    """The file of a counter."""
    return "\n".join(["code,qty", *(f"{sku},{quantity}" for sku, quantity in counted.items())]).encode()


def waiting(stack: Stack, session_ids: Iterable[str], kind: str | None = None) -> list[Variance]:
    """The variances of these counts that nobody has decided yet, of one kind or of all."""
    return [
        Variance(line["session_id"], line["sku"], line["location"], int(line["revision"]))
        for session_id in session_ids
        for line in shop_floor.lines(stack, session_id)
        if line["state"] == "queued" and kind in {None, line["kind"]}
    ]


def count_all(stack: Stack, links: Links, random: Random, counted: Sequence[Aisle], twice: int) -> Iterator[str]:
    """Count every aisle, each with gaps in all of its items, and so many of them once more in a count of their own.

    One item is left out, so that it waits as uncounted, and one that is on the books of the next aisle only is found:
    so that an aisle of n items has n + 1 + ``twice`` variances. Yields the sessions.
    """
    plans: list[tuple[Aisle, dict[str, int], tuple[str, ...]]] = []
    for number, aisle in enumerate(counted):
        found = gaps(random, dict(list(aisle.stock.items())[:-1]))
        stray = counted[(number + 1) % len(counted)].skus[-1]
        plans.append((aisle, found | {stray: random.randint(5, 40)}, ()))
        again = aisle.skus[:twice]
        plans.append((aisle, gaps(random, {sku: aisle.stock[sku] for sku in again}), tuple(again)))

    def one(plan: tuple[Aisle, dict[str, int], tuple[str, ...]]) -> str:
        aisle, found, scope = plan
        return count(stack, links, aisle.location, found, len(scope) or len(aisle.stock) + 1, *scope)

    with ThreadPoolExecutor(4) as counters:
        yield from counters.map(one, plans)


def count(stack: Stack, links: Links, location: str, found: Mapping[str, int], variances: int, *skus: str) -> str:
    """Count a location, or some items there, and wait until so many variances wait; returns the session."""
    page = open_count(stack, links, "Sam", location, *skus)
    session_id = shop_floor.session_of(page)
    shop_floor.upload(stack, page, "scan.csv", sheet(found))
    what = f"{variances} variances of {session_id}"
    shop_floor.wait_until(lambda: len(waiting(stack, [session_id])) == variances, what, COUNT_SECONDS)
    return session_id


def gaps(random: Random, stock: Mapping[str, int]) -> dict[str, int]:
    """A count of each item that is off by ten or more, and so by more than one percent of what is on the books."""
    return {
        sku: quantity + random.choice((-1, 1)) * random.randint(max(10, quantity // 50), 100)
        for sku, quantity in stock.items()
    }


def rows(stack: Stack, location: str) -> dict[str, dict[str, Any]]:
    """The stock of a location as it is stored, by SKU."""
    return {row["SK"].removeprefix("SKU#"): row for row in stack.partition("Inventory", f"LOC#{location}")}


def trail(stack: Stack, sku: str) -> list[dict[str, Any]]:
    """The trail of a SKU, the earliest row first."""
    return stack.partition("Adjustments", f"SKU#{sku}")
