"""SKU patterns of the rules doc: ``*`` stands for any characters, ``?`` for one, and case does not matter."""

from fnmatch import fnmatchcase
from functools import cache

WILDCARDS = "*?"


def fits(pattern: str, sku: str) -> bool:
    """Whether a pattern speaks about a SKU."""
    # fnmatch knows sets in brackets as well; here a bracket is a character like any other.
    return fnmatchcase(sku.casefold(), pattern.casefold().replace("[", "[[]"))


def overlap(one: str, other: str) -> bool:
    """Whether some SKU fits both patterns."""
    left, right = one.casefold(), other.casefold()

    @cache
    def rest(at: int, beside: int) -> bool:
        here, there = left[at : at + 1], right[beside : beside + 1]
        if here == "*":
            return rest(at + 1, beside) or (bool(there) and rest(at, beside + 1))
        if there == "*":
            return rest(at, beside + 1) or (bool(here) and rest(at + 1, beside))
        if not (here and there):
            return here == there
        return (here == there or "?" in (here, there)) and rest(at + 1, beside + 1)

    return rest(0, 0)


def specificity(pattern: str) -> tuple[bool, int]:
    """Sorts patterns: a SKU written out is above every wildcard, and more letters are above fewer."""
    literals = sum(character not in WILDCARDS for character in pattern)
    return (literals == len(pattern), literals)
