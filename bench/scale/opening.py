"""What opening a count, reading its snapshot and mirroring a changed source take in a stock of many rows."""

import csv
import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from unittest.mock import patch

from aws_lambda_powertools.utilities import parameters

from bench.scale.standin import WRITTEN, ProcessUse, StandIn, names, row
from stkr.domain import instants
from stkr.domain.movement import Ledger, on_hand
from stkr.domain.names import SessionId
from stkr.domain.stock import Snapshot
from stkr.infra.settings import SessionSettings, SyncSettings
from stkr.rules.doc import parse_rules
from stkr.session.core import Opening
from stkr.session.shell import open_session
from stkr.store import documents, keyspace
from stkr.store.movements import write_ledger
from stkr.store.rules_doc import VersionedRules
from stkr.sync.shell import sync

_NOW: Final = WRITTEN + timedelta(minutes=5)
_READ_BEFORE: Final = instants.instant(WRITTEN - timedelta(hours=1))
_CHANGED: Final = 100
"""One row in so many has another quantity than it had before."""


@dataclass(frozen=True, slots=True)
class OpenedCount:
    """A count opened among ``rows`` of stock, and its ``snapshot`` as it was packed for the bucket."""

    rows: int
    took: ProcessUse
    snapshot: bytes


def opened(rows: int, locations: int) -> OpenedCount:
    """Open one count of the first of ``locations`` that share ``rows`` equally. To be run in a process of its own."""
    places = names(locations)
    described = "\n".join(
        f"  {name}: {{name: {name}, approver: {{name: Priya, email: priya@example.com}}}}" for name in places
    )
    rules = VersionedRules(parse_rules(f"locations:\n{described}\n"), None)
    settings = SessionSettings(
        bucket="counts",
        inventory_table="inventory",
        counts_table="counts",
        signing_secret="unused",  # noqa: S106 - no secret
    )
    services = StandIn(places, rows // locations, {})
    session = open_session(settings, Opening(places[0], "Sam"), rules, _NOW, "7f3a9c")
    return OpenedCount(rows, services.taken(), services.objects[keyspace.snapshot_object(session.session_id)])


def read_back(packed: bytes) -> ProcessUse:
    """Read a snapshot as capture and variance begin with. To be run in a process of its own."""
    services = StandIn([], 0, {keyspace.snapshot_object(SessionId("session")): packed})
    if documents.read_document("counts", keyspace.snapshot_object(SessionId("session")), Snapshot) is None:
        raise RuntimeError("there is no snapshot")
    return services.taken()


def mirrored(rows: int, locations: int) -> ProcessUse:
    """Mirror a stock file in which one row in a hundred has changed. To be run in a process of its own."""
    places = names(locations)
    services = StandIn(places, rows // locations, {"source/stock.csv": _export(places, rows // locations)})
    services.state = {"run": 7, "fingerprint": "source/stock.csv 0", "locations": places, "rows": rows}
    for place, name in enumerate(places):
        stock = {one.sku: on_hand(one) for one in (row(place, name, number) for number in range(rows // locations))}
        write_ledger("counts", None, Ledger(name, _READ_BEFORE, _READ_BEFORE, stock))
    services.begin()
    settings = SyncSettings(bucket="counts", inventory_table="inventory", sync_secret="unused")  # noqa: S106 - no secret
    described = {"connector": "spreadsheet", "key": "source/stock.csv"}
    with patch.object(parameters, "get_secret", lambda *_, **__: described):
        outcome = sync(settings, _NOW, timedelta(minutes=2))
    if outcome.read != rows or outcome.changed != rows // _CHANGED:
        raise RuntimeError(f"the stock was mirrored otherwise than expected: {outcome}")
    return services.taken()


def _export(places: list[str], rows_each: int) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("sku", "name", "location", "system_qty", "unit_cost", "pack_size", "aliases", "category"))
    for place, name in enumerate(places):
        for number in range(rows_each):
            one = row(place, name, number)
            qty = one.system_qty - (number % _CHANGED == 0)
            cells = (one.sku, one.name, name, qty, one.unit_cost, one.pack_size, one.aliases[0], one.category)
            writer.writerow(cells)
    return text.getvalue().encode()
