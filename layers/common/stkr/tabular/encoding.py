"""The encoding of a text file, by its byte order mark, its zero bytes, or by being valid UTF-8."""

import codecs

from stkr.domain.errors import CountFileError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # UTF-32's little-endian mark begins with UTF-16's, so it comes first.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CHUNK = 1 << 20
_HEAD = 4096
# What no text file holds: control characters other than tab, line ends, form feed, escape and the DOS end-of-file mark.
_BINARY = bytes(byte for byte in range(32) if byte not in b"\t\n\r\x0b\x0c\x1a\x1b")
# A scanner frames every code with the same one or two of them; a binary file holds many kinds.
_FRAMING = 3


def encoding_of(content: bytes) -> str:
    """Name the codec a text file is read with; undecodable bytes are replaced, so that they cost a cell and not a file.

    :raises CountFileError: for content that is not text.
    """
    for mark, codec in _MARKS:
        if content.startswith(mark):
            return codec
    head = content[:_HEAD]
    zeros = head.count(0)
    if zeros:
        # Mostly Latin text in UTF-16 without a mark: every other byte is zero, and which ones shows the byte order.
        odd = head[1::2].count(0)
        if zeros * 4 >= len(head) and max(odd, zeros - odd) >= 9 * min(odd, zeros - odd):
            return "utf-16-le" if odd * 2 > zeros else "utf-16-be"
    controls = len(head) - len(head.translate(None, _BINARY))
    kinds = len(set(head) & set(_BINARY))
    if controls * 2 > len(head) or (controls * 50 > len(head) and kinds > _FRAMING):
        raise CountFileError("this is not a text file: save it as CSV or XLSX")
    return "utf-8" if _is_utf8(content) else "cp1252"


def encoding_name(codec: str) -> str:
    """What people call a codec that ``encoding_of`` names."""
    return "Windows-1252" if codec == "cp1252" else "-".join(codec.upper().split("-")[:2])


def _is_utf8(content: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(content), _CHUNK):
            decoder.decode(content[start : start + _CHUNK])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
