"""Workbooks as office programs save them, from sources beside this file and from the corpus itself.

``python -m tests.unit.capture.corpus_src.office_files FOLDER`` needs LibreOffice Calc and Gnumeric.
"""

# ruff: noqa: S603, S607 - it starts two office programs by name, on files of this project
import subprocess
import sys
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import load_workbook

from stkr.session.sheet import COLUMNS, xlsx_sheet
from stkr.stockfile.read import read_stock, snapshot_of
from tests.unit.web.samples import SESSION

HERE = Path(__file__).parent
CORPUS = HERE.parent / "corpus"
COUNTED: dict[str, int | float | str | None] = {
    "BOLT-M6-50": "18 boxes",
    "DRILL-18V": 0,
    "000451": "300",
    "ROPE-8": 55.125,
    "NUT-M6": None,
    "PAINT-5L": 29,
    "SCREW-A": "about 10",
}


def filled_in(path: Path) -> None:
    """Our own blind sheet, filled in by hand: some cells as text, one left empty, and a find below the list."""
    snapshot = snapshot_of(read_stock("stock.csv", (CORPUS / "stock.csv").read_bytes()), "Main")
    book = load_workbook(BytesIO(xlsx_sheet(SESSION, snapshot)))
    sheet = book.worksheets[0]
    row = 2
    while sku := sheet.cell(row, 1).value:
        sheet.cell(row, len(COLUMNS)).value = COUNTED.get(str(sku))
        row += 1
    sheet.cell(row, 1).value = "5901234123457"
    sheet.cell(row, len(COLUMNS)).value = 2
    book.save(path)


def main(folder: Path) -> None:
    """Write every file."""
    with TemporaryDirectory() as scratch:
        own = Path(scratch) / "own_sheet.xlsx"
        filled_in(own)
        for source in (own, CORPUS / "opticon.csv", CORPUS / "quantities.csv", HERE / "calc_count.fods"):
            name = source.stem.removeprefix("calc_") + ".xlsx"
            # A CSV file in UTF-8 with commas and double quotes.
            options = ["--infilter=CSV:44,34,76"] if source.suffix == ".csv" else []
            target = ["--convert-to", "xlsx", "--outdir", scratch + "/calc"]
            subprocess.run(["soffice", "--headless", *options, *target, str(source)], check=True)
            (Path(scratch) / "calc" / f"{source.stem}.xlsx").rename(folder / f"calc_{name}")
            if source.suffix != ".fods":
                subprocess.run(["ssconvert", str(source), str(folder / f"gnumeric_{name}")], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
