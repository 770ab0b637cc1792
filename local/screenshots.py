"""Pictures of every page and mail, on a phone and on a desktop, for docs/screenshots."""

import io
import re
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ViewportSize

from local.browser import FetchedPage
from local.chromium import show
from local.gallery import Gallery


@dataclass(frozen=True)
class View:
    """How a page is looked at: its width and height in pixels, dots to a pixel, and how wide the list shows it.

    What is further down than so many screens is cut off.
    """

    screen: ViewportSize
    dots: int
    shown: int
    screens: int = 3
    dark: bool = False
    printed: bool = False


PHONE = View({"width": 390, "height": 844}, dots=2, shown=260)
DESKTOP = View({"width": 1280, "height": 800}, dots=1, shown=560)
PAPER = View({"width": 703, "height": 1032}, dots=1, shown=400, screens=1, printed=True)
"""A4 within margins of 12 mm, at 96 dots an inch."""

VIEWS = {"phone": PHONE, "desktop": DESKTOP}
DARK_VIEWS = {"phone-dark": replace(PHONE, dark=True)}
PAPER_VIEWS = {"paper": PAPER}

COLOURS = 128
"""Pages have few, and the shades of their letters; with a palette a picture is a third of the size."""

MORE_VIEWS = {
    "count-card": DARK_VIEWS | PAPER_VIEWS,  # a code has to be scanned from a dark screen, too
    "count-parked": DARK_VIEWS,
    "count-sheet": PAPER_VIEWS,
    "decision-approve": DARK_VIEWS,
    "mail-digest": DARK_VIEWS,
    "summary": DARK_VIEWS,
}
"""Of these pages there are more pictures."""


def take(browser: Browser, gallery: Gallery, folder: Path) -> list[Path]:
    """Write a picture of every page for every width, and a README.md that shows them; returns the pictures.

    Pictures of an earlier run that are not taken any more are removed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.png"):
        old.unlink()
    taken, listing = [], [_HEAD]
    for name, page in sorted(gallery.items()):
        listing.append(f"\n## {name}\n\n{_title(page)}\n")
        for how, view in (VIEWS | MORE_VIEWS.get(name, {})).items():
            path = folder / f"{name}-{how}.png"
            path.write_bytes(_picture(browser, page, view))
            taken.append(path)
            listing.append(f'<img src="{path.name}" alt="{name}, {how}" width="{view.shown}">')
    (folder / "README.md").write_text("\n".join(listing) + "\n", "utf-8")
    return [*taken, overview(folder)]


BEST = ("mail-digest-phone", "decision-approve-phone", "count-parked-phone", "count-card-phone")
"""What the README shows, side by side."""


def overview(folder: Path) -> Path:
    """Write one picture of the upper parts of the best ones, from those that were taken."""
    pictures = [Image.open(folder / f"{name}.png").convert("RGB") for name in BEST]
    width, height = 390, 910
    page = Image.new("RGB", (len(pictures) * (width + _GAP) - _GAP, height), "white")
    for place, picture in enumerate(pictures):
        small = picture.resize((width, picture.height * width // picture.width), Image.Resampling.LANCZOS)
        page.paste(small.crop((0, 0, width, min(height, small.height))), (place * (width + _GAP), 0))
    path = folder / "overview.png"
    path.write_bytes(_packed(page))
    return path


_GAP = 20


_HEAD = """# Every page and every mail

Taken by `make screenshots` from the emulated stack, as a count of the demo shop brings them about.
The dates are those of the day they were taken."""


def _title(page: FetchedPage) -> str:
    title = re.search(r"<title>(.*?)</title>", page.body, flags=re.DOTALL)
    return title[1].strip() if title else ""


def _picture(browser: Browser, page: FetchedPage, view: View) -> bytes:
    tab = browser.new_page(
        viewport=view.screen,
        device_scale_factor=view.dots,
        color_scheme="dark" if view.dark else "light",
        java_script_enabled=False,
    )
    tab.emulate_media(media="print" if view.printed else "screen")
    show(tab, page)
    whole = Image.open(io.BytesIO(tab.screenshot(full_page=True))).convert("RGB")
    tab.close()
    return _packed(whole.crop((0, 0, whole.width, min(whole.height, view.screens * view.screen["height"] * view.dots))))


def _packed(picture: Image.Image) -> bytes:
    """A picture as a PNG with a palette."""
    packed = io.BytesIO()
    # Every other way turns the thin edge of a note from gold to red, or a white card to the grey of the page.
    flat = picture.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, kmeans=3, dither=Image.Dither.NONE)
    flat.save(packed, "PNG", optimize=True)
    return packed.getvalue()
