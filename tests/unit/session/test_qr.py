"""QR codes of location links: a reader that is none of ours reads them back, whatever they are drawn with."""

import io
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from stkr.links.tokens import CountLink, SigningKeys, address
from stkr.session.qr import inline_svg, png, svg
from tests.qr import read

pytestmark = pytest.mark.unit

HOME = "https://abcdefghijklmnopqrstuvwxyz012345.lambda-url.eu-west-2.on.aws/"
LINK = address(CountLink(home=HOME, location="fixings-aisle", expires_at=1_826_809_200), SigningKeys("k" * 64))


def opened(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("L")


def drawn(markup: str, pixels: int = 6) -> Image.Image:
    """What a browser makes of the code's SVG: horizontal strokes, one a run of modules."""
    root = ET.fromstring(markup)  # noqa: S314 - our own output
    box = root.get("viewBox")
    side = int(box.split()[2]) if box else int(root.attrib["width"]) // 12
    image = Image.new("L", (side * pixels, side * pixels), 128)
    pen = ImageDraw.Draw(image)
    light, dark = (each.attrib for each in root.iter() if each.tag.rpartition("}")[2] == "path")
    assert (light["fill"], light["d"]) == ("#fff", f"M0 0h{side}v{side}h-{side}z")
    pen.rectangle((0, 0, image.width, image.height), fill=255)
    assert dark["stroke"] == "#000"
    x = y = 0.0
    for command, first, second in re.findall(r"([Mmh])(-?[\d.]+)(?: (-?[\d.]+))?", dark["d"]):
        if command == "M":
            x, y = float(first), float(second)
        elif command == "m":
            x, y = x + float(first), y + float(second)
        else:
            left, top, x = x * pixels, (y - 0.5) * pixels, x + float(first)
            pen.rectangle((left, top, x * pixels - 1, top + pixels - 1), fill=0)
    return image


@pytest.mark.parametrize(
    "image", [opened(png(LINK)), drawn(svg(LINK).decode()), drawn(inline_svg(LINK))], ids=["png", "svg", "on the card"]
)
def test_a_reader_finds_the_very_link(image: Image.Image) -> None:
    assert read(image).text == LINK


@settings(max_examples=20)
@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,63}", fullmatch=True), st.integers(1, 2**33))
def test_the_link_of_any_location_is_read_back(location: str, expires_at: int) -> None:
    link = address(CountLink(home=HOME, location=location, expires_at=expires_at), SigningKeys("k" * 64))
    assert read(opened(png(link))).text == link


def test_a_scuff_does_not_hide_the_link() -> None:
    image = opened(png(LINK))
    side = image.width
    ImageDraw.Draw(image).rectangle((side * 0.45, side * 0.5, side * 0.65, side * 0.65), fill=255)
    assert read(image).text == LINK


def test_the_code_has_the_margin_that_readers_ask_for_and_modules_that_phones_make_out() -> None:
    image = opened(png(LINK))
    modules = image.width // 12
    assert modules <= 77
    dark = image.point(lambda shade: 255 - shade).getbbox()
    assert dark == (48, 48, image.width - 48, image.height - 48)


def test_the_code_on_a_page_needs_no_style() -> None:
    assert "style" not in inline_svg(LINK)
    assert "script" not in inline_svg(LINK)
