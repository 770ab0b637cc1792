"""Several counters in one count, and parked rows that come back filled in, through the handlers."""

import base64
import io
import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal

import boto3
import pytest
from openpyxl import load_workbook

from local.events import event
from stkr.capture.read_fix_sheet import TITLES
from stkr.capture.result import Captured
from stkr.domain.alias import Alias, RowRef
from stkr.domain.names import Instant, SessionId
from stkr.session.core import Opening
from stkr.store import documents, keyspace, uploads
from stkr.store.aliases import forget, read_aliases
from stkr.store.uploads import Upload
from tests.handlers.faults import Killed, killed_at
from tests.handlers.world import PLACE, SCAN, SESSION, World

pytestmark = pytest.mark.handlers


def captured(world: World, session_id: str = SESSION) -> Captured:
    seq = 1
    while found := documents.read_document(
        world.bucket, keyspace.capture_object(SessionId(session_id), seq + 1), Captured
    ):
        seq = found.seq
    latest = documents.read_document(world.bucket, keyspace.capture_object(SessionId(session_id), seq), Captured)
    assert latest is not None
    return latest


def counted(world: World) -> dict[str, Decimal]:
    return {line.sku: line.counted_qty for line in captured(world).outcome.lines}


def fix_sheet(world: World, filled: Mapping[str, tuple[str, str, str]]) -> bytes:
    """The session's fix sheet as its page hands it out, filled in by code."""
    answer = world.replay("session", "fixes")
    book = load_workbook(io.BytesIO(base64.b64decode(answer["body"])))
    page = book.worksheets[0]
    for row in range(2, page.max_row + 1):
        for column, cell in enumerate(filled.get(str(page.cell(row, 3).value), ()), 6):
            page.cell(row, column).value = cell
    saved = io.BytesIO()
    book.save(saved)
    return saved.getvalue()


def test_the_next_fix_sheet_has_a_name_of_its_own_because_it_would_replace_the_earlier_fixes(world: World) -> None:
    names = []
    world.opened()
    for content in (b"code,qty\nX1,1\nX2,2\n", b"code,qty\nX2,2\n"):
        world.upload("scan.csv", content)
        world.replay("capture", "area")
        names.append(world.replay("session", "fixes")["headers"]["Content-Disposition"])
    assert len(set(names)) == len(names)


def test_areas_that_different_people_upload_add_up(world: World) -> None:
    world.opened()
    world.upload("Front/scan.csv", b"code,qty\nBOLT-M6-50,400\n")
    world.upload("Back store/scan.csv", b"code,qty\nBOLT-M6-50,32\n")
    world.replay("capture", "area")
    assert counted(world) == {"BOLT-M6-50": Decimal(432)}


def test_an_area_whose_earlier_file_is_uploaded_once_more_counts_as_that_file_says(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    times: dict[str, str] = {}
    listed = uploads.list_uploads

    def at_times(bucket: str, prefix: str) -> Iterator[Upload]:  # the bucket's own are those of this very second
        for upload in listed(bucket, prefix):
            yield replace(upload, uploaded_at=Instant(times[upload.name]))

    monkeypatch.setattr(uploads, "list_uploads", at_times)
    world.opened()
    for name, content, time in (
        ("Front/sam.csv", b"code,qty\nBOLT-M6-50,400\n", "1"),
        ("Front/ann.csv", b"code,qty\nBOLT-M6-50,432\n", "2"),
        ("Front/sam.csv", b"code,qty\nBOLT-M6-50,400\n", "3"),
    ):
        world.upload(name, content)
        times[name] = f"2026-11-21T10:00:0{time}+00:00"
        world.replay("capture", "area")
        world.reconcile(int(time))
        assert counted(world) == {"BOLT-M6-50": Decimal(content.split(b",")[-1].decode())}


def test_the_upload_form_of_an_area_takes_files_into_its_folder_only(world: World) -> None:
    world.opened()
    page = world.replay("session", "show-area")["body"]
    assert f'name="key" value="{keyspace.upload_prefix(SessionId(SESSION))}Back store/${{filename}}"' in page
    policy = json.loads(base64.b64decode(page.split('name="policy" value="')[1].split('"')[0]))
    assert ["starts-with", "$key", f"{keyspace.upload_prefix(SessionId(SESSION))}Back store/"] in policy["conditions"]


@pytest.mark.parametrize("typed", ["../../config", "a/b", "${filename}", "..", "\u202e\x00"])
def test_an_area_is_no_way_out_of_the_sessions_folder(world: World, typed: str) -> None:
    world.opened()
    request = event("session", "show-area", world.links())
    request["queryStringParameters"]["area"] = typed
    page = world.invoke("session", request)["body"]
    key = page.split('name="key" value="')[1].split('"')[0]
    folder = key.removeprefix(keyspace.upload_prefix(SessionId(SESSION))).removesuffix("${filename}").removesuffix("/")
    assert key.startswith(keyspace.upload_prefix(SessionId(SESSION)))
    assert not set("/$") & set(folder)


def test_a_parked_row_is_handed_out_filled_in_and_counted(world: World) -> None:
    world.counted()
    world.upload("fixes.xlsx", fix_sheet(world, {"MYSTERY": ("HINGE-75", "30", "yes")}))
    world.replay("capture", "scan")
    world.reconcile(2)
    assert world.line("HINGE-75").counted_qty == 30
    page = world.replay("session", "show-session")["body"]
    assert "1 row of these counts as a fix sheet says." in page
    assert "MYSTERY</span> is HINGE-75 (fixes.xlsx, row 2)" in page


def test_a_confirmed_code_is_known_to_the_next_count_until_it_is_taken_back(world: World) -> None:
    world.counted()
    world.upload("fixes.xlsx", fix_sheet(world, {"MYSTERY": ("HINGE-75*10", "", "yes")}))
    world.replay("capture", "scan")
    world.counted_again(b"code,qty\nmystery,3\n")
    assert [
        (line.sku, line.counted_qty) for line in captured(world, "2026-11-21-fixings-aisle-6b8e").outcome.lines
    ] == [("HINGE-75", Decimal(30))]
    assert [(known.code, known.sku, known.pack, known.session_id) for known in read_aliases(world.counts)] == [
        ("MYSTERY", "HINGE-75", Decimal(10), SESSION)
    ]
    assert forget(world.counts, "Mystery")
    assert not forget(world.counts, "MYSTERY")
    assert list(read_aliases(world.counts)) == []


def test_a_code_that_another_count_confirmed_otherwise_stays_as_it_is_and_staff_are_told(world: World) -> None:
    world.opened()
    header = ",".join(TITLES)
    world.upload("fixes.csv", f"{header}\r\n,,MYSTERY,,,NUT-M6,,yes\r\n".encode())
    world.replay("capture", "scan")
    world.upload("fixes.csv", f"{header}\r\n,,MYSTERY,,,HINGE-75,,yes\r\n".encode())
    world.replay("capture", "scan")
    assert [known.sku for known in read_aliases(world.counts)] == ["NUT-M6"]
    page = world.replay("session", "show-session")["body"]
    assert "fixes.csv, row 2 was not used:" in page
    assert f"stays remembered as NUT-M6, which count {SESSION} confirmed, and not as HINGE-75" in page


@pytest.mark.parametrize("write", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("done", [False, True])
def test_a_capture_with_fixes_killed_at_any_moment_is_as_good_as_new_after_its_retry(
    world: World, write: int, done: bool
) -> None:
    world.opened()
    header = ",".join(TITLES)
    world.upload("scan.csv", SCAN)
    world.upload("fixes.csv", f"{header}\r\nscan.csv,7,MYSTERY,5,,HINGE-75,,yes\r\n".encode())
    with killed_at(write, done=done) as begun, suppress(Killed):
        world.replay("capture", "scan")
    assert len(begun) == write  # so that the moment was one of the run's: number, alias, parked rows, header, document
    world.replay("capture", "scan")
    outcome = captured(world).outcome
    assert [(line.sku, line.counted_qty) for line in outcome.lines if line.sku == "HINGE-75"] == [
        ("HINGE-75", Decimal(5))
    ]
    assert outcome.aliases == (Alias("MYSTERY", "HINGE-75", RowRef("fixes.csv", 2)),)
    assert outcome.problems == ()
    assert [known.sku for known in read_aliases(world.counts)] == ["HINGE-75"]


def test_files_that_are_too_large_together_are_refused_by_name_and_the_others_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("stkr.capture.shell.MAX_FOLDER_BYTES", len(SCAN) + 30)
    world.opened()
    for name, content in (("a.csv", SCAN), ("b.csv", b"code,qty\nHINGE-75,30\n"), ("c.csv", b"code,qty\nHINGE-75,9\n")):
        world.upload(name, content)
    world.replay("capture", "scan")
    (problem,) = captured(world).outcome.problems
    assert (problem.file, "open a second count" in problem.problem) == ("c.csv", True)
    assert counted(world)["HINGE-75"] == 30


def test_a_file_refused_by_a_closed_count_is_named_with_its_area(world: World) -> None:
    unknown = event("capture", "unknown-session")
    body = json.loads(unknown["Records"][0]["body"])
    session_id = body["detail"]["object"]["key"].split("/")[1]
    body["detail"]["object"]["key"] = f"{keyspace.upload_prefix(session_id)}Front/late.csv"
    unknown["Records"][0]["body"] = json.dumps(body)
    world.invoke("capture", unknown)
    stored = boto3.client("dynamodb").query(
        TableName=world.counts,
        KeyConditionExpression="PK = :session",
        ExpressionAttributeValues={":session": {"S": keyspace.session(session_id)}},
    )
    assert [item["file"]["S"] for item in stored["Items"]] == ["Front/late.csv"]


def test_a_recount_of_some_items_knows_confirmed_codes_too(world: World) -> None:
    world.opened()
    world.upload("fixes.csv", f"{','.join(TITLES)}\r\n,,MYSTERY,,,NUT-M6,,yes\r\n".encode())
    world.replay("capture", "scan")
    session_id = world.open(Opening(PLACE, "Ann", skus=("NUT-M6",)), "9c1d")
    known = documents.read_document(world.bucket, keyspace.snapshot_object(SessionId(session_id)), dict)
    assert known is not None
    assert known["rows"]["NUT-M6"]["aliases"] == ["MYSTERY"]


def test_an_item_that_was_counted_by_mistake_goes_with_the_upload_that_no_longer_lists_it(world: World) -> None:
    world.counted()
    assert "PAINT-RED" in world.lines()
    world.upload("scan.csv", SCAN.replace(b"PAINT-RED,3\n", b""))
    world.replay("capture", "scan")
    world.reconcile(2)
    assert "PAINT-RED" not in world.lines()
    assert [entry["action"] for entry in world.trail("PAINT-RED")] == ["queued", "withdrawn"]
