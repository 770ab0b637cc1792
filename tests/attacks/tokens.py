"""Links that nobody was given: forged, altered, outlived, replayed, or meant for another entrance."""

import base64
import hashlib
import json
import string
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import boto3
from itsdangerous import URLSafeSerializer
from itsdangerous.encoding import base64_decode, base64_encode

from stkr.links.tokens import MAX_TOKEN_CHARS, CountLink, DecisionLink, LinkAction, SigningKeys, SummaryLink, sign
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
    Entrance,
)
from tests.deployment import SIGNING
from tests.handlers.world import PLACE, SESSION

ALPHABET = string.ascii_letters + string.digits + "-_.=+/ %~\n\0é"
ENTRANCES = (APPROVE, REJECT, LOOK, OPEN, COUNT, SHEET, FIXES, MONTH, FIGURES)
_DERIVED = ("hmac", "django-concat", "concat", "none")
_DECIDING = {"approve": LinkAction.APPROVE, "reject": LinkAction.REJECT}


def in_force() -> int:
    """An expiry a day from now, in epoch seconds."""
    return int((datetime.now(UTC) + timedelta(days=1)).timestamp())


def link_for(attacker: Attacker, entrance: Entrance, **changes: Any) -> DecisionLink | CountLink | SummaryLink:
    """A link that opens an entrance; ``changes`` are to its fields."""
    home = attacker.world.deployment.environment("sweep")[f"{entrance.url.upper()}_URL"]
    common = {"home": home, "expires_at": in_force()}
    if entrance.url in _DECIDING:
        decided = {
            "action": _DECIDING[entrance.url],
            "session_id": SESSION,
            "sku": "BOLT-M6-50",
            "revision": attacker.world.line("BOLT-M6-50").revision,
            "addressee": "priya@example.com",
        }
        return DecisionLink(**{**common, **decided, **changes})
    if entrance.path.startswith("/summary"):
        return SummaryLink(**{**common, "month": "2026-11", **changes})
    opened = {} if entrance is OPEN else {"session_id": SESSION}
    return CountLink(**{**common, "location": PLACE, **opened, **changes})


def token_for(attacker: Attacker, entrance: Entrance, signing: SigningKeys = SIGNING, **changes: Any) -> str:
    """The signed token of such a link."""
    return sign(link_for(attacker, entrance, **changes), signing)


def changed_characters(attacker: Attacker) -> Iterator[Attempt]:
    """Every character of a link replaced by every other, left out, and doubled."""
    token = token_for(attacker, APPROVE)
    altered = (
        token[:at] + char + token[at + 1 :]
        for at, written in enumerate(token)
        for char in ("", written * 2, *ALPHABET.replace(written, ""))
    )
    for other in attacker.some(altered):
        yield attacker.attempt(APPROVE.name, APPROVE, other)


def truncated(attacker: Attacker) -> Iterator[Attempt]:
    """A link cut after, or before, every character."""
    for entrance in ENTRANCES:
        token = token_for(attacker, entrance)
        for cut in attacker.some(range(len(token))):
            yield attacker.attempt(entrance.name, entrance, token[:cut])
            yield attacker.attempt(entrance.name, entrance, token[cut + 1 :])


def flipped_bits(attacker: Attacker) -> Iterator[Attempt]:
    """Every bit of the signature, and every bit of the content, turned over."""
    for entrance in (APPROVE, OPEN, MONTH):
        content, _, signature = token_for(attacker, entrance).rpartition(".")
        for bit in attacker.some(range(256)):
            yield attacker.attempt("signature", entrance, f"{content}.{_flipped(signature, bit)}")
        packed, body = content.startswith("."), content.removeprefix(".")
        for bit in attacker.some(range(8 * len(base64_decode(body)))):
            other = _flipped(body, bit)
            yield attacker.attempt("content", entrance, f"{'.' if packed else ''}{other}.{signature}")


def _flipped(text: str, bit: int) -> str:
    raw = bytearray(base64_decode(text))
    raw[bit // 8] ^= 1 << bit % 8
    return base64_encode(bytes(raw)).decode()


def respelled(attacker: Attacker) -> Iterator[Attempt]:
    """The same content and the same signature in another spelling of base64 or of the link."""
    for entrance in ENTRANCES:
        token = token_for(attacker, entrance)
        content, _, signature = token.rpartition(".")
        raw = base64_decode(signature)
        letters = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
        idle = letters.index(signature[-1])
        spelled = [
            f"{content}.{signature[:-1]}{letters[idle - idle % 4 + more]}" for more in range(4) if more != idle % 4
        ]
        spelled += [
            token + "=", token + "==", token + "%3D", f"{content}.{base64.b64encode(raw).decode()}",
            f"{content}.{base64.urlsafe_b64encode(raw).decode()}", f"{content}.{raw.hex()}",
            f"{content}.{base64.b32encode(raw).decode()}", f"{content}..{signature}", f".{token}", f"{token}.",
            f" {token}", f"{token} ", f"{token}\n", f"{token}\r\n", f"{token}\0", token.upper(), token.lower(),
            f"{content}=.{signature}", f"{content}!.{signature}", f"{content}.!{signature}",
            _repacked(content, signature), json.dumps(token), token.replace(".", "%2E"), f"{token},{token}",
        ]  # fmt: skip
        for other in dict.fromkeys(spelled):
            if other != token:
                yield attacker.attempt(entrance.name, entrance, other)


def _content(content: str) -> dict[str, Any]:
    raw = base64_decode(content.removeprefix("."))
    opened: dict[str, Any] = json.loads(zlib.decompress(raw) if content.startswith(".") else raw)
    return opened


def _repacked(content: str, signature: str) -> str:
    """The same content, compressed where it was plain and plain where it was compressed."""
    raw = json.dumps(_content(content), separators=(",", ":")).encode()
    packed = base64_encode(raw if content.startswith(".") else zlib.compress(raw)).decode()
    return f"{'' if content.startswith('.') else '.'}{packed}.{signature}"


def forged(attacker: Attacker) -> Iterator[Attempt]:
    """Links that somebody made without the key, as tools and guesses make them."""
    guesses = ("", "secret", "stkr", "stkr.decision", "changeme", "k", "k" * 63, "k" * 65, "K" * 64, "0" * 64)
    for entrance in ENTRANCES:
        token = token_for(attacker, entrance)
        content, _, signature = token.rpartition(".")
        plain = _content(content)
        salts = ("stkr.decision", "stkr.count", "stkr.summary", "itsdangerous", "itsdangerous.Signer", "")
        ways = product((*guesses, str(plain["k"])), salts, (hashlib.sha1, hashlib.sha256, hashlib.sha512), _DERIVED)
        for guess, salt, digest, derivation in attacker.some(ways):
            kwargs = {"key_derivation": derivation, "digest_method": digest}
            maker = URLSafeSerializer(guess or "-", salt=salt or "-", signer_kwargs=kwargs)
            yield attacker.attempt("a guessed key", entrance, str(maker.dumps(plain)))
        for digest, derivation in ((hashlib.sha1, "hmac"), (hashlib.sha256, "none"), (hashlib.sha1, "django-concat")):
            weaker = {"key_derivation": derivation, "digest_method": digest}
            made = URLSafeSerializer(SIGNING.current, salt="stkr.other", signer_kwargs=weaker).dumps(plain)
            yield attacker.attempt("another way of signing", entrance, str(made))
        header = base64_encode(b'{"alg":"none","typ":"JWT"}').decode()
        bare = content.removeprefix(".")
        for other in (
            content, f"{content}.", bare, f"{header}.{bare}.", f"{header}.{bare}.{signature}", f".{signature}",
            signature, ".", "..", "", f"{content}.{'A' * 43}", f"{content}.{base64_encode(bytes(32)).decode()}",
            f"{content}.{hashlib.sha256(content.encode()).hexdigest()}",
        ):  # fmt: skip
            yield attacker.attempt("no signature", entrance, other)


def edited(attacker: Attacker) -> Iterator[Attempt]:
    """One field of a genuine link changed, its signature kept: another SKU, session, revision, addressee, time."""
    other = {
        "a": ("approve", "reject"), "s": ("2026-11-21-paint-aisle-6b8e", "../config", ""), "r": (0, 2, 10**9),
        "i": ("NUT-M6", "DRILL-18V", ["NUT-M6"], "*"), "t": ("jo@example.com", "attacker@example.com"),
        "x": (2**31, 10**12), "l": ("paint-aisle", "*", None), "h": ("https://reject.example.com/", ""), "v": (0, 2),
        "k": ("00000000",), "m": ("2026-10", "../../config/rules.yaml"), "o": ("NUT-M6",), "admin": (True,),
    }  # fmt: skip
    for entrance in ENTRANCES:
        content, _, signature = token_for(attacker, entrance).rpartition(".")
        plain = _content(content)
        for name, given in other.items():
            for value in given:
                if plain.get(name) != value:
                    raw = json.dumps(plain | {name: value}, separators=(",", ":")).encode()
                    token = f"{base64_encode(raw).decode()}.{signature}"
                    yield attacker.attempt(f"field {name}", entrance, token)


def other_kinds(attacker: Attacker) -> Iterator[Attempt]:
    """A genuine link at every entrance that it was not made for: the other button, counting, a summary."""
    opens = {
        LOOK: (LOOK, APPROVE), APPROVE: (LOOK, APPROVE), REJECT: (REJECT,),
        OPEN: (OPEN, COUNT), COUNT: (OPEN, COUNT, SHEET, FIXES), SHEET: (OPEN, COUNT, SHEET, FIXES),
        FIXES: (OPEN, COUNT, SHEET, FIXES), MONTH: (MONTH, FIGURES), FIGURES: (MONTH, FIGURES),
    }  # fmt: skip
    for made_for in ENTRANCES:
        for entrance in ENTRANCES:
            if entrance not in opens[made_for]:
                yield attacker.attempt(f"a link to {made_for.name}", entrance, token_for(attacker, made_for))


def other_stacks(attacker: Attacker) -> Iterator[Attempt]:
    """Links of another stack, by its own key, and by ours for its own function URLs."""
    for entrance in ENTRANCES:
        home = attacker.world.deployment.environment("sweep")[f"{entrance.url.upper()}_URL"]
        yield attacker.attempt("signed with its key", entrance, token_for(attacker, entrance, SigningKeys("s" * 64)))
        host = home.split("/")[2]
        for elsewhere in (
            f"https://x{host}/", f"https://other.lambda-url.eu-west-2.on.aws/?{host}", f"https://other/{host}/",
            "https://example.com/", f"https://{host.partition('.')[0]}@example.com/", "", "/", host,
        ):  # fmt: skip
            yield attacker.attempt("for its own URL", entrance, token_for(attacker, entrance, home=elsewhere))


def expired(attacker: Attacker) -> Iterator[Attempt]:
    """Genuine links whose time is over, by a second and by years."""
    now = int(datetime.now(UTC).timestamp())
    for entrance in ENTRANCES:
        for expiry in (now, now - 1, now - 60, now - 86_400, 1, 0, -1, -(2**40)):
            yield attacker.attempt(entrance.name, entrance, token_for(attacker, entrance, expires_at=expiry))


def old_keys(attacker: Attacker) -> Iterator[Attempt]:
    """Links of keys that are not believed or no longer, also where they claim to be of the key in force."""
    retired = SigningKeys("r" * 64)
    named = _content(token_for(attacker, APPROVE).rpartition(".")[0])["k"]
    for entrance in ENTRANCES:
        yield attacker.attempt("of another key", entrance, token_for(attacker, entrance, retired))
        yield attacker.attempt(
            "of another key", entrance, token_for(attacker, entrance, SigningKeys("r" * 64, SIGNING.current))
        )
        content, _, _ = token_for(attacker, entrance, retired).rpartition(".")
        kwargs = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        salt = {"/summary": "stkr.summary", "/summary.csv": "stkr.summary"}.get(
            entrance.path, "stkr.count" if entrance.url == "session" else "stkr.decision"
        )
        maker = URLSafeSerializer("r" * 64, salt=salt, signer_kwargs=kwargs)
        yield attacker.attempt("naming the key in force", entrance, str(maker.dumps(_content(content) | {"k": named})))
    genuine = {entrance: token_for(attacker, entrance) for entrance in ENTRANCES}
    for entrance in (LOOK, COUNT):
        assert attacker.carry(entrance, genuine[entrance]).status == 200, "from now on the functions keep the key"
    secret = attacker.world.deployment.environment("approve")["SIGNING_SECRET"]
    for key in ("n" * 64, "m" * 64):
        boto3.client("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps({"key": key}))
    attacker.later(timedelta(minutes=6))
    for entrance, token in genuine.items():
        yield attacker.attempt("of a key that was replaced twice since", entrance, token)


def endless(attacker: Attacker) -> Iterator[Attempt]:
    """Inputs that are large, deep or not text at all."""
    bomb = base64_encode(zlib.compress(b'"' + b"a" * 10**7 + b'"', 9)).decode()
    deep = base64_encode(b"[" * 3_000).decode()
    for entrance in ENTRANCES:
        signature = token_for(attacker, entrance).rpartition(".")[2]
        for token in (
            "a" * MAX_TOKEN_CHARS, "a" * (MAX_TOKEN_CHARS + 1), "a" * 10**6, "." * MAX_TOKEN_CHARS,
            f".{bomb[: MAX_TOKEN_CHARS - 50]}.{signature}", f".{bomb}.{signature}", f"{deep[:4_000]}.{signature}",
            "\0" * 100, "\ufeff", "語" * 500, "\ud800", "%00", "'; DROP TABLE--", "../../../../etc/passwd",
            "${jndi:ldap://x}", "{{7*7}}", "<script>",
        ):  # fmt: skip
            if entrance.form is None or token.isascii() or token.encode("utf-8", "ignore").decode() == token:
                yield attacker.attempt(entrance.name, entrance, token)


def replayed(attacker: Attacker) -> Iterator[Attempt]:
    """Links used once already, overtaken by newer figures, or of somebody who decides there no more."""
    world = attacker.world
    approve, reject = token_for(attacker, APPROVE), token_for(attacker, REJECT)
    held = token_for(attacker, APPROVE, sku="NUT-M6", revision=world.line("NUT-M6").revision)
    left = token_for(attacker, APPROVE, addressee="left@example.com")
    yield attacker.attempt("by somebody who does not decide there", APPROVE, left)
    assert attacker.carry(APPROVE, approve).status == 200  # The one tap that counts.
    for entrance, token in ((APPROVE, approve), (REJECT, reject)) * 10:
        yield attacker.attempt("after the decision", entrance, token)
    yield attacker.attempt("of a line that was never queued", APPROVE, held)
    fresh = token_for(attacker, APPROVE, sku="DRILL-18V", revision=world.line("DRILL-18V").revision)
    world.sell("DRILL-18V", 1)
    assert attacker.carry(APPROVE, fresh).status == 409  # Stock moved: held, and asked afresh.
    for _ in range(10):
        yield attacker.attempt("of figures that were overtaken", APPROVE, fresh)
    for revision in (-1, 0, 1, 2, 3, 999):
        if revision != world.line("DRILL-18V").revision:
            other = token_for(attacker, APPROVE, sku="DRILL-18V", revision=revision)
            yield attacker.attempt("of another revision", APPROVE, other)
    for field, value in (("sku", "NOTHING"), ("sku", "META"), ("sku", "#"), ("session_id", "x"), ("session_id", "")):
        nowhere: dict[str, Any] = {field: value}
        yield attacker.attempt("of a variance that is not there", APPROVE, token_for(attacker, APPROVE, **nowhere))
