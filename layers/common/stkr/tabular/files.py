"""From a file's name and bytes to its tables."""

import re
from pathlib import PurePath

from stkr.domain.errors import CountFileError
from stkr.tabular.delimited import Judge, read_delimited
from stkr.tabular.sheet import MAX_FILE_BYTES, Sheet
from stkr.tabular.xlsx.worksheets import read_workbook

SUFFIXES = (".csv", ".txt", ".tsv", ".xlsx")
_ZIP = b"PK\x03\x04"
# What some systems call an Excel export.
_MARKUP = re.compile(rb"[^<\w]{0,20}<(?:!doctype|html|head|meta|style|body|table|\?xml)\b", re.IGNORECASE)
_MARKUP_WITHIN = 200
_OLE = b"\xd0\xcf\x11\xe0"


def open_tables(name: str, content: bytes, judge: Judge) -> tuple[Sheet, ...]:
    """Open a CSV, TXT, TSV or XLSX file. Its bytes decide which it is, since people rename files.

    :raises CountFileError: when it is empty, too large, or none of these.
    """
    suffix = PurePath(name).suffix.casefold()
    if suffix not in SUFFIXES:
        raise CountFileError(f"files of type {suffix or 'unknown'} are not read: save it as CSV or XLSX")
    if len(content) > MAX_FILE_BYTES:
        raise CountFileError(f"the file is larger than {MAX_FILE_BYTES // 1_000_000} MB: split it")
    if content.startswith(_ZIP):
        return read_workbook(content)
    if content.startswith(_OLE):
        raise CountFileError("this is an old or a password-protected Excel file: save it as a plain XLSX or CSV")
    if _MARKUP.match(content[:_MARKUP_WITHIN].replace(b"\0", b"")):
        raise CountFileError(
            "this is a web page or XML under another name: open it in a spreadsheet and save it as XLSX"
        )
    if not content.strip():
        raise CountFileError("the file is empty")
    return (read_delimited(content, judge),)
