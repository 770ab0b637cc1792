// Workbooks as ExcelJS and SheetJS make them: npm install && node javascript_files.mjs FOLDER
import ExcelJS from "exceljs";
import SheetJS from "xlsx";
import { join } from "node:path";

const folder = process.argv[2];

async function excelJs() {
  const book = new ExcelJS.Workbook();
  const sheet = book.addWorksheet("Count", { views: [{ state: "frozen", ySplit: 3 }] });
  sheet.mergeCells("A1:E1");
  sheet.getCell("A1").value = "Stock count of Saturday";
  sheet.getRow(3).values = ["SKU", "Expected", "Counted", "Location", "Counted on"];
  sheet.getColumn(2).hidden = true;
  const rows = [
    [{ richText: [{ font: { bold: true }, text: "BOLT" }, { text: "-M6-50" }] }, 480, { formula: "400+32", result: 432 }],
    [4006381333931, 1200, "1200"],
    [{ text: "DRILL-18V", hyperlink: "https://example.com/drill" }, 7, { formula: "NA()", result: { error: "#N/A" } }],
    [new Date(Date.UTC(2026, 2, 1)), 30, 5],
    ["PAINT-5L", 30, { formula: "4*7" }],
    ["ROPE-8", 55.5, 1.234],
    ["FÜGE-1", 12, true],
    ["000451", 300, null],
  ];
  for (const [sku, expected, counted] of rows) {
    sheet.addRow([sku, expected, counted, "Main", new Date(Date.UTC(2026, 5, 27, 9, 30))]);
  }
  sheet.getRow(5).hidden = true;
  await book.xlsx.writeFile(join(folder, "exceljs_count.xlsx"));
}

function sheetJs() {
  const rows = [
    ["Barcode", "Qty", "Scanned at"],
    [5012345678900, 432, new Date(Date.UTC(2026, 5, 27))],
    ["4006381333931", "1200", new Date(Date.UTC(2026, 5, 27))],
    [123456789012345678, 5, null],
    [null, 7, null],
    [7622210449283, 0.1 + 0.2, null],
  ];
  const sheet = SheetJS.utils.aoa_to_sheet(rows, { cellDates: true });
  sheet["!cols"] = [{ wch: 20 }, { hidden: true }];
  const book = SheetJS.utils.book_new();
  SheetJS.utils.book_append_sheet(book, sheet, "Scans");
  SheetJS.writeFile(book, join(folder, "sheetjs_scans.xlsx"), { cellDates: true, compression: true });
  // Shared strings instead of texts within their cells, and a formula that nobody calculated.
  const other = SheetJS.utils.aoa_to_sheet([["sku", "counted_qty"], ["BOLT-M6-50", null], ["NUT-M6", 1200]]);
  other["B2"] = { t: "n", f: "400+32" };
  const second = SheetJS.utils.book_new();
  SheetJS.utils.book_append_sheet(second, other, "Count");
  SheetJS.writeFile(second, join(folder, "sheetjs_shared.xlsx"), { bookSST: true, compression: true });
}

await excelJs();
sheetJs();
