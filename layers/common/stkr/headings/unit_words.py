"""What titles and lines of text say of the unit that was counted in: ``Menge VE``, *all quantities in cases*."""

import re
from collections.abc import Sequence
from functools import lru_cache

from stkr.domain.units import EACH, is_container, is_measure, mentions_unit, unit_named
from stkr.headings.titles import OWN_NOTE, is_exact_count, is_explained
from stkr.tabular.text import words

UNCLEAR = "?"
"""Stands for the unit where a title says that a number is of something, but not of what."""

_LONGEST_REMARK = 40
_LONGEST_LINE = 200
_BRACKETS = re.compile(r"[(\[{]([^()\[\]{}]*)[)\]}]")
_FACTOR = re.compile(r"x\d+|\d+x?|\d*[a-z]+\d+[a-z]*|\d+[a-z]+")
# As words of a title these are no units; "Units" is what a count is called that has none.
_NO_UNIT = frozenset("in no nos nr st und un u unit units unidad unidades item items single singles t g l m".split())
# In brackets behind the title of a count, these say nothing of its unit.
_ASIDE = frozenset(
    "required optional mandatory editable not only blind manual manually today here enter fill please by hand first "
    "second 1st 2nd 3rd whole numbers all any and or und oder pflichtfeld obligatorio obligatoire nur".split()
)
_PREPOSITIONS = frozenset("in en as by per im je a em por als i w are is sind son sont".split())
_MONEY = frozenset("price prices cost costs preis preise prix precio precios prezzo prezzi preco precos".split())
_FACTORS = frozenset("factor faktor conversion umrechnung umrechnungsfaktor facteur fattore".split())
_SIZES = frozenset("size sizes grosse inhalt content contents per je par por qty quantity taille tamano".split())
_FULL = frozenset("full whole complete volle vollen ganze ganzen pleins pleines completas completos enteras".split())
_TO_COUNT = frozenset("count counting counted zahlen zahle gezahlt compter contar contare tellen".split())
_ONLY = frozenset("only nur solo sola seulement alleen".split())
_AFTER_MARK = re.compile(r"[:=]\s*(?:[^\W\d_]+\s+)?[^\W\d_]+\W*$")
_SCOPE = frozenset(
    "all every everything counted counts count quantities quantity qty figures numbers amounts values stock units "
    "alle alles angaben mengen menge gezahlt zahlen werte bestande todas todos todo cantidades cantidad contado "
    "valores "
    "toutes tous tout quantites quantite chiffres comptes compte tutte tutti quantita valori alla antal aantallen "
    "hoeveelheden geteld quantidades".split()
)
_LABELS = frozenset(
    "unit units uom unite unites einheit einheiten mengeneinheit unidad unidades unita eenheid enhet enhed zahleinheit "
    "verpackungseinheit jednostka jednotka".split()
)
_BEFORE_A_SIZE = frozenset("of x a je per de von".split())
_AROUND_A_UNIT = _PREPOSITIONS | _SCOPE | _LABELS | _ONLY | _FULL | _BEFORE_A_SIZE


@lru_cache(maxsize=1024)
def unit_in_title(title: str) -> str:
    """The word for the unit that the title of a count names, empty where it names none.

    ``UNCLEAR`` where it has several, a factor (*x12*), or a word in brackets that we do not know.
    """
    if is_exact_count(title):
        return ""
    if "%" in title:
        return UNCLEAR
    text = OWN_NOTE.sub("", title.strip())
    found: set[str] = set()
    for aside in _BRACKETS.findall(text):
        beside = words(aside)
        for word in beside:
            # "(in)" are inches, "(in boxes)" are boxes.
            unit = _as_unit(word) if word != "in" or len(beside) == 1 else ""
            if unit:
                found.add(unit)
            elif not is_explained(word) and word not in _ASIDE and word not in _PREPOSITIONS:
                return UNCLEAR
    outside = words(_BRACKETS.sub(" ", text))
    for word in outside:
        unit = "" if word in _NO_UNIT else _as_unit(word)
        if unit:
            found.add(unit)
    has_factor = any(_FACTOR.fullmatch(word) and not unit_named(word) for word in words(text))
    if has_factor or len({unit_named(word) or word for word in found}) > 1:
        return UNCLEAR
    return found.pop() if found else ""


def _as_unit(word: str) -> str:
    unit = unit_named(word)
    if is_container(word) or unit == EACH or (unit and is_measure(unit)):
        return word
    return ""


@lru_cache(maxsize=1024)
def unit_in_line(line: str) -> str:
    """The word for the unit that a line of text says all counts are in; empty where it says no such thing.

    ``UNCLEAR`` where it only may say so. *Stored in boxes* says nothing of the counts, and *in case of fire* nothing.
    """
    if len(line) > _LONGEST_LINE:
        return ""
    said = tuple(word for word in words(line) if word not in _FULL)
    units = [(at, word) for at, word in enumerate(said) if _is_container_or_measure(word)]
    if not units or _MONEY & set(said):
        return ""
    if set(said) <= {units[0][1]} | _ONLY | _PREPOSITIONS or any(said[at - 1] in _TO_COUNT for at, _ in units if at):
        return UNCLEAR
    marked = _AFTER_MARK.search(line) is not None
    of_counts = [(at, word) for at, word in units if _is_said_of_counts(said, at, marked and at == len(said) - 1)]
    if not of_counts:
        return ""
    at, unit = of_counts[0]
    only_one_unit = len({unit_named(word) or word for _, word in units}) == 1
    return unit if only_one_unit and at == len(said) - 1 else UNCLEAR


def _is_said_of_counts(said: Sequence[str], at: int, marked: bool) -> bool:
    before = said[at - 1] if at else ""
    if said[at : at + 2] == ("case", "of") or not (_SCOPE | _LABELS) & set(said[:at]):
        return False
    return before in _PREPOSITIONS or (marked and before in _LABELS | _SCOPE)


def _is_container_or_measure(word: str) -> bool:
    return is_container(word) or (word != "in" and is_measure(unit_named(word) or ""))


def is_pack_size(title: str) -> bool:
    """Whether a title is of how many there are in a case or pack."""
    said = words(title)
    named = set(said)
    if named & _FACTORS:
        return True
    return any(map(is_container, said)) and bool(named & _SIZES or {"case", "pack"} <= named)


def is_unit_alone(cell: str) -> bool:
    """Whether a cell names a container, a dozen or a measure, and nothing else."""
    word = " ".join(words(cell))
    return is_container(word) or (word not in _NO_UNIT and is_measure(unit_named(word) or ""))


def is_unit_of_its_row(remark: str) -> bool:
    """Whether a remark says no more than the unit of its row's count: *cases*, *counted in boxes*, *case of 12*.

    *Box 3* may be a place, and *2 cases expired* says something else.
    """
    if not remark or len(remark) > _LONGEST_REMARK or not mentions_unit(remark):
        return False
    said = words(remark)
    return any(map(is_unit_alone, said)) and all(
        is_unit_alone(word)
        or word in _AROUND_A_UNIT
        or (word.isdecimal() and (at == 0 or said[at - 1] in _BEFORE_A_SIZE))
        for at, word in enumerate(said)
    )
