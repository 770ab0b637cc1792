"""The JSON client of the systems of record, against a real server that behaves and misbehaves."""

import gzip
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

import pytest

from stkr.domain.errors import SourceRefused, SourceUnavailable
from stkr.sync.connectors import http
from stkr.sync.connectors.http import Api, Patience, RequestRefused
from tests.adapters.jsonserver import JsonServer, Reply, json_server

pytestmark = pytest.mark.adapters

TOKEN = "s3cret/t0ken"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def shop() -> Iterator[JsonServer]:
    with json_server() as shop:
        yield shop


class Waits(list[float]):
    """Patience's ``sleep``: notes the pauses rather than making them."""

    def patience(self, **other: float) -> Patience:
        return replace(Patience(sleep=self.append), **other)  # type: ignore[arg-type]  # only figures are passed


def api(shop: JsonServer, waits: Waits | None = None, **patience: float) -> Api:
    return Api(shop.url, HEADERS, (Waits() if waits is None else waits).patience(**patience))


@pytest.mark.parametrize("number", ["0.1", "-48", "12.30", "1E-7", "123456789012.345", "0"])
def test_a_number_is_sent_as_the_very_number(shop: JsonServer, number: str) -> None:
    shop.on("POST /bookings", Reply({"id": 1}))
    api(shop).post("/bookings", {"qty": Decimal(number)})
    # A float is read as what it was written as, and that is what has to be the number.
    assert Decimal(repr(shop.requests[0].body["qty"])) == Decimal(number)


@pytest.mark.parametrize("number", ["0.12345678901234567890", "123456789012345678.5", "1E+400", "NaN", "Infinity"])
def test_a_number_that_could_be_read_as_another_is_not_sent(shop: JsonServer, number: str) -> None:
    with pytest.raises(SourceRefused, match="could be read as another"):
        api(shop).post("/bookings", {"qty": Decimal(number)})
    assert shop.requests == []


def test_numbers_are_exact_and_the_credential_goes_along(shop: JsonServer) -> None:
    shop.on("GET /items", Reply(b'{"qty": 12.10, "many": 123456789012345678901234567890, "small": 1e-7}'))

    answer = api(shop).get("/items", {"q": "a b&c"})

    assert {name: str(number) for name, number in answer.body.items()} == {
        "qty": "12.10",
        "many": "123456789012345678901234567890",
        "small": "1E-7",
    }
    assert isinstance(answer.body["qty"], Decimal)
    assert shop.requests[0].query == {"q": "a b&c"}
    assert shop.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_a_query_joins_one_that_the_path_has(shop: JsonServer) -> None:
    shop.on("GET /items", Reply([]))
    api(shop).get("/items?active=yes", {"page": "2"})
    assert shop.requests[0].query == {"active": "yes", "page": "2"}


def test_a_compressed_answer_is_unpacked(shop: JsonServer) -> None:
    packed = gzip.compress(b'{"qty": 12}')
    shop.on("GET /items", Reply(packed, headers={"Content-Encoding": "gzip"}))
    assert api(shop).get("/items").body == {"qty": 12}
    assert shop.requests[0].headers["accept-encoding"] == "gzip"


def test_an_answer_that_unpacks_to_too_much_is_refused_before_it_is_all_unpacked(
    shop: JsonServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "MAX_ANSWER_BYTES", 1_000_000)
    shop.on("GET /items", Reply(gzip.compress(b" " * 50_000_000), headers={"Content-Encoding": "gzip"}))
    with pytest.raises(SourceRefused, match="more than 1,000,000 bytes"):
        api(shop).get("/items")


@pytest.mark.parametrize(
    "content",
    [
        b"<html>maintenance</html>",
        b'{"qty": 1, "qty": 2}',
        b'{"qty": NaN}',
        b'{"qty": -Infinity}',
        b'{"qty": 1',
        b'{"name": "caf\xe9"}',
        b"[" * 200_000,
        b"1" * 5_000,
    ],
)
def test_what_is_not_plain_json_is_refused(shop: JsonServer, content: bytes) -> None:
    shop.on("GET /items", Reply(content))
    with pytest.raises(SourceRefused, match=r"^the source answered GET /items with something that is not JSON$"):
        api(shop).get("/items")


def test_an_answer_without_content_is_none(shop: JsonServer) -> None:
    shop.on("POST /bookings", Reply(status=204))
    assert api(shop).post("/bookings", {}) is None


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_reading_is_tried_again_while_the_server_is_in_trouble(shop: JsonServer, status: int) -> None:
    shop.on("GET /items", Reply(status=status), Reply(status=status), Reply({"qty": 1}))
    waits = Waits()
    assert api(shop, waits).get("/items").body == {"qty": 1}
    assert waits == [0.5, 2]


CUT_OFF = (
    Reply(b'{"qty": 1}', length=100),
    Reply(b'20\r\n{"qty"', headers={"Transfer-Encoding": "chunked"}, length=0),
    Reply(gzip.compress(b'{"qty": 1}')[:12], headers={"Content-Encoding": "gzip"}, length=100),
    Reply(dropped=True),
)


@pytest.mark.parametrize("cut", CUT_OFF)
def test_an_answer_that_was_cut_off_is_asked_for_again(shop: JsonServer, cut: Reply) -> None:
    shop.on("GET /items", cut, Reply({"qty": 2}))
    assert api(shop).get("/items").body == {"qty": 2}


@pytest.mark.parametrize("trouble", [Reply(status=503), Reply(b'{"qty": 1}', length=100), Reply(dropped=True)])
def test_reading_is_given_up_after_three_tries(shop: JsonServer, trouble: Reply) -> None:
    shop.on("GET /items", trouble)
    with pytest.raises(SourceUnavailable, match="GET /items"):
        api(shop).get("/items")
    assert len(shop.requests) == 3


def test_the_server_says_how_long_to_wait(shop: JsonServer) -> None:
    shop.on("GET /items", Reply(status=429, headers={"Retry-After": "7"}), Reply({"qty": 1}))
    waits = Waits()
    assert api(shop, waits).get("/items").body == {"qty": 1}
    assert waits == [7]


@pytest.mark.parametrize("asked_for", ["3600", "Fri, 31 Dec 2100 23:59:59 GMT"])
def test_a_server_that_wants_us_to_wait_for_too_long_is_left_to_the_next_run(shop: JsonServer, asked_for: str) -> None:
    shop.on("GET /items", Reply(status=503, headers={"Retry-After": asked_for}), Reply({"qty": 1}))
    waits = Waits()
    with pytest.raises(SourceUnavailable, match="answered GET /items with 503"):
        api(shop, waits).get("/items")
    assert (waits, len(shop.requests)) == ([], 1)


def test_a_wait_that_makes_no_sense_is_the_usual_one(shop: JsonServer) -> None:
    shop.on("GET /items", Reply(status=503, headers={"Retry-After": "soon"}), Reply({"qty": 1}))
    waits = Waits()
    api(shop, waits).get("/items")
    assert waits == [0.5]


def test_a_silent_server_is_not_waited_for(shop: JsonServer) -> None:
    shop.on("GET /items", Reply(b"{", length=100, hangs=True))
    with pytest.raises(SourceUnavailable, match="did not answer GET /items: ReadTimeoutError"):
        api(shop, silence=0.05).get("/items")
    assert len(shop.requests) == 3


def test_the_time_for_everything_is_bounded_however_often_the_server_answers(shop: JsonServer) -> None:
    shop.on("GET /items", Reply([]))
    reading = api(shop, whole=0.2)
    with pytest.raises(SourceUnavailable):
        list(iter(lambda: reading.get("/items"), None))


def test_the_time_for_everything_is_bounded_however_slowly_an_answer_drips(shop: JsonServer) -> None:
    shop.on("GET /items", Reply(b"[", length=1_000_000, drips=True))
    with pytest.raises(SourceUnavailable, match=r"more than 0\.2 s for all"):
        api(shop, whole=0.2, silence=0.1).get("/items")


def test_no_pause_is_made_for_which_there_is_no_time(shop: JsonServer) -> None:
    shop.on("GET /items", Reply(status=503))
    waits = Waits()
    with pytest.raises(SourceUnavailable, match="503"):
        api(shop, waits, whole=0.4).get("/items")
    assert waits == []


def test_nobody_at_home_is_unavailable() -> None:
    with json_server() as gone:
        pass
    waits = Waits()
    with pytest.raises(SourceUnavailable, match="did not answer POST /bookings: NewConnectionError"):
        api(gone, waits).post("/bookings", {})
    # Nothing was sent, so that even what must not be repeated may be.
    assert waits == [0.5, 2]


@pytest.mark.parametrize("trouble", [Reply(status=500), Reply(b'{"qty": 1}', length=100), Reply(dropped=True)])
def test_what_may_have_been_done_is_not_asked_for_again(shop: JsonServer, trouble: Reply) -> None:
    shop.on("POST /bookings", trouble, Reply({}))
    with pytest.raises(SourceUnavailable):
        api(shop).post("/bookings", {"qty": -48})
    assert len(shop.requests) == 1


def test_what_may_be_repeated_is_asked_for_again(shop: JsonServer) -> None:
    shop.on("POST /bookings", Reply(dropped=True), Reply(status=502), Reply({"id": 1}))
    assert api(shop).post("/bookings", {"qty": -48}, repeatable=True) == {"id": 1}
    assert [request.body for request in shop.requests] == [{"qty": -48}] * 3


def test_what_the_server_was_too_busy_for_was_not_done(shop: JsonServer) -> None:
    shop.on("POST /bookings", Reply(status=429), Reply({"id": 1}))
    assert api(shop).post("/bookings", {}) == {"id": 1}


def test_a_refusal_tells_its_status_and_is_not_repeated(shop: JsonServer) -> None:
    shop.on("POST /bookings", Reply({"error": "no such sku"}, status=422))
    with pytest.raises(RequestRefused, match=r"answered POST /bookings with 422:.*no such sku") as caught:
        api(shop).post("/bookings", {})
    assert (caught.value.status, len(shop.requests)) == (422, 1)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(shop: JsonServer, status: int) -> None:
    with json_server() as other:
        shop.on("GET /items", Reply(status=status, headers={"Location": f"{other.url}/items"}))
        with pytest.raises(SourceRefused, match=f"{status}, a redirect, which is not followed"):
            api(shop).get("/items")
        assert other.requests == []


def test_what_was_not_modified_is_told_apart_from_nothing(shop: JsonServer) -> None:
    shop.on("GET /items", Reply(status=304))
    answer = api(shop).get("/items", headers={"If-None-Match": '"7"'})
    assert (answer.modified, answer.body) == (False, None)
    assert shop.requests[0].headers["if-none-match"] == '"7"'


@pytest.mark.parametrize("link", ["?page=2", "/v1/items?page=2", "{url}/v1/items?page=2"])
def test_a_link_is_followed_on_the_same_server(shop: JsonServer, link: str) -> None:
    shop.on("GET /v1/items", Reply([1]), Reply([2]))
    reading = Api(f"{shop.url}/v1/", HEADERS, Waits().patience())
    first = reading.get("/items")
    assert reading.follow(first, link.format(url=shop.url)).body == [2]
    assert shop.requests[1].query == {"page": "2"}


@pytest.mark.parametrize(
    "link",
    [
        "https://elsewhere.example/items",
        "//elsewhere.example/items",
        "http://127.0.0.1:1/items",
        "https://user@elsewhere.example",
        "http://[broken",
        "mailto:shop@example.com",
    ],
)
def test_a_link_to_another_server_is_refused(shop: JsonServer, link: str) -> None:
    shop.on("GET /items", Reply([1]))
    reading = api(shop)
    first = reading.get("/items")
    with pytest.raises(SourceRefused, match="leads to another server"):
        reading.follow(first, link)
    assert len(shop.requests) == 1


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example",
        "ftp://shop.example",
        "shop.example",
        "",
        "https://",
        "https://[broken",
        "https://shop.example:99999",
        "https://user:s3cret@shop.example",
        "https://shop.example/?key=s3cret",
    ],
)
def test_a_url_that_is_not_safe_is_refused_without_being_quoted(url: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        Api(url, HEADERS)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("header", ["Bearer s3cret\n", "Bearer s3crét"])
def test_a_credential_that_cannot_be_sent_is_refused_without_being_quoted(header: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        Api("https://shop.example", {"Authorization": header})
    assert "s3cr" not in str(caught.value)


def _silence(reading: Api) -> None:
    reading.get("/slow", {"key": "qu3ry"})


def _refusal(reading: Api) -> None:
    reading.get("/no", {"key": "qu3ry"})


def _failure(reading: Api) -> None:
    reading.post("/fail?key=qu3ry", {"secret": "b0dy"})


def _nonsense(reading: Api) -> None:
    reading.get("/nonsense", {"key": "qu3ry"})


def _elsewhere(reading: Api) -> None:
    reading.follow(reading.get("/fine"), "https://elsewhere.example/?key=qu3ry")


@pytest.mark.parametrize("trouble", [_silence, _refusal, _failure, _nonsense, _elsewhere])
def test_no_error_tells_a_header_a_query_or_a_body(
    shop: JsonServer, trouble: Callable[[Api], None], caplog: pytest.LogCaptureFixture
) -> None:
    quoting = rb'{"error": "s3cret/t0ken is not valid; nor is s3cret\/t0ken, with the key qu3ry"}'
    shop.on("GET /fine", Reply([]))
    shop.on("GET /slow", Reply(b"{", length=100, hangs=True))
    shop.on("GET /no", Reply(quoting, status=401))
    shop.on("POST /fail", Reply(quoting, status=500))
    shop.on("GET /nonsense", Reply(f"<p>{TOKEN}</p>".encode()))
    caplog.set_level("DEBUG", logger="stkr")

    with pytest.raises((SourceRefused, SourceUnavailable)) as caught:
        trouble(api(shop, silence=0.05))

    told = "".join(traceback.format_exception(caught.value, chain=True)) + caplog.text
    told = "\n".join(line for line in told.splitlines() if not line.startswith("    "))  # but the code itself
    for value in ("s3cret", "t0ken", "qu3ry", "b0dy"):
        assert value not in told


def test_a_refusal_is_told_by_the_servers_own_message_and_what_to_look_at(shop: JsonServer) -> None:
    shop.on("GET /no", Reply({"name": "Unauthorized", "message": "Invalid key s3cret/t0ken", "debug": "x" * 500}, 401))
    with pytest.raises(SourceRefused) as caught:
        api(shop).get("/no")
    assert str(caught.value) == (
        "the source answered GET /no with 401: Invalid key …; look whether the credential in the secret still holds"
    )
