"""`stkr source check`: a description of a system of record is tried out before it is put into the secret."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from stkr.infra import aws
from stkr_cli.app import app
from tests.adapters.jsonserver import JsonServer, Reply, json_server

pytestmark = pytest.mark.adapters

FIELDS = {"sku": "code", "name": "label", "location": "place", "system_qty": "qty", "aliases": "codes"}
MOVES = {"sku": "code", "location": "place", "kind": "why", "units": "n", "at": "at", "reference": "id"}


@pytest.fixture
def shop() -> Iterator[JsonServer]:
    with json_server() as shop:
        yield shop


def described(shop: JsonServer, **parts: Any) -> dict[str, Any]:
    return {
        "connector": "jsonapi",
        "url": shop.url,
        "token": "s3cret",
        "stock": {"path": "/items", "fields": FIELDS},
        "movements": {"path": "/moves", "fields": MOVES, "kinds": {"S": "sale"}},
        "bookings": {"path": "/bookings", "body": {"ref": "id"}, "idempotent": True},
        **parts,
    }


def check(tmp_path: Path, description: str) -> Result:
    file = tmp_path / "source.json"
    file.write_text(description, "utf-8")
    return CliRunner().invoke(app, ["source", "check", str(file)])


def test_what_was_understood_is_shown_with_doubts_and_nothing_is_booked(shop: JsonServer, tmp_path: Path) -> None:
    items = [
        {"code": "BOLT", "label": "Bolt [red]M8[/red]", "place": "shop", "qty": 480, "codes": ["777"]},
        {"code": "NUT", "label": "Nut", "place": "Shop", "qty": -3, "codes": ["777"]},
        {"code": "SAND", "place": "yard", "qty": 7.5},
    ]
    sale = {"id": 1, "code": "BOLT", "place": "shop", "why": "S", "n": -2, "at": "2100-01-01T00:00:00Z"}
    shop.on("GET /items", Reply(items))
    shop.on("GET /moves", Reply([sale, sale | {"id": 2, "code": "GONE"}]))

    result = check(tmp_path, json.dumps(described(shop)))

    assert result.exit_code == 0, result.output
    told = " ".join(result.output.split())
    for part in (
        "3 rows of stock",
        "yard 1",
        "BOLT Bolt [red]M8[/red] shop 480 777",
        "SAND yard 7.5",
        "sale 2 -4",
        "1 of 3 rows have no name",
        "3 of 3 rows have no cost",
        "1 of 3 rows have less than nothing",
        "Shop and shop are two locations",
        "1 codes stand for several SKUs, such as 777",
        "1 movements are of SKUs that the stock does not list",
    ):
        assert part in told
    assert {request.method for request in shop.requests} == {"GET"}
    assert "s3cret" not in result.output


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (
            {"stock": {"path": "/items", "fields": {"sku": "code"}}},
            "stock.fields: need location, system_qty",
        ),
        ({"tokn": "s3cret"}, "tokn: Extra inputs are not permitted"),
        ({"connector": "s3cret"}, "'connector' must be one of 'spreadsheet', 'odoo', 'jsonapi'"),
        ({"url": "http://shop.example"}, "does not begin with https://"),
        ({}, "answered GET /items with 401"),
    ],
)
def test_a_source_that_cannot_be_read_ends_in_two_and_one_line(
    shop: JsonServer, tmp_path: Path, parts: dict[str, Any], says: str
) -> None:
    shop.on("GET /items", Reply({"error": "s3cret is not valid"}, status=401))
    result = check(tmp_path, json.dumps(described(shop, **parts)))
    assert result.exit_code == 2
    assert says in result.stderr
    assert result.stderr.count("\n") == 1
    assert "s3cret" not in result.output


def test_a_description_that_is_no_json_is_not_quoted(tmp_path: Path) -> None:
    result = check(tmp_path, '{"token": "s3cret"')
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "is not a JSON document" in result.stderr
    assert "s3cret" not in result.output


@pytest.mark.usefixtures("deployment")
def test_a_stock_file_is_read_from_the_bucket_of_the_stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = "shop-counts-bucket-123456789012"
    monkeypatch.setattr("stkr_cli.commands.source.outputs", lambda _stack: {"BucketName": bucket})
    aws.s3().put_object(Bucket=bucket, Key="source/stock.csv", Body=b"sku,location,system_qty\nBOLT,shop,480")

    result = check(tmp_path, '{"connector": "spreadsheet", "key": "source/stock.csv"}')

    told = " ".join(result.output.split())
    assert "1 rows of stock" in told
    assert "BOLT shop 480" in told
    assert "The source keeps no movements." in told
