"""Pictures of every page and mail, on a phone and on a desktop, for docs/screenshots."""

import io
import re
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, ViewportSize

from local.browser import Page
from local.chromium import show
from local.gallery import Gallery

WIDTHS: dict[str, tuple[ViewportSize, int]] = {
    "phone": ({"width": 390, "height": 844}, 2),
    "desktop": ({"width": 1280, "height": 800}, 1),
}
"""The size of the screen, and the dots each of its pixels has."""

SCREENS = 3
"""What is further down than so many screens is cut off."""

COLOURS = 128
"""Pages have few, and the shades of their letters; with a palette a picture is a third of the size."""

DARK = ("count-parked", "decision-approve", "decision-approved", "mail-digest")
"""Of these there is a picture in the dark, too."""


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
        for variant in (name, f"{name}-dark") if name in DARK else (name,):
            for width in WIDTHS:
                path = folder / f"{variant}-{width}.png"
                path.write_bytes(_picture(browser, page, width, dark=variant != name))
                taken.append(path)
                listing.append(_SHOWN.format(path=path.name, alt=f"{variant}, {width}", width=_SHOWN_WIDTHS[width]))
    (folder / "README.md").write_text("\n".join(listing) + "\n", "utf-8")
    return taken


_HEAD = """# Every page and every mail

Taken by `make screenshots` from the emulated stack, as a count of the demo shop brings them about.
The dates are those of the day they were taken."""
_SHOWN = '<img src="{path}" alt="{alt}" width="{width}">'
_SHOWN_WIDTHS = {"phone": 260, "desktop": 560}


def _title(page: Page) -> str:
    found = re.search(r"<title>(.*?)</title>", page.body, flags=re.DOTALL)
    return found[1].strip() if found else ""


def _picture(browser: Browser, page: Page, width: str, *, dark: bool) -> bytes:
    screen, dots = WIDTHS[width]
    tab = browser.new_page(
        viewport=screen,
        device_scale_factor=dots,
        color_scheme="dark" if dark else "light",
        java_script_enabled=False,
    )
    show(tab, page)
    whole = Image.open(io.BytesIO(tab.screenshot(full_page=True))).convert("RGB")
    tab.close()
    seen = whole.crop((0, 0, whole.width, min(whole.height, SCREENS * screen["height"] * dots)))
    packed = io.BytesIO()
    seen.quantize(COLOURS, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
    return packed.getvalue()
