"""SKU patterns of the rules doc: ``*`` stands for any characters, ``?`` for one, and case does not matter."""

import re
from fnmatch import fnmatchcase
from functools import lru_cache

WILDCARDS = "*?"


def fits(pattern: str, sku: str) -> bool:
    """Whether a SKU fits a pattern."""
    # fnmatch knows sets in brackets as well; here a bracket is a character like any other.
    return fnmatchcase(sku.casefold(), pattern.casefold().replace("[", "[[]"))


def overlap(first: str, second: str) -> bool:
    """Whether some SKU fits both patterns.

    The first is walked character by character; the places where the second can be meanwhile are the bits of a number.
    """
    places = _places(_plain(second))
    stars, end = places.get("*", 0), 1 << len(_plain(second))
    any_one = end - 1 & ~stars

    def with_skipped_stars(at: int) -> int:
        return at | (at & stars) << 1

    at = with_skipped_stars(1)
    for character in _plain(first):
        if character == "*":
            at = -(at & -at) & (end << 1) - 1  # wherever it is, and anywhere behind
        else:
            fitting = any_one if character == "?" else places.get("?", 0) | places.get(character, 0)
            at = with_skipped_stars((at & fitting) << 1 | at & stars)
    return bool(at & end)


@lru_cache(maxsize=256)
def _places(plain: str) -> dict[str, int]:
    """The places of each character of a pattern, as bits."""
    places: dict[str, int] = {}
    for place, character in enumerate(plain):
        places[character] = places.get(character, 0) | 1 << place
    return places


def _plain(pattern: str) -> str:
    """A pattern in lower case, with one star where several follow each other."""
    return re.sub(r"\*+", "*", pattern.casefold())


def specificity(pattern: str) -> tuple[bool, int]:
    """Sorts patterns: a SKU written out is above every wildcard, and more letters are above fewer."""
    literals = sum(character not in WILDCARDS for character in pattern)
    return (literals == len(pattern), literals)
