"""Requests that no browser sends, with a genuine link and without one; and what a count's link is not good for."""

import base64
import json
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import quote, urlencode

from local.events import event
from stkr.session.core import Opening
from stkr.store.sessions import open_sessions
from tests.attacks.attacker import (
    APPROVE,
    COUNT,
    FIGURES,
    FIXES,
    LOOK,
    MONTH,
    OPEN,
    REJECT,
    SHEET,
    Attacker,
    Attempt,
    with_body,
)
from tests.attacks.tokens import token_for
from tests.handlers.world import PLACE, SESSION

_METHODS = (*"OPTIONS PUT DELETE PATCH TRACE CONNECT PROPFIND GETS get".split(), "", "GET /", "POST\r\nX: y")
_READING = (LOOK, COUNT, SHEET, FIXES, MONTH, FIGURES)
_DECIDING = (APPROVE, REJECT, OPEN)


def methods(attacker: Attacker) -> Iterator[Attempt]:
    """A genuine link by every method but the one that acts: it may be answered, and changes nothing."""
    for entrance in (*_READING, *_DECIDING):
        token = token_for(attacker, entrance)
        for method in ("GET", "HEAD", *_METHODS):
            request = attacker.request(entrance, token)
            request["requestContext"]["http"]["method"] = method
            request["queryStringParameters"] = {"t": token, "name": "Priya", "counter": "Sam", "_method": "POST"}
            request["headers"]["x-http-method-override"] = "POST"
            yield attacker.attempt_with("genuine link", entrance, request, harmless=True)


def paths(attacker: Attacker) -> Iterator[Attempt]:
    """Paths with dots, encodings and more in them, which must lead nowhere."""
    written = (
        "//", "/.", "/..", "/../", "/%2e%2e/", "/..%2f", "/%2f", "/%00", "/\0", "/?", "/#", "/*", "/index.html", "/api",
        "/approve", "/reject", "/admin", "/sheet", "/sheet.csv", "/sheet.csv/", "/sheet.csv/..", "/sheet.csv%00.png",
        "/summary/../sheet.csv", "/fixes.csv;x", "/.git/config", "/.env", "/snapshots/x", "/config/rules.yaml",
        "/sessions/" + SESSION, "/" + "a" * 8_000, "/" + "../" * 500, "/\r\nX: y", "/%0d%0aX:%20y", "/\u202e", "/é",
        "http://example.com/", "\\", "",
    )  # fmt: skip
    for entrance in _DECIDING:
        for path in written:
            if path != entrance.path:
                request = attacker.request(entrance, token_for(attacker, entrance))
                request["rawPath"] = request["requestContext"]["http"]["path"] = path
                yield attacker.attempt_with("deciding", entrance, request)
    for entrance in _READING:
        for path in written:
            request = attacker.request(entrance, "")
            request["rawPath"] = request["requestContext"]["http"]["path"] = path
            yield attacker.attempt_with("reading without a link", entrance, request)


def parameters(attacker: Attacker) -> Iterator[Attempt]:
    """A genuine link in another place than its own, twice, or behind another one."""
    for entrance in (*_READING, *_DECIDING):
        token = token_for(attacker, entrance)
        for name, value in (("T", token), ("token", token), ("t[]", token), (" t", token), ("t", f"bad,{token}")):
            request = attacker.request(entrance, "")
            request |= {"queryStringParameters": {name: value}, "rawQueryString": urlencode({name: value})}
            yield attacker.attempt_with("in the query", entrance, request)
        for name in ("authorization", "cookie", "x-token", "t", "referer"):
            request = attacker.request(entrance, "")
            request["headers"][name] = f"t={token}"
            request["cookies"] = [f"t={token}"]
            yield attacker.attempt_with("in a header", entrance, request)
    for entrance in _DECIDING:
        token = token_for(attacker, entrance)
        request = attacker.request(entrance, "")
        request |= {"queryStringParameters": {"t": token}, "rawQueryString": f"t={token}"}
        yield attacker.attempt_with("of a form in the query", entrance, request)
        for body in (
            f"t=bad&t={token}", f"t=&t={token}", f"T={token}", f"t%00={token}", f"t[]={token}", f"a=1;t={token}",
            f"name=Priya&counter=Sam&{'a=1&' * 30}t={token}", f"counter=Sam&name=Priya&t={token}&{'a' * 70_000}",
        ):  # fmt: skip
            request = attacker.request(entrance, token)
            with_body(request, (body if "name=" in body else f"name=Priya&counter=Sam&{body}").encode())
            yield attacker.attempt_with("of a form twice or elsewhere", entrance, request)


def bodies(attacker: Attacker) -> Iterator[Attempt]:
    """Bodies that are no form: another type, not text, not base64, broken, or 6 MB, which is all that Lambda takes."""
    for entrance in _DECIDING:
        token = token_for(attacker, entrance)
        given = {"t": token, **(entrance.form or {})}
        parts = "".join(
            f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in given.items()
        )
        for kind, body in (
            ("application/json", json.dumps(given).encode()),
            ("multipart/form-data; boundary=b", f"{parts}--b--\r\n".encode()),
            ("text/xml", f"<t>{token}</t>".encode()),
            ("text/plain", token.encode()),
            ("application/x-www-form-urlencoded", urlencode(given).encode("utf-16")),
            ("application/x-www-form-urlencoded", b"\xff\xfe\0" * 100),
            ("application/x-www-form-urlencoded", b""),
            ("application/x-www-form-urlencoded", b"&" * 60_000),
            ("application/x-www-form-urlencoded", b"%" * 60_000),
            ("application/x-www-form-urlencoded", urlencode(given).encode() + b"&a=" + b"a" * 4_400_000),
            ("application/x-www-form-urlencoded", b"=" * 4_400_000),
        ):
            request = attacker.request(entrance, token)
            with_body(request, body, kind)
            yield attacker.attempt_with("no form", entrance, request)
        for text, encoded in (
            ("%%%", True), ("a", True), ("t=é", True), ("\ud800", True), (urlencode(given)[:-1] + "\0é", True),
            (base64.b64encode(urlencode(given).encode()).decode(), False), (None, True), (None, False), ("", True),
        ):  # fmt: skip
            request = attacker.request(entrance, token) | {"body": text, "isBase64Encoded": encoded}
            yield attacker.attempt_with("not as Lambda encodes it", entrance, request)


def headers(attacker: Attacker) -> Iterator[Attempt]:
    """Headers that name another host, carry line breaks, or are endless; without a link nothing comes of them."""
    hostile = {
        "host": "example.com", "x-forwarded-host": "example.com", "x-forwarded-for": "127.0.0.1", "x-original-url": "/",
        "x-rewrite-url": "/sheet.csv", "content-length": "-1", "transfer-encoding": "chunked", "accept": "a" * 8_000,
        "user-agent": "x\r\nSet-Cookie: a=b", "origin": "null", "cookie": "t=" + "a" * 8_000, "content-type": "\0",
        "accept-encoding": "gzip, br, \r\n", "x\r\ny": "z", "": "", "x-amzn-trace-id": "Root=\n", "range": "bytes=0-",
    }  # fmt: skip
    for entrance in (*_READING, *_DECIDING):
        for name, value in hostile.items():
            request = attacker.request(entrance, "")
            request["headers"][name] = value
            yield attacker.attempt_with("without a link", entrance, request)
        for name, value in hostile.items():
            request = attacker.request(entrance, token_for(attacker, entrance))
            request["requestContext"]["http"]["method"] = "GET"
            request["headers"][name] = value
            answer = attacker.ask(entrance, request)
            echoed = any("example.com" in str(v) or "\n" in str(v) or "\r" in str(v) for v in answer.headers.values())
            seen = f"{answer.status}, nothing repeated" if not echoed else "its own header"
            yield Attempt("sent back with a genuine link", seen, echoed or bool(answer.writes), answer.status >= 500)


def other_counts(attacker: Attacker) -> Iterator[Attempt]:
    """The link of one count, used on another: by query, by form, by upload."""
    world = attacker.world
    theirs = world.open(Opening("paint-aisle", "Jo"), "6b8e")
    token = token_for(attacker, COUNT)
    for entrance in (COUNT, SHEET, FIXES):
        for name in ("session_id", "session", "s", "id", "area", "location", "uploaded"):
            for value in (theirs, f"../{theirs}", "PAINT-RED"):
                request = attacker.request(entrance, token)
                request["queryStringParameters"] = {"t": token, name: value}
                answer = attacker.ask(entrance, request)
                # What was typed as an area is shown as typed, so the count itself is looked for.
                leaked = "Red paint" in answer.body or f"count-{theirs}" in answer.body or bool(answer.writes)
                yield Attempt("by query", f"{answer.status}, its own count", leaked, answer.status >= 500)
    recount = token_for(attacker, OPEN, skus=("BOLT-M6-50",))
    for form in (
        {"location": "paint-aisle"}, {"skus": "PAINT-RED"}, {"zone": "PAINT-RED"}, {"session_id": theirs},
        {"recount_of": "x"}, {"l": "paint-aisle"}, {"location": "paint-aisle", "skus": "PAINT-RED"},
    ):  # fmt: skip
        request = attacker.request(OPEN, recount)
        with_body(request, urlencode({"t": recount, "counter": "Sam", **form}).encode())
        answer = attacker.ask(OPEN, request)
        place = f"{PLACE}-" in str(answer.headers.get("Location", "")) or answer.status == 303
        opened = [one for one in open_sessions(world.counts) if one.location != PLACE and one.session_id != theirs]
        yield Attempt("by form", "a count of its own items" if place else str(answer.status), bool(opened))
    posted = _UploadForm()
    posted.feed(attacker.carry(COUNT, token).body)
    for key in (
        f"sessions/{theirs}/scan.csv", "config/rules.yaml", f"snapshots/{SESSION}.json", "stock/stock.csv", "../x.csv",
        f"/sessions/{SESSION}/x.csv", f"sessions/{SESSION[:-1]}", f"SESSIONS/{SESSION}/x.csv", "", "sessions/",
        quote(f"sessions/{SESSION}/x.csv", safe=""), f"sessions/{SESSION}x/scan.csv", f" sessions/{SESSION}/x.csv",
    ):  # fmt: skip
        yield Attempt("by upload to another key", "refused by the policy", posted.allows(key, 100))
    for size in (0, -1, 10**8, 10**12):
        yield Attempt(
            "by upload of another size", "refused by the policy", posted.allows(f"sessions/{SESSION}/x", size)
        )
    assert posted.allows(f"sessions/{SESSION}/scan.csv", 100)


class _UploadForm(HTMLParser):
    """The fields of the upload form on a page, and what the policy that is signed in them lets S3 take."""

    def __init__(self) -> None:
        super().__init__()
        self._fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep the hidden fields."""
        given = dict(attrs)
        if tag == "input" and given.get("name"):
            self._fields[str(given["name"])] = given.get("value") or ""

    def allows(self, key: str, size: int) -> bool:
        """Whether S3 would take an object of this key and size, by the policy alone (Amazon S3, "POST policy")."""
        conditions = json.loads(base64.b64decode(self._fields["policy"]))["conditions"]
        begins = [rule[2] for rule in conditions if isinstance(rule, list) and rule[:2] == ["starts-with", "$key"]]
        sizes = [rule[1:] for rule in conditions if isinstance(rule, list) and rule[0] == "content-length-range"]
        assert all((begins, sizes)), "a form without a limit"
        return all(key.startswith(start) for start in begins) and all(low <= size <= high for low, high in sizes)


def uploads(attacker: Attacker) -> Iterator[Attempt]:
    """Events of objects whose keys are no upload of an open count: nothing is counted, nothing is tried again."""
    world = attacker.world
    body = json.loads(event("capture", "scan")["Records"][0]["body"])
    before = world.lines()
    for key in (
        "config/rules.yaml", "snapshots/x.json", "sessions/", "sessions//x.csv", "sessions/x.csv", "sessions/../x.csv",
        "sessions/unknown/scan.csv", "sessions/META/x.csv", f"sessions/{SESSION}", f"sessions/{SESSION}/",
        "sessions/\0/x.csv", "sessions/a b/x.csv", "sessions/" + "a" * 900 + "/x.csv", "", "/", "..",
        "sessions/%2e%2e/x.csv", "sessions/SESSION#x/y.csv", "sessions/é/x.csv", "captures/x/1.json",
    ):  # fmt: skip
        body["detail"]["object"]["key"] = key
        made = event("capture", "scan")
        made["Records"][0]["body"] = json.dumps(body)
        try:
            answer = world.invoke("capture", made)
        except Exception as error:  # noqa: BLE001 - what was tried has broken something
            yield Attempt("an upload's event", type(error).__name__, accepted=False, broke=True)
            continue
        again = bool(answer["batchItemFailures"])
        yield Attempt("an upload's event", "tried again" if again else "let be", world.lines() != before, again)
