"""``stkr link`` on the template's secret and bucket: the link for the end of an aisle, and its QR code."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from stkr.links.tokens import SigningKeys, read_count
from stkr.store import keyspace
from stkr_cli.app import app
from tests.deployment import Deployment
from tests.qr import read as read_code

pytestmark = pytest.mark.adapters

RULES = "locations: {shop: {name: Shop, approver: {name: Priya, email: priya@example.com}}}"


@pytest.fixture(autouse=True)
def _stack(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    known = deployment.environment("session")
    outputs = {
        "BucketName": known["BUCKET"],
        "InventoryTableName": known["INVENTORY_TABLE"],
        "CountsTableName": known["COUNTS_TABLE"],
        "LinkSigningKeyName": known["SIGNING_SECRET"],
        "SessionUrl": "https://session.example.com/",
    }
    for module in ("commands.counts", "stack"):
        monkeypatch.setattr(f"stkr_cli.{module}.outputs", lambda _stack: outputs)
    boto3.client("s3").put_object(Bucket=known["BUCKET"], Key=keyspace.RULES_KEY, Body=RULES.encode())


def link(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["link", *arguments])


@pytest.mark.parametrize(("arguments", "days"), [((), 365), (("--days", "30"), 30)])
def test_the_link_works_for_a_year_or_as_long_as_is_asked(arguments: tuple[str, ...], days: int) -> None:
    before = datetime.now(UTC)
    result = link("shop", *arguments)
    assert result.exit_code == 0, result.output
    token = result.stdout.strip().partition("t=")[2]
    found = read_count(token, SigningKeys("k" * 64), 0)
    assert (found.location, found.session_id, found.skus) == ("shop", None, ())
    first, last = before + timedelta(days=days), datetime.now(UTC) + timedelta(days=days)
    assert int(first.timestamp()) <= found.expires_at <= int(last.timestamp())


@pytest.mark.parametrize("days", ["0", "1096", "-1"])
def test_no_link_works_for_ever(days: str) -> None:
    result = link("shop", "--days", days)
    assert result.exit_code == 2
    assert "t=" not in result.stdout


def test_the_codes_file_holds_the_link_that_is_printed(tmp_path: Path) -> None:
    file = tmp_path / "aisle.PNG"
    result = link("shop", "--qr", str(file))
    assert read_code(Image.open(file).convert("L")).text == result.stdout.strip()
    assert link("shop", "--qr", str(tmp_path / "aisle.svg")).exit_code == 0
    assert b"<svg" in (tmp_path / "aisle.svg").read_bytes()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere",), "there is no location 'nowhere'"),
        (("shop", "--qr", "aisle.pdf"), "is to be a .svg or .png file"),
        (("shop", "--qr", "no-such-folder/aisle.png"), "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said_and_no_link_printed(arguments: tuple[str, ...], said: str) -> None:
    result = link(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
