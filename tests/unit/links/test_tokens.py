"""Signed links: what one permits nobody can change, and nobody can make one."""

import hashlib
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from itsdangerous import URLSafeSerializer
from pydantic import ValidationError

from stkr.domain.errors import LinkExpired, LinkTampered
from stkr.domain.names import SessionId
from stkr.links.tokens import (
    MAX_TOKEN_CHARS,
    CountLink,
    DecisionLink,
    LinkAction,
    SigningKeys,
    SummaryLink,
    address,
    read,
    read_count,
    read_summary,
    sign,
)

pytestmark = pytest.mark.unit

KEYS = SigningKeys("k" * 64)
HOME = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-2.on.aws/"
EXPIRES = 1_800_000_000
BEFORE = EXPIRES - 1

names = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=60)
expiries = st.integers(EXPIRES, EXPIRES + 10**8)


@st.composite
def decisions(draw: st.DrawFn) -> DecisionLink:
    return DecisionLink(
        home=HOME,
        action=draw(st.sampled_from(LinkAction)),
        session_id=SessionId(draw(names)),
        sku=draw(names),
        revision=draw(st.integers(1, 10**6)),
        addressee=draw(st.emails()),
        expires_at=draw(expiries),
    )


@st.composite
def counts(draw: st.DrawFn) -> CountLink:
    return CountLink(
        home=HOME,
        location=draw(st.none() | names),
        session_id=draw(st.none() | names.map(SessionId)),
        skus=tuple(draw(st.lists(names, max_size=5))),
        recount_of=draw(st.none() | names),
        expires_at=draw(expiries),
    )


BOLTS = DecisionLink(
    home=HOME,
    action=LinkAction.APPROVE,
    session_id=SessionId("2026-11-21-fixings-aisle-7f3a9c01"),
    sku="BOLT-M6-50",
    revision=1,
    addressee="priya@example.com",
    expires_at=EXPIRES,
)


@given(decisions())
def test_a_decision_comes_back_as_it_was_signed(link: DecisionLink) -> None:
    assert read(sign(link, KEYS), KEYS, BEFORE) == link


@given(counts())
def test_a_count_comes_back_as_it_was_signed(link: CountLink) -> None:
    assert read_count(sign(link, KEYS), KEYS, BEFORE) == link


@given(decisions())
def test_a_token_needs_no_escaping_in_an_address(link: DecisionLink) -> None:
    assert set(sign(link, KEYS)) <= set(string.ascii_letters + string.digits + "-_.")


def test_any_altered_character_is_refused() -> None:
    token = sign(BOLTS, KEYS)
    alphabet = string.ascii_letters + string.digits + "-_.=+/ %"
    for position, written in enumerate(token):
        for char in alphabet.replace(written, ""):
            with pytest.raises(LinkTampered):
                read(token[:position] + char + token[position + 1 :], KEYS, BEFORE)


@settings(max_examples=300)
@given(st.data())
def test_any_cut_or_padded_token_is_refused(data: st.DataObject) -> None:
    token = sign(BOLTS, KEYS)
    cut = data.draw(st.integers(0, len(token) - 1))
    padding = data.draw(st.text(string.printable, min_size=1, max_size=5))
    for changed in (token[:cut], token + padding, padding + token, token[:cut] + padding + token[cut:]):
        with pytest.raises(LinkTampered):
            read(changed, KEYS, BEFORE)


@given(st.text(max_size=200) | st.text(string.ascii_letters + "-_.", max_size=200))
def test_anything_else_is_refused(token: str) -> None:
    for reader in (read, read_count):
        with pytest.raises(LinkTampered):
            reader(token, KEYS, BEFORE)


def test_a_link_to_a_summary_comes_back_and_opens_nothing_else() -> None:
    link = SummaryLink(home=HOME, month="2026-11", expires_at=EXPIRES)
    token = sign(link, KEYS)
    assert read_summary(token, KEYS, BEFORE) == link
    for reads in (read, read_count):
        with pytest.raises(LinkTampered):
            reads(token, KEYS, BEFORE)
    with pytest.raises(LinkTampered):
        read_summary(sign(CountLink(home=HOME, expires_at=EXPIRES), KEYS), KEYS, BEFORE)
    with pytest.raises(LinkExpired):
        read_summary(token, KEYS, EXPIRES)


@pytest.mark.parametrize(
    "month", ["2026-11/../../config/rules.yaml", "2026-1", "", "\u0662\u0660\u0662\u0666-\u0661\u0661"]
)
def test_a_link_to_a_summary_names_a_month_and_no_other_object(month: str) -> None:
    with pytest.raises(ValidationError):
        SummaryLink(home=HOME, month=month, expires_at=EXPIRES)


@given(counts())
def test_a_link_to_count_never_decides(link: CountLink) -> None:
    with pytest.raises(LinkTampered):
        read(sign(link, KEYS), KEYS, BEFORE)


def test_a_link_to_decide_opens_no_count() -> None:
    with pytest.raises(LinkTampered):
        read_count(sign(BOLTS, KEYS), KEYS, BEFORE)


def test_a_link_is_over_at_the_exact_second() -> None:
    token = sign(BOLTS, KEYS)
    assert read(token, KEYS, EXPIRES - 1) == BOLTS
    with pytest.raises(LinkExpired):
        read(token, KEYS, EXPIRES)


def test_after_a_rotation_the_previous_key_is_believed_and_after_the_next_no_longer() -> None:
    token = sign(BOLTS, KEYS)
    assert read(token, SigningKeys("new", KEYS.current), BEFORE) == BOLTS
    with pytest.raises(LinkTampered):
        read(token, SigningKeys("newest", "new"), BEFORE)


def test_the_current_key_signs() -> None:
    assert read(sign(BOLTS, SigningKeys("new", KEYS.current)), SigningKeys("new"), BEFORE) == BOLTS


def test_the_key_a_link_names_has_to_be_one_of_ours() -> None:
    content = BOLTS.model_dump(mode="json", by_alias=True)
    for named in ({"k": "00000000"}, {}):
        with pytest.raises(LinkTampered):
            read(_signed_by_hand(content | named), KEYS, BEFORE)


def test_a_link_of_another_version_or_with_more_in_it_is_refused() -> None:
    token_content = BOLTS.model_dump(mode="json", by_alias=True) | {"k": _key_id()}
    assert read(_signed_by_hand(token_content), KEYS, BEFORE) == BOLTS
    for changed in ({"v": 2}, {"a": "delete"}, {"r": "1"}, {"extra": 1}, {"sku": "OTHER"}):
        with pytest.raises(LinkTampered):
            read(_signed_by_hand(token_content | changed), KEYS, BEFORE)


def test_an_endless_token_is_refused_unread_and_never_made() -> None:
    with pytest.raises(LinkTampered):
        read("a" * (MAX_TOKEN_CHARS + 1), KEYS, BEFORE)
    everything = CountLink(home=HOME, skus=tuple(f"SKU-{n * 7919}" for n in range(2000)), expires_at=EXPIRES)
    with pytest.raises(ValueError, match="characters"):
        sign(everything, KEYS)


def test_the_longest_decision_there_can_be_fits() -> None:
    longest = BOLTS.model_copy(update={"sku": "語" * 340, "addressee": f"{'a' * 240}@example.com"})
    assert read(sign(longest, KEYS), KEYS, BEFORE) == longest


def test_a_link_belongs_to_the_function_url_it_was_made_for() -> None:
    assert BOLTS.belongs_to("abcdefghijklmnopqrstuvwxyz012345")
    assert not BOLTS.belongs_to("another")
    assert address(BOLTS, KEYS) == f"{HOME}?t={sign(BOLTS, KEYS)}"


def _serializer() -> URLSafeSerializer:
    kwargs = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
    return URLSafeSerializer(KEYS.current, salt=b"stkr.decision", signer_kwargs=kwargs)


def _key_id() -> str:
    return str(_serializer().loads(sign(BOLTS, KEYS))["k"])


def _signed_by_hand(content: dict[str, object]) -> str:
    """A token with a sound signature around any content: what only a holder of the key could make."""
    return str(_serializer().dumps(content))
