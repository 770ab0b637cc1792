"""Workbooks as XlsxWriter makes them, which is closest to Excel's own: ``python xlsxwriter_files.py FOLDER``."""

import sys
from datetime import date
from pathlib import Path

import xlsxwriter  # type: ignore[import-not-found,unused-ignore]  # installed only to renew the corpus


def table(folder: Path) -> None:
    """A table with a title, a filter that hides a row, a totals row, and codes whose zeros are only shown."""
    with xlsxwriter.Workbook(folder / "xlsxwriter_table.xlsx") as book:
        sheet = book.add_worksheet("Count")
        bold = book.add_format({"bold": True})
        sheet.merge_range("A1:D1", "Stock count of Saturday", bold)
        sheet.write_row("A2", ["Counted by", "Sam"])
        sheet.add_table(
            "A4:D10",
            {
                "total_row": True,
                "columns": [
                    {"header": "SKU", "total_string": "Total"},
                    {"header": "Name"},
                    {"header": "Counted", "total_function": "sum", "total_value": 1961},
                    {"header": "Note"},
                ],
            },
        )
        sheet.write_rich_string("A5", bold, "BOLT", "-M6-", bold, "50")
        sheet.write_string("C5", "432", book.add_format({"num_format": "@"}))
        sheet.write_row("A6", ["NUT-M6", "M6 nut", 1200])
        sheet.set_row(5, None, None, {"hidden": True})
        for row, code, zeros, counted in ((6, 451, 6, 300), (7, 36000291452, 12, 29), (8, 12348, 8, 0)):
            sheet.write_number(row, 0, code, book.add_format({"num_format": "0" * zeros}))
            sheet.write_number(row, 2, counted)


def formats(folder: Path) -> None:
    """Quantities in number formats that change what a number says, and in others that do not."""
    with xlsxwriter.Workbook(folder / "xlsxwriter_formats.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["SKU", "Counted"])
        rows: list[tuple[str, float, str]] = [
            ("BOLT-M6-50", 4, '0" boxes"'),
            ("NUT-M6", 1200, "#,##0"),
            ("DRILL-18V", 0.07, "0%"),
            ("PAINT-5L", 29, "[$£-809]#,##0.00"),
            ("ROPE-8", 55.125, "0.0"),
            ("FÜGE-1", 46200, "dd/mm/yyyy"),
            ("000451", 300, '_-* #,##0_-;-* #,##0_-;_-* "-"_-;_-@_-'),
            ("SCREW-A", 1e-7, "General"),
            ("SCREW-B", 1e10, "0.00E+00"),
        ]
        for row, (sku, counted, code) in enumerate(rows, 1):
            sheet.write_string(row, 0, sku)
            sheet.write_number(row, 1, counted, book.add_format({"num_format": code}))
        sheet.write_string("A11", "TILE-3")
        sheet.write_boolean("B11", True)


def formulas(folder: Path) -> None:
    """Formulas that were never calculated: this writer stores 0 as their result and has the reader calculate afresh."""
    with xlsxwriter.Workbook(folder / "xlsxwriter_formulas.xlsx") as book:
        sheet = book.add_worksheet()
        sheet.write_row("A1", ["SKU", "Boxes of 24", "Loose", "Counted"])
        sheet.write_row("A2", ["BOLT-M6-50", 18, 0])
        sheet.write_formula("D2", "=B2*24+C2")
        sheet.write_row("A3", ["NUT-M6", 0, 1200, 1200])


def sheets(folder: Path) -> None:
    """Cover, notes, a chart and a hidden sheet around two counts; texts within their cells, dates from 1904."""
    with xlsxwriter.Workbook(folder / "xlsxwriter_sheets.xlsx", {"constant_memory": True, "date_1904": True}) as book:
        cover = book.add_worksheet("Cover")
        for row, titles in enumerate((["Stock count", "June"], ["Location", "Main"], ["Counted by", "Sam"])):
            cover.write_row(row, 0, titles)
        cover.write_datetime(3, 1, date(2026, 6, 27), book.add_format({"num_format": "d mmm yyyy"}))
        counts: dict[str, list[list[str | int | None]]] = {
            "Front": [["BOLT-M6-50", "A1", 400], ["NUT-M6", "A1", 1200]],
            "Back": [["BOLT-M6-50", "B7", 32], ["PAINT-5L", "B7", None]],
            "Old": [["DRILL-18V", "C1", 99]],
        }
        for name, rows in counts.items():
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["SKU", "Bin", "Counted"])
            for row, cells in enumerate(rows, 1):
                sheet.write_row(row, 0, cells)
            if name == "Old":
                sheet.hide()
        notes = book.add_worksheet("Notes")
        notes.write_column("A1", ["The ladder is broken.", "Aisle 3 was locked."])
        chart = book.add_chart({"type": "bar"})
        chart.add_series({"values": "=Front!$C$2:$C$3"})
        book.add_chartsheet("Chart").set_chart(chart)


if __name__ == "__main__":
    for make in (table, formats, formulas, sheets):
        make(Path(sys.argv[1]))
