"""The response around a page: the headers that confine it."""

import base64
import hashlib
import re
from http import HTTPStatus

import pytest
from aws_lambda_powertools.event_handler import Response
from jinja2 import UndefinedError

from stkr.web.page import Page, download, environment, message_page, render, response, see_other
from tests.unit.web.samples import HOSTILE, Read

pytestmark = pytest.mark.unit


def policy(answer: Response[str] | Response[bytes]) -> dict[str, str]:
    directives = str(answer.headers["Content-Security-Policy"]).split("; ")
    return dict(directive.split(" ", 1) for directive in directives)


def test_a_page_may_run_nothing_load_nothing_and_be_framed_by_nobody() -> None:
    assert policy(response(message_page(HTTPStatus.OK, "Title"))) == {
        "default-src": "'none'",
        "style-src": policy(response(Page(HTTPStatus.OK, "")))["style-src"],
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
    }


def test_the_policy_lets_in_exactly_the_style_block_of_the_page() -> None:
    page = message_page(HTTPStatus.OK, "Title")
    blocks = re.findall(r"<style>(.*?)</style>", page.html, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(block.encode()).digest()).decode() for block in blocks]
    assert [f"'sha256-{digest}'" for digest in hashes] == [policy(response(page))["style-src"]]
    assert "url(" not in blocks[0]
    assert "@import" not in blocks[0]


def test_a_page_is_kept_nowhere_and_tells_nobody_its_address() -> None:
    answer = response(message_page(HTTPStatus.GONE, "Title"))
    assert answer.status_code == 410
    headers = {name: answer.headers[name] for name in ("Cache-Control", "Referrer-Policy", "X-Content-Type-Options")}
    assert headers == {
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_form_may_post_to_the_one_foreign_origin_its_page_names() -> None:
    answer = response(Page(HTTPStatus.OK, "", form_origin="https://bucket.example.com"))
    assert policy(answer)["form-action"] == "'self' https://bucket.example.com"


def test_leading_on_and_downloads_are_confined_like_a_page() -> None:
    onward, file = see_other("/?t=x"), download(b"a,b", "text/csv; charset=utf-8", "count.csv")
    assert (onward.status_code, onward.headers["Location"]) == (303, "/?t=x")
    assert (file.status_code, file.body) == (200, b"a,b")
    assert file.headers["Content-Disposition"] == 'attachment; filename="count.csv"'
    for answer in (onward, file):
        assert answer.headers["Cache-Control"] == "no-store"
        assert policy(answer)["default-src"] == "'none'"


def test_text_is_escaped_in_html_and_a_missing_value_is_an_error() -> None:
    page = message_page(HTTPStatus.OK, HOSTILE, HOSTILE)
    Read(page.html).check()
    assert HOSTILE not in page.html
    with pytest.raises(UndefinedError):
        render("web/message.html", title="Title")


def test_every_template_of_the_package_compiles() -> None:
    env = environment()
    names = env.list_templates(extensions=["html", "txt"])
    assert len(names) > 10
    for name in names:
        env.get_template(name)
