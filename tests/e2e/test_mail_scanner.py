"""A mail scanner that tries every link of every mail changes nothing."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import pytest

from local.gallery import Gallery, as_page
from local.stack import CaughtMail, Stack

pytestmark = pytest.mark.e2e

TABLES = ("Inventory", "Counts", "Adjustments")
OF_SYNC = "SOURCE#STATE"  # its schedule goes on by itself


def links(mail: CaughtMail) -> set[str]:
    """Every address in either part of a mail."""
    return {*as_page(mail).links, *re.findall(r"https?://\S+", mail.text)}


def everything(stack: Stack) -> dict[str, list[Mapping[str, Any]]]:
    """All items of all tables, in an order of their own."""
    return {table: sorted(_items(stack, table), key=repr) for table in TABLES}


def _items(stack: Stack, table: str) -> list[Mapping[str, Any]]:
    pages = stack.client("dynamodb").get_paginator("scan").paginate(TableName=stack.outputs[f"{table}TableName"])
    return [item for page in pages for item in page["Items"] if item["PK"]["S"] != OF_SYNC]


def test_a_scanner_that_gets_and_heads_every_link_of_every_mail_changes_nothing(stack: Stack, pages: Gallery) -> None:
    mails = stack.mailbox()
    found = sorted({link for mail in mails for link in links(mail)})
    assert len(found) > 40
    before = everything(stack)
    for link in found:
        opened = stack.browser.request("GET", link)
        assert stack.browser.request("HEAD", link).status == opened.status, link
        assert stack.browser.request("OPTIONS", link).status != HTTPStatus.INTERNAL_SERVER_ERROR, link
    assert everything(stack) == before
    assert stack.mailbox() == mails


def test_both_parts_of_every_mail_have_the_same_links(stack: Stack, pages: Gallery) -> None:
    for mail in stack.mailbox():
        assert set(as_page(mail).links) == set(re.findall(r"https?://\S+", mail.text)), mail.subject
