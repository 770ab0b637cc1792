"""Uploads that are made to exhaust or to mislead whoever reads them, through the real capture function."""

import io
import json
from collections.abc import Iterator
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from local.events import event
from stkr.domain.names import SessionId
from stkr.session.core import Opening
from stkr.store import keyspace
from stkr.store.sessions import read_session
from tests.attacks.attacker import Attacker, Attempt
from tests.handlers.world import PLACE, SESSION
from tests.unit.capture.workbooks import raw_workbook

_ROW: Final = "<row r='{n}'><c r='A{n}' t='str'><v>BOLT-M6-50</v></c><c r='B{n}'><v>4</v></c></row>"
_ENTITIES: Final = (
    "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in zip("abcdefghi", "bcdefghij", strict=True))
    + "]><worksheet>&j;</worksheet>"
)
_OUTSIDE: Final = "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><worksheet>&a;</worksheet>"


def _sheet(inner: str) -> bytes:
    return raw_workbook(f"<worksheet><sheetData>{inner}</sheetData></worksheet>")


def _zip(names: list[str], content: bytes) -> bytes:
    stream = io.BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, content)
    return stream.getvalue()


def _nested(depth: int) -> bytes:
    content = b"code,qty\nBOLT-M6-50,4\n"
    for _ in range(depth):
        content = _zip(["xl/workbook.xml"], content)
    return content


def _hostile() -> Iterator[tuple[str, str, bytes]]:
    """What kind of file, its name, its content; none of them holds a count that a person would have made."""
    yield "bomb by ratio", "a.xlsx", raw_workbook(" " * 40_000_000)
    yield "bomb by ratio", "a.xlsx", raw_workbook("<worksheet/>", shared=" " * 60_000_000)
    yield "bomb by ratio", "a.csv", raw_workbook("<worksheet>" + "<a>" * 5_000_000)
    for part in ("sheet", "shared", "styles", "relations", "book", "package"):
        for bomb in (_ENTITIES, _OUTSIDE):
            given = {"sheet": "<worksheet/>", part: bomb}
            yield "entities", "a.xlsx", raw_workbook(**given)  # type: ignore[arg-type]  # parts are texts
    yield "huge dimensions", "a.xlsx", _sheet("<row r='1'><c r='XFD1'><v>1</v></c></row>")
    yield "huge dimensions", "a.xlsx", _sheet("<row r='1'><c r='ZZZZZZ1'><v>1</v></c></row>")
    yield "huge dimensions", "a.xlsx", _sheet("<row r='99999999999'><c r='A99999999999'><v>1</v></c></row>")
    yield "huge dimensions", "a.xlsx", _sheet(f"<row r='-1'><c r='A{'9' * 5000}'><v>1</v></c></row>")
    yield "a cell without an end", "a.xlsx", _sheet(f"<row r='1'><c r='A1' t='str'><v>{'x' * 2_000_000}</v></c></row>")
    yield "deep nesting", "a.xlsx", raw_workbook("<worksheet>" + "<a>" * 100_000)
    yield "deep nesting", "a.xlsx", _nested(50)
    yield "deep nesting", "a.zip.xlsx", _zip([f"{'a/' * 400}{n}" for n in range(500)], b"x")
    yield "paths in the archive", "a.xlsx", _zip(["../../etc/passwd", "/etc/passwd", "C:\\x"], b"x")
    yield "paths in the archive", "a.xlsx", raw_workbook("<worksheet/>", rename=lambda path: f"../{path}")
    yield "not what it says", "a.xlsx", b"PK\x03\x04" + b"\0" * 100_000
    yield "not what it says", "a.csv", bytes(range(256)) * 4_000
    yield "not what it says", "a.csv", b"\x89PNG\r\n\x1a\n" + b"\0" * 10_000
    yield "not what it says", "a.csv", b"%PDF-1.7\n" + b"\xff" * 10_000
    yield "not what it says", "a.txt", b"<!DOCTYPE html><script>alert(1)</script>"
    yield "one long line", "a.csv", b"BOLT-M6-50," * 1_000_000
    yield "one long line", "a.csv", b"x" * 12_000_000
    yield "one long line", "a.csv", b'"' + b"x" * 12_000_000
    yield "one long line", "a.csv", b'code,qty\n"BOLT-M6-50' + b"\n4" * 500_000
    yield "too many rows", "a.csv", b"code,qty\n" + b"NOTHING,1\n" * 400_000
    yield "nothing in it", "a.csv", b""
    yield "nothing in it", "a.csv", b"\0" * 1_000_000
    yield "nothing in it", "a.csv", b"\n" * 1_000_000


def hostile_files(attacker: Attacker) -> Iterator[Attempt]:
    """Bombs, endless cells, deep archives and what is no table: refused, nothing counted, never tried again."""
    world = attacker.world
    for number, (what, name, content) in enumerate(_hostile()):
        session = world.open(Opening(PLACE, "Sam"), f"f11e{number}")
        world.put(f"{keyspace.upload_prefix(SessionId(session))}{name}", content)
        uploaded = json.loads(json.dumps(event("capture", "scan")).replace(SESSION, session).replace("scan.csv", name))
        try:
            answer = world.invoke("capture", uploaded)
        except Exception as error:  # noqa: BLE001 - the file has broken something
            yield Attempt(what, type(error).__name__, accepted=False, broke=True)
            continue
        again = bool(answer["batchItemFailures"])
        stands = read_session(world.counts, SessionId(session))
        counted = bool(stands.rows and stands.rows["counted"])
        yield Attempt(what, "tried again" if again else "refused with a reason", counted, again)
