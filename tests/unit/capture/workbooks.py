"""Workbooks made in memory, well-formed and otherwise."""

from collections.abc import Callable, Iterable, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

CONTENT_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
PACKAGE = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://x/officeDocument" Target="/xl/workbook.xml"/></Relationships>'
)
RELATIONS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="rId1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/>'
    '<Relationship Id="rId2" Type="http://x/sharedStrings" Target="sharedStrings.xml"/>'
    '<Relationship Id="rId3" Type="http://x/styles" Target="styles.xml"/></Relationships>'
)
BOOK = (
    '<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
    '<sheets><sheet name="Count" sheetId="1" r:id="rId1"/></sheets></workbook>'
)


def first_sheet(book: Workbook) -> Worksheet:
    """The sheet a new workbook has."""
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    return sheet


def saved(book: Workbook) -> bytes:
    """The bytes of a workbook."""
    stream = BytesIO()
    book.save(stream)
    return stream.getvalue()


def workbook(rows: Iterable[Sequence[object]]) -> bytes:
    """A workbook of one sheet, as a spreadsheet program saves it."""
    book = Workbook()
    for row in rows:
        first_sheet(book).append(list(row))
    return saved(book)


def raw_workbook(
    sheet: str,
    *,
    shared: str = "<sst/>",
    styles: str = "<styleSheet/>",
    relations: str = RELATIONS,
    book: str = BOOK,
    package: str = PACKAGE,
    rename: Callable[[str], str] = str,
) -> bytes:
    """A workbook of one sheet from its XML, which may be anything; ``rename`` is done to the paths of its parts."""
    parts = {
        "[Content_Types].xml": CONTENT_TYPES,
        "_rels/.rels": package,
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": relations,
        "xl/sharedStrings.xml": shared,
        "xl/styles.xml": styles,
        "xl/worksheets/sheet1.xml": sheet,
    }
    stream = BytesIO()
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for path, content in parts.items():
            archive.writestr(rename(path), content)
    return stream.getvalue()


def formatted_tail(rows: int) -> bytes:
    """A sheet of that many rows whose second and last hold a count of 432 bolts and of 7 nuts, the others formats."""

    def counted(row: int, code: str, count: str) -> str:
        text = f'<c r="A{row}" t="str"><v>{code}</v></c><c r="B{row}" t="str"><v>{count}</v></c>'
        return f'<row r="{row}" spans="1:3">{text}<c r="C{row}" s="1"/></row>'

    empty = (
        f'<row r="{row}" spans="1:3" s="1"><c r="A{row}" s="1"/><c r="B{row}" s="1"/></row>' for row in range(3, rows)
    )
    parts = [counted(1, "sku", "count"), counted(2, "BOLT", "432"), *empty, counted(rows, "NUT", "7")]
    return raw_workbook(f"<worksheet><sheetData>{''.join(parts)}</sheetData></worksheet>")
