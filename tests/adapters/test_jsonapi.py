"""Any system with a JSON API: what is read and booked is what the server holds, however it behaves."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import SourceRefused, SourceUnavailable
from stkr.domain.movement import Movement, MovementKind
from stkr.domain.names import Instant
from stkr.domain.stock import History, StockRow
from stkr.sync.connector import Reading
from stkr.sync.connectors.http import Patience
from stkr.sync.connectors.jsonapi.connector import JsonApi
from stkr.sync.connectors.jsonapi.description import JsonApiSource
from tests.adapters.jsonserver import Answering, JsonServer, Reply, Request, json_server

pytestmark = pytest.mark.adapters

SINCE = datetime(2026, 11, 20, 9, tzinfo=UTC)
FIELDS = {"sku": "code", "location": "place", "system_qty": "qty"}
BOLT = {"code": "BOLT", "place": "shop", "qty": 480}
NUT = {"code": "NUT", "place": "shop", "qty": 200}
SAND = {"code": "SAND", "place": "yard", "qty": "7.5"}


@pytest.fixture
def shop() -> Iterator[JsonServer]:
    with json_server() as shop:
        yield shop


def source(shop: JsonServer, **parts: Any) -> JsonApiSource:
    described = {
        "connector": "jsonapi",
        "url": shop.url,
        "token": "t0ken",
        "stock": {"path": "/items", "fields": FIELDS},
        **parts,
    }
    return JsonApiSource.model_validate(described)


def connected(shop: JsonServer, **parts: Any) -> JsonApi:
    return JsonApi(source(shop, **parts), Patience(silence=0.2, sleep=lambda _seconds: None))


def reading(shop: JsonServer, known: str | None = None, **parts: Any) -> Reading:
    found = connected(shop, **parts).read(known, SINCE)
    assert found is not None
    return found


def stock(**more: Any) -> dict[str, Any]:
    return {"path": "/items", "fields": FIELDS, **more}


def quantities(found: Reading) -> dict[tuple[str, str], Decimal]:
    return {(row.location, row.sku): row.system_qty for row in found.rows}


def test_every_field_is_read_exactly(shop: JsonServer) -> None:
    item = {
        "code": 4711,
        "label": "Bolt M8",
        "stock": {"on_hand": 480, "cost": 0.1},
        "codes": ["5000000000012", "CASE*24", 99],
        "measure": "kg",
        "sold": "12.5",
        "in": {"at": "2026-11-19", "qty": None},
    }
    shop.on("GET /v2/items", Reply({"data": {"items": [item]}, "at": "2026-11-23T10:00:00+01:00"}))
    fields = {
        "sku": "code",
        "name": "label",
        "location": "'shop'",
        "system_qty": "stock.on_hand",
        "unit_cost": "stock.cost",
        "aliases": "codes",
        "unit": "measure",
        "sold_since_count": "sold",
        "last_received_at": "in.at",
        "last_received_qty": "in.qty",
        "bin": "nowhere.to.be.found",
    }

    found = reading(shop, stock={"path": "/v2/items", "rows": "data.items", "fields": fields, "as_of": "at"})

    row = StockRow(
        sku="4711",
        name="Bolt M8",
        location="shop",
        system_qty=Decimal(480),
        unit_cost=Decimal("0.1"),
        aliases=("5000000000012", "CASE*24", "99"),
        by_measure=True,
        unit="kg",
        history=History(sold_since_count=Decimal("12.5"), last_received_at="2026-11-19"),
    )
    assert found.rows == (row,)
    assert found.movements is None
    assert found.as_of == "2026-11-23T09:00:00.000000Z"
    assert shop.requests[0].headers["authorization"] == "Bearer t0ken"


def test_the_header_and_its_scheme_are_the_shops(shop: JsonServer) -> None:
    shop.on("GET /items", Reply([BOLT]))
    reading(shop, header="X-Api-Key", scheme="")
    assert shop.requests[0].headers["x-api-key"] == "t0ken"


def test_a_list_within_each_row_gives_a_row_for_each_of_its_elements(shop: JsonServer) -> None:
    levels = [{"place": "shop", "qty": 4}, {"place": "yard", "qty": 5}]
    shop.on("GET /items", Reply([{"code": "NUT", "levels": levels}, {"code": "GONE", "levels": []}]))
    fields = {"sku": "code", "location": "each.place", "system_qty": "each.qty"}

    found = reading(shop, stock={"path": "/items", "each": "levels", "fields": fields})

    assert quantities(found) == {("shop", "NUT"): 4, ("yard", "NUT"): 5}


def test_rows_that_are_not_wanted_are_left_out(shop: JsonServer) -> None:
    shop.on("GET /items", Reply([BOLT, {"code": "GIFT CARD", "qty": None, "untracked": True}]))
    assert quantities(reading(shop, stock=stock(only="!untracked"))) == {("shop", "BOLT"): 480}


@pytest.mark.parametrize(
    ("field", "written", "says"),
    [
        ("qty", b"1e400", "row 2, system_qty: '1E+400' is not a plain number"),
        ("qty", b"0.30000000000000004", "is not a plain number"),
        ("qty", b"12345678901", "is not a plain number"),
        ("qty", b'"1,250"', "row 2, system_qty: '1,250' is not a plain number"),
        ("qty", b'"many"', "row 2, system_qty: 'many' is not a plain number"),
        ("qty", b"true", "row 2, system_qty: 'True' is not a plain number"),
        ("qty", b"null", "row 2, system_qty: '' is empty"),
        ("qty", b"[1]", "is not a plain number"),
        ("code", b"null", "row 2, sku: '' is empty"),
        ("code", b"1.5", "row 2, sku: '1.5' is not text"),
        ("code", b'"BOLT"', "row 2, sku: 'BOLT' is there twice at shop"),
        ("place", b'{"id": 1}', "is not text"),
    ],
)
def test_a_value_that_is_not_clear_is_named_and_nothing_is_read(
    shop: JsonServer, field: str, written: bytes, says: str
) -> None:
    second = json.dumps(NUT | {field: "HERE"}).encode().replace(b'"HERE"', written)
    shop.on("GET /items", Reply(b"[" + json.dumps(BOLT).encode() + b"," + second + b"]"))
    with pytest.raises(SourceRefused) as caught:
        reading(shop)
    assert "the source's list at /items cannot be used; nothing was changed. 1 cell cannot be used" in str(caught.value)
    assert says in str(caught.value)


def test_all_that_is_wrong_is_said_at_once(shop: JsonServer) -> None:
    shop.on("GET /items", Reply([BOLT | {"qty": "many"}, NUT | {"qty": "few"}]))
    with pytest.raises(SourceRefused, match=r"2 cells.*row 1.*many.*row 2.*few"):
        reading(shop)


def test_a_function_that_makes_inexact_numbers_is_refused(shop: JsonServer) -> None:
    shop.on("GET /items", Reply([SAND]))
    with pytest.raises(SourceRefused, match="is not a plain number"):
        reading(shop, stock=stock(fields=FIELDS | {"system_qty": "to_number(qty)"}))


@pytest.mark.parametrize(
    ("body", "says"),
    [({"items": []}, "finds nothing"), ({"data": {"a": 1}}, "finds no list but a dict"), (None, "finds nothing")],
)
def test_an_answer_without_the_list_is_no_empty_list(shop: JsonServer, body: Any, says: str) -> None:
    shop.on("GET /items", Reply(body))
    with pytest.raises(SourceRefused, match=says):
        reading(shop, stock=stock(rows="data"))


# --- pages ----------------------------------------------------------------------------------------------------------

Items = list[dict[str, Any]]


def by_link(pages: list[Items], url: str) -> Answering:
    def answer(request: Request) -> Reply:
        number = int(request.query.get("n", 0))
        more = number + 1 < len(pages)
        link = f"{url}/items?n={number + 1}" if more else None
        total = sum(map(len, pages))
        return Reply({"data": pages[number], "paging": {"next": link}, "total": total})

    return answer


def by_header(pages: list[Items], _url: str) -> Answering:
    def answer(request: Request) -> Reply:
        number = int(request.query.get("n", 0))
        more = f', </items?n={number + 1}>; title="more"; rel="last next"' if number + 1 < len(pages) else ""
        link = f'</items?n=0>; rel="first"{more}'
        return Reply({"data": pages[number], "total": sum(map(len, pages))}, headers={"Link": link})

    return answer


def by_cursor(pages: list[Items], _url: str) -> Answering:
    def answer(request: Request) -> Reply:
        number = int(request.query.get("after", "c0")[1:])
        following = {"cursor": f"c{number + 1}"} if number + 1 < len(pages) else {}
        return Reply({"data": pages[number], "total": sum(map(len, pages)), **following})

    return answer


def by_page(pages: list[Items], _url: str) -> Answering:
    # A page without rows would be the end.
    full = [page for page in pages if page]

    def answer(request: Request) -> Reply:
        number = int(request.query["page"]) - 1
        return Reply({"data": full[number] if number < len(full) else [], "total": sum(map(len, full))})

    return answer


def by_offset(pages: list[Items], _url: str) -> Answering:
    full = [page for page in pages if page]

    def answer(request: Request) -> Reply:
        offset = int(request.query["skip"])
        passed = 0
        for page in full:
            if passed == offset:
                return Reply({"data": page, "total": sum(map(len, full))})
            passed += len(page)
        return Reply({"data": [], "total": passed})

    return answer


STYLES: dict[str, tuple[Callable[[list[Items], str], Answering], dict[str, Any]]] = {
    "link": (by_link, {"by": "link", "path": "paging.next"}),
    "header": (by_header, {"by": "header"}),
    "cursor": (by_cursor, {"by": "cursor", "path": "cursor", "parameter": "after"}),
    "page": (by_page, {"by": "page", "parameter": "page"}),
    "offset": (by_offset, {"by": "offset", "parameter": "skip"}),
}


def items(count: int) -> Items:
    return [{"code": f"SKU-{number}", "place": f"aisle-{number % 3}", "qty": number} for number in range(count)]


@pytest.fixture(scope="module")
def standing_shop() -> Iterator[JsonServer]:
    with json_server() as shop:
        yield shop


@settings(max_examples=30)
@given(
    count=st.integers(min_value=1, max_value=20),
    cuts=st.lists(st.integers(min_value=0, max_value=20), max_size=6),
    style=st.sampled_from(sorted(STYLES)),
    with_total=st.booleans(),
)
def test_a_list_reads_as_the_same_rows_however_it_is_split_into_pages(
    standing_shop: JsonServer, count: int, cuts: list[int], style: str, with_total: bool
) -> None:
    whole = items(count)
    at = [0, *sorted(min(cut, count) for cut in cuts), count]
    pages = [whole[start:end] for start, end in pairwise(at)]
    served, following = STYLES[style]
    standing_shop.on("GET /items", served(pages, standing_shop.url))
    total = {"total": "total"} if with_total else {}

    found = reading(standing_shop, stock=stock(rows="data", next=following, **total))

    standing_shop.on("GET /items", Reply({"data": whole}))
    assert found.rows == reading(standing_shop, stock=stock(rows="data")).rows
    assert [(row.sku, int(row.system_qty)) for row in found.rows] == [(f"SKU-{n}", n) for n in range(count)]


@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_list_that_ends_early_is_refused(shop: JsonServer, style: str) -> None:
    whole = items(5)
    served, following = STYLES[style]
    honest = served([whole[:3], whole[3:]], shop.url)
    cut = served([whole[:3]], shop.url)

    def short_of_its_total(request: Request) -> Reply:
        reply = cut(request)
        return Reply(reply.body | {"total": 5}, headers=reply.headers)

    shop.on("GET /items", short_of_its_total)
    with pytest.raises(SourceRefused, match="says that /items has 5 rows, but gives 3"):
        reading(shop, stock=stock(rows="data", next=following, total="total"))
    shop.on("GET /items", honest)
    assert len(reading(shop, stock=stock(rows="data", next=following, total="total")).rows) == 5


@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_server_that_gives_the_same_page_again_is_refused(shop: JsonServer, style: str) -> None:
    following = STYLES[style][1]
    body = {"data": items(3), "paging": {"next": "/items?n=1"}, "cursor": "c1"}
    shop.on("GET /items", Reply(body, headers={"Link": "</items?n=1>; rel=next"}))
    with pytest.raises(SourceRefused, match="the same page of /items again"):
        reading(shop, stock=stock(rows="data", next=following))
    assert len(shop.requests) == 2


def test_empty_pages_that_lead_round_in_a_circle_are_refused(shop: JsonServer) -> None:
    shop.on("GET /items", Reply({"data": [], "cursor": "again"}))
    with pytest.raises(SourceRefused, match="the same page"):
        reading(shop, stock=stock(rows="data", next=STYLES["cursor"][1]))


def test_a_row_that_is_on_two_pages_is_refused(shop: JsonServer) -> None:
    shop.on("GET /items", by_cursor([[BOLT, NUT], [NUT, SAND]], shop.url))
    with pytest.raises(SourceRefused, match="row 3, sku: 'NUT' is there twice at shop"):
        reading(shop, stock=stock(rows="data", next=STYLES["cursor"][1]))


def test_a_list_that_changes_while_it_is_read_is_left_to_the_next_run(shop: JsonServer) -> None:
    first = Reply({"data": [BOLT], "total": 3})
    shop.on("GET /items", first, Reply({"data": [NUT], "total": 2}))
    with pytest.raises(SourceUnavailable, match="changed while it was read"):
        reading(shop, stock=stock(rows="data", next=STYLES["page"][1], total="total"))


def test_pages_that_nobody_was_told_of_are_not_passed_over(shop: JsonServer) -> None:
    shop.on("GET /items", Reply([BOLT], headers={"Link": '</items?n=1>; rel="next"'}))
    with pytest.raises(SourceRefused, match="further pages of /items: add next"):
        reading(shop)
    shop.on("GET /items", Reply({"data": [BOLT], "total": "2"}))
    with pytest.raises(SourceRefused, match="has 2 rows, but gives 1"):
        reading(shop, stock=stock(rows="data", total="total"))


def test_the_credential_does_not_follow_a_link_to_another_server(shop: JsonServer) -> None:
    with json_server() as other:
        shop.on("GET /items", Reply({"data": [BOLT], "paging": {"next": f"{other.url}/items"}}))
        with pytest.raises(SourceRefused, match="leads to another server"):
            reading(shop, stock=stock(rows="data", next=STYLES["link"][1]))
        assert other.requests == []


@pytest.mark.parametrize(
    "trouble",
    [Reply(status=500), Reply(b'{"data": [', length=50), Reply(b"[", length=9, hangs=True), Reply(dropped=True)],
)
def test_a_page_that_fails_once_costs_nothing_and_one_that_keeps_failing_the_whole_reading(
    shop: JsonServer, trouble: Reply
) -> None:
    last = Reply({"data": [NUT]})
    pages = stock(rows="data", next=STYLES["cursor"][1])
    shop.on("GET /items", Reply({"data": [BOLT], "cursor": "c1"}), trouble, last)
    assert len(reading(shop, stock=pages).rows) == 2
    shop.on("GET /items", Reply({"data": [BOLT], "cursor": "c1"}), trouble)
    with pytest.raises(SourceUnavailable):
        reading(shop, stock=pages)


# --- whether anything has changed -----------------------------------------------------------------------------------


def test_an_unchanged_source_is_told_by_its_content(shop: JsonServer) -> None:
    shop.on("GET /items", Reply([BOLT, SAND]))
    known = reading(shop).fingerprint
    shop.on("GET /items", Reply([SAND | {"shown": "differently"}, BOLT]))
    assert connected(shop).read(known, SINCE) is None
    shop.on("GET /items", Reply([BOLT | {"qty": 479}, SAND]))
    assert reading(shop, known).fingerprint != known


def test_an_unchanged_source_that_has_versions_need_not_send_anything(shop: JsonServer) -> None:
    def versioned(request: Request) -> Reply:
        same = request.headers.get("if-none-match") == '"7"'
        return Reply(status=304) if same else Reply([BOLT], headers={"ETag": '"7"'})

    shop.on("GET /items", versioned)
    known = reading(shop).fingerprint

    assert connected(shop).read(known, SINCE) is None
    assert shop.requests[-1].headers["if-none-match"] == '"7"'


def test_another_description_of_the_same_source_is_another_content(shop: JsonServer) -> None:
    shop.on(
        "GET /items",
        lambda r: (
            Reply(status=304) if "if-none-match" in r.headers else Reply([BOLT | {"n": 9}], headers={"ETag": "7"})
        ),
    )
    known = reading(shop).fingerprint
    found = reading(shop, known, stock=stock(fields=FIELDS | {"system_qty": "n"}))
    assert quantities(found) == {("shop", "BOLT"): 9}


# --- movements ------------------------------------------------------------------------------------------------------

MOVEMENTS = {
    "path": "/moves",
    "fields": {"sku": "code", "location": "place", "kind": "why", "units": "n", "at": "at", "reference": "id"},
    "kinds": {"SALE": "sale", "RETURN": "sale", "IN": "receipt", "COUNT": "adjustment"},
    "leaving": ["SALE"],
    "since": {"parameter": "from"},
}
SALE = {"id": 1, "code": "BOLT", "place": "shop", "why": "SALE", "n": 3, "at": "2026-11-21T10:00:00+01:00"}
RECEIPT = {"id": 2, "code": "BOLT", "place": "shop", "why": "IN", "n": "24", "at": "2026-11-22T08:30:00.5Z"}


def moved(shop: JsonServer, *moves: dict[str, Any], **more: Any) -> tuple[Movement, ...] | None:
    shop.on("GET /items", Reply([BOLT]))
    shop.on("GET /moves", Reply(list(moves)))
    return reading(shop, movements=MOVEMENTS | more).movements


def test_movements_are_read_with_their_sign_kind_and_instant(shop: JsonServer) -> None:
    found = moved(shop, SALE, RECEIPT)

    sale = Movement("BOLT", "shop", MovementKind.SALE, Decimal(-3), Instant("2026-11-21T09:00:00.000000Z"), "1")
    receipt = Movement("BOLT", "shop", MovementKind.RECEIPT, Decimal(24), Instant("2026-11-22T08:30:00.500000Z"), "2")
    assert found == (sale, receipt)
    assert shop.asked("GET /moves")[0].query == {"from": "2026-11-20T09:00:00Z"}


@pytest.mark.parametrize(
    ("written", "at", "from_"),
    [("seconds", 1795165200, "1795165200"), ("milliseconds", 1795165200000, "1795165200000")],
)
def test_instants_may_be_numbers(shop: JsonServer, written: str, at: int, from_: str) -> None:
    since = {"parameter": "from", "format": written}
    found = moved(shop, SALE | {"at": at}, times=written, since=since)
    assert found is not None
    assert [movement.at for movement in found] == ["2026-11-20T09:00:00.000000Z"]
    assert shop.asked("GET /moves")[0].query == {"from": from_}


def test_movements_from_before_are_left_out_and_repeats_count_once(shop: JsonServer) -> None:
    found = moved(shop, SALE, SALE, RECEIPT | {"at": "2026-11-20T08:59:59Z"})
    assert [movement.reference for movement in found or ()] == ["1"]


def test_nothing_moved_is_not_the_same_as_no_movements_kept(shop: JsonServer) -> None:
    assert moved(shop) == ()


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"why": "THEFT"}, "row 2, kind: 'THEFT' is not among the kinds"),
        ({"n": "some"}, "row 2, units: 'some' is not a plain number"),
        ({"n": None}, "row 2, units: '' is not a number"),
        ({"at": "2026-11-21T10:00:00"}, "row 2, at: '2026-11-21T10:00:00' is not an instant with its time zone"),
        ({"at": "yesterday"}, "is not an instant"),
        ({"code": None}, "row 2, sku: '' is empty"),
        ({"id": None}, "row 2, reference: '' is empty"),
        ({"id": 1}, "row 2, reference: '1' names two movements"),
        ({"why": "SALE", "n": -3}, "row 2, units: '-3' has a sign"),
    ],
)
def test_a_movement_that_is_not_clear_is_named_and_nothing_is_read(
    shop: JsonServer, wrong: dict[str, Any], says: str
) -> None:
    with pytest.raises(SourceRefused) as caught:
        moved(shop, SALE, RECEIPT | wrong)
    assert says in str(caught.value)


def test_a_movement_changes_what_the_source_says_though_the_stock_is_as_before(shop: JsonServer) -> None:
    moved(shop, SALE)
    known = reading(shop, movements=MOVEMENTS).fingerprint
    assert connected(shop, movements=MOVEMENTS).read(known, SINCE) is None
    shop.on("GET /moves", Reply([SALE, RECEIPT]))
    assert reading(shop, known, movements=MOVEMENTS).fingerprint != known


# --- bookings -------------------------------------------------------------------------------------------------------


def adjustment(number: int, units: str = "-48") -> Adjustment:
    name = f"1a2b.SKU {number}/ä.r100"
    return Adjustment(name, f"SKU {number}/ä", "shop", Decimal(units), Instant("2026-11-23T09:00:00.000000Z"))


class Books:
    """The server's bookings: what it has booked by the id in it, each as often as it was asked to."""

    def __init__(self, shop: JsonServer, *, heeds_keys: bool = False) -> None:
        self.shop = shop
        self.booked: list[dict[str, Any]] = []
        self.refuses: set[str] = set()
        self.loses_answers = 0
        self._heeds_keys = heeds_keys
        self._keys: set[str] = set()
        shop.on("POST /bookings", self._book)

    @property
    def ids(self) -> list[str]:
        return [booking["ref"] for booking in self.booked]

    def _book(self, request: Request) -> Reply:
        wanted = request.body.get("list", [request.body])
        if any(booking["ref"] in self.refuses for booking in wanted):
            return Reply({"error": "no such sku"}, status=422)
        key = request.headers.get("idempotency-key", "")
        if not (self._heeds_keys and key in self._keys):
            self.booked += wanted
        self._keys.add(key)
        if self.loses_answers:
            self.loses_answers -= 1
            return Reply(dropped=True)
        return Reply({"ok": True}, status=201)

    def serve_by_id(self, adjustments: list[Adjustment]) -> None:
        """Answer a check of one adjustment at a time; 404 where it is not booked."""
        for one in adjustments:
            self.shop.on(f"GET /bookings/{quote(one.id, safe='')}", self._one(one.id))

    def _one(self, name: str) -> Answering:
        return lambda _request: Reply({"ref": name}) if name in self.ids else Reply(status=404)

    def serve_list(self) -> None:
        """Answer with all that is booked, in pages of two."""

        def answer(request: Request) -> Reply:
            offset = int(request.query["skip"])
            return Reply({"data": self.booked[offset : offset + 2], "total": len(self.booked)})

        self.shop.on("GET /bookings", answer)


BODY = {"ref": "id", "item": "sku", "where": "location", "by": "units", "how": {"up": "increase", "n": "size"}, "v": 1}
BY_ID = {"path": "/bookings/{id}", "rows": "[ref]"}
LISTED = {
    "path": "/bookings",
    "rows": "data[].ref",
    "total": "total",
    "next": {"by": "offset", "parameter": "skip"},
    "since": {"parameter": "from"},
}


def bookings(**more: Any) -> dict[str, Any]:
    return {"path": "/bookings", "body": BODY, **more}


def test_without_a_word_on_bookings_people_book_by_hand(shop: JsonServer) -> None:
    assert connected(shop).book([adjustment(1)]) is None
    assert shop.requests == []


def test_an_adjustment_is_booked_as_the_secret_describes_it(shop: JsonServer) -> None:
    books = Books(shop, heeds_keys=True)

    booked = connected(shop, bookings=bookings(idempotent=True)).book([adjustment(1), adjustment(2, "0.125")])

    assert booked == {adjustment(1).id, adjustment(2).id}
    assert books.booked == [
        {
            "ref": "1a2b.SKU 1/ä.r100",
            "item": "SKU 1/ä",
            "where": "shop",
            "by": -48,
            "how": {"up": False, "n": 48},
            "v": 1,
        },
        {
            "ref": "1a2b.SKU 2/ä.r100",
            "item": "SKU 2/ä",
            "where": "shop",
            "by": 0.125,
            "how": {"up": True, "n": 0.125},
            "v": 1,
        },
    ]
    keys = [request.headers["idempotency-key"] for request in shop.requests]
    assert keys == ["1a2b.SKU%201/%C3%A4.r100", "1a2b.SKU%202/%C3%A4.r100"]


def test_a_lost_answer_is_settled_by_the_key_at_once(shop: JsonServer) -> None:
    books = Books(shop, heeds_keys=True)
    books.loses_answers = 2
    assert connected(shop, bookings=bookings(idempotent=True)).book([adjustment(1)]) == {adjustment(1).id}
    assert books.ids == [adjustment(1).id]
    assert len(shop.requests) == 3


@pytest.mark.parametrize("check", [BY_ID, LISTED])
def test_a_lost_answer_is_settled_by_the_check_of_the_next_run(shop: JsonServer, check: dict[str, Any]) -> None:
    both = [adjustment(1), adjustment(2)]
    books = Books(shop)
    books.serve_by_id(both)
    books.serve_list()
    books.loses_answers = 1
    with pytest.raises(SourceUnavailable):
        connected(shop, bookings=bookings(check=check)).book(both)
    assert books.ids == [adjustment(1).id]

    assert connected(shop, bookings=bookings(check=check)).book(both) == {one.id for one in both}

    assert books.ids == [one.id for one in both]


def test_what_is_booked_already_is_confirmed_from_any_page_of_the_list(shop: JsonServer) -> None:
    several = [adjustment(number) for number in range(5)]
    books = Books(shop)
    books.serve_list()
    books.booked = [{"ref": "somebody else's"}, *({"ref": one.id} for one in several)]

    assert connected(shop, bookings=bookings(check=LISTED)).book(several) == {one.id for one in several}

    assert len(books.booked) == 6
    assert shop.requests[0].query == {"from": "2026-11-23T08:00:00Z", "skip": "0"}


def test_a_check_that_answers_with_another_booking_is_no_confirmation(shop: JsonServer) -> None:
    books = Books(shop)
    shop.on("GET /bookings/1a2b.SKU%201%2F%C3%A4.r100", Reply({"ref": "another"}))
    assert connected(shop, bookings=bookings(check=BY_ID)).book([adjustment(1)]) == {adjustment(1).id}
    assert books.ids == [adjustment(1).id]


def test_a_check_that_fails_lets_nothing_be_booked(shop: JsonServer) -> None:
    books = Books(shop)
    shop.on("GET /bookings/1a2b.SKU%201%2F%C3%A4.r100", Reply(status=400))
    with pytest.raises(SourceRefused, match="400"):
        connected(shop, bookings=bookings(check=BY_ID)).book([adjustment(1)])
    assert books.ids == []


def test_a_list_of_bookings_that_is_behind_does_not_have_one_booked_twice_in_a_run(shop: JsonServer) -> None:
    books = Books(shop)
    shop.on("GET /bookings", Reply({"data": [], "total": 0}))
    connector = connected(shop, bookings=bookings(check=LISTED))

    first = connector.book([adjustment(1)])
    second = connector.book([adjustment(1), adjustment(2)])

    assert (first, second) == ({adjustment(1).id}, {adjustment(1).id, adjustment(2).id})
    assert books.ids == [adjustment(1).id, adjustment(2).id]


def test_what_the_source_refuses_is_left_out_and_the_others_go_on(
    shop: JsonServer, caplog: pytest.LogCaptureFixture
) -> None:
    several = [adjustment(number) for number in range(3)]
    books = Books(shop)
    books.refuses = {several[1].id}

    booked = connected(shop, bookings=bookings(idempotent=True)).book(several)

    assert booked == {several[0].id, several[2].id}
    told = [record.__dict__ for record in caplog.records if record.levelname == "WARNING"]
    assert [record["adjustments"] for record in told] == [[several[1].id]]
    assert "no such sku" in told[0]["problem"]


def test_a_credential_that_may_not_book_is_for_a_person(shop: JsonServer) -> None:
    shop.on("POST /bookings", Reply(status=403))
    with pytest.raises(SourceRefused, match="403"):
        connected(shop, bookings=bookings(idempotent=True)).book([adjustment(1), adjustment(2)])
    assert len(shop.requests) == 1


def test_adjustments_are_sent_in_batches_and_one_that_is_refused_does_not_hold_up_the_rest(shop: JsonServer) -> None:
    several = [adjustment(number) for number in range(7)]
    books = Books(shop)
    books.serve_list()
    books.refuses = {several[4].id}

    batched = bookings(check=LISTED, batch=3, envelope="list")
    booked = connected(shop, bookings=batched).book(several)

    assert booked == {one.id for one in several} - {several[4].id}
    assert sorted(books.ids) == sorted(booked or ())
    # Three batches, the second of which was taken apart.
    assert [len(request.body["list"]) for request in shop.asked("POST /bookings")] == [3, 3, 1, 1, 1, 1]


def test_an_answer_may_name_what_was_booked(shop: JsonServer) -> None:
    both = [adjustment(1), adjustment(2)]
    shop.on("GET /bookings", Reply({"data": [], "total": 0}))
    shop.on("POST /bookings", Reply({"done": [{"ref": both[1].id}, {"ref": "another"}]}))
    batched = bookings(check=LISTED, batch=10, booked="done[].ref")

    assert connected(shop, bookings=batched).book(both) == {both[1].id}

    assert [booking["ref"] for booking in shop.asked("POST /bookings")[0].body] == [one.id for one in both]


def test_booking_leaves_time_to_read_the_stock(shop: JsonServer) -> None:
    books = Books(shop)
    hurried = JsonApi(source(shop, bookings=bookings(idempotent=True)), Patience(whole=0))
    assert hurried.book([adjustment(1)]) == set()
    assert books.ids == []


# --- the description ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"stock": stock(fields={"sku": "code", "system_qty": "qty"})}, "need location"),
        ({"stock": stock(fields=FIELDS | {"name": "s3cret["})}, "is not a JMESPath expression"),
        ({"stock": stock(fields=FIELDS | {"colour": "x"})}, "stock.fields.colour"),
        ({"stock": stock(path="items")}, "String should match pattern"),
        ({"stock": stock(next={"by": "magic"})}, "stock.next"),
        ({"movements": MOVEMENTS | {"kinds": {"SALE": "theft"}}}, "movements.kinds.SALE"),
        ({"movements": MOVEMENTS | {"leaving": ["WASTE"]}}, "leaving names a kind"),
        ({"movements": MOVEMENTS | {"fields": {"sku": "code"}}}, "need location, kind, units, at, reference"),
        ({"bookings": bookings()}, "need a check, or idempotent"),
        ({"bookings": bookings(idempotent=True, batch=5)}, "need a check where they are sent in a batch"),
        ({"bookings": bookings(idempotent=True, body={"n": "unit"})}, "finds nothing in an adjustment"),
        ({"pasword": "s3cret"}, "pasword"),
    ],
)
def test_a_description_that_cannot_be_meant_is_refused_without_quoting_its_values(
    shop: JsonServer, parts: dict[str, Any], says: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        source(shop, token="s3cret", **parts)
    told = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in caught.value.errors())
    assert says in told
    assert "s3cret" not in told


EXAMPLES = re.findall(
    r"```json\n(.*?)```", (Path(__file__).parents[2] / "docs/systems-of-record.md").read_text("utf-8"), re.DOTALL
)


@pytest.mark.parametrize("example", [json.loads(example) for example in EXAMPLES if "jsonapi" in example])
def test_the_published_examples_are_right(example: dict[str, Any]) -> None:
    assert JsonApiSource.model_validate(example).url == example["url"]


def test_the_published_warehouse_is_read_and_booked_as_its_description_says(shop: JsonServer) -> None:
    (warehouse,) = (json.loads(example) for example in EXAMPLES if "warehouse.example" in example)
    delivery = {"date": "2026-11-19", "quantity": 24}
    level = {"shop": {"name": "shop"}, "quantity": 48, "last_delivery": delivery}
    bolt = {"sku": "BOLT", "name": "Bolt", "size": "M8", "is_stocked": True, "case": {"units": 24}, "levels": [level]}
    voucher = {"sku": "VOUCHER", "name": "Voucher", "is_stocked": False, "levels": [{"quantity": None}]}
    shop.on("GET /products", Reply({"products": [voucher], "paging": {"after": 7}}), Reply({"products": [bolt]}))
    shop.on("POST /stock-changes", Reply(status=201))
    connector = JsonApi(JsonApiSource.model_validate(warehouse | {"url": shop.url}))

    found = connector.read(None, SINCE)
    connector.book([adjustment(1)])

    history = History(last_received_at="2026-11-19", last_received_qty=Decimal(24))
    assert found is not None
    assert found.rows == (StockRow("BOLT", "Bolt M8", "shop", Decimal(48), pack_size=Decimal(24), history=history),)
    assert [request.query for request in shop.asked("GET /products")] == [
        {"expand": "levels"},
        {"expand": "levels", "after": "7"},
    ]
    assert shop.requests[-1].body == {"change": {"sku": "SKU 1/ä", "shop": "shop", "direction": "out", "quantity": 48}}


def test_the_token_is_shown_nowhere(shop: JsonServer) -> None:
    described = source(shop)
    assert "t0ken" not in f"{described!r} {described} {described.model_dump_json()}"
