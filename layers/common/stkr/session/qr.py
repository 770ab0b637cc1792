"""The QR code of a location's link, drawn so that a phone reads it from paper at the end of an aisle.

A link is about 290 characters in both cases, so it is written in bytes (the denser alphanumeric form has no small
letters). At level M that makes 69 modules a side, which are 1.3 mm wide where the code is printed 10 cm wide; level Q
would mend scuffs of a quarter instead of 15 percent, but with modules a tenth smaller, and phones give up on small
modules before paper in a shop is that worn. The margin is the 4 modules that ISO/IEC 18004 asks for, and both colours
are drawn, so that the code is dark on light wherever it is shown.
"""

import io
from typing import Final

import segno
from markupsafe import Markup

SVG_TYPE: Final = "image/svg+xml"
PNG_TYPE: Final = "image/png"

_MARGIN: Final = 4
_DARK, _LIGHT = "#000", "#fff"
_PIXELS: Final = 12
"""Pixels a module, about 900 a side: sharp in any print up to 11 cm at 200 dpi, and a few kilobytes."""


def inline_svg(address: str) -> Markup:
    """The code as a part of a page, as large as its place; it uses no style and needs a name beside it."""
    drawn = _code(address).svg_inline(border=_MARGIN, dark=_DARK, light=_LIGHT, omitsize=True, svgclass=None)
    return Markup(drawn)  # noqa: S704 - paths of segno's own; the address is in them as modules only


def svg(address: str) -> bytes:
    """The code as an SVG file, for print in any size."""
    return _saved(address, "svg")


def png(address: str) -> bytes:
    """The code as a PNG file, for label printers and text documents."""
    return _saved(address, "png")


def _saved(address: str, kind: str) -> bytes:
    target = io.BytesIO()
    _code(address).save(target, kind=kind, scale=_PIXELS, border=_MARGIN, dark=_DARK, light=_LIGHT)
    return target.getvalue()


def _code(address: str) -> segno.QRCode:
    return segno.make_qr(address, error="m")
