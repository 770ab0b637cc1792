"""Units that stock is held, counted and sold in, and the words for them."""

from collections.abc import Mapping

EACH = "ea"
CASE = "case"
ROLL = "roll"
_MEASURES: Mapping[str, str] = {
    "m": "m metre metres meter meters mtr mtrs lfm mètre mètres metro metros metri",
    "cm": "cm centimetre centimetres centimeter centimeters",
    "mm": "mm millimetre millimetres millimeter millimeters",
    "km": "km",
    "in": "in inch inches",
    "ft": "ft foot feet",
    "yd": "yd yds yard yards",
    "g": "g gram grams gramme grammes gramm",
    "kg": "kg kgs kilo kilos kilogram kilograms kilogramm",
    "t": "t tonne tonnes",
    "oz": "oz",
    "lb": "lb lbs",
    "ml": "ml millilitre millilitres milliliter milliliters",
    "cl": "cl",
    "l": "l ltr ltrs litre litres liter liters litro litros litri",
    "m2": "m2 m² sqm",
    "m3": "m3 m³ cbm",
    "sqft": "sqft",
}
_UNITS: Mapping[str, str] = {
    word: unit
    for unit, spellings in {
        EACH: "ea each eaches unit units unit(s) un uns no nos nr item items single singles "
        "pc pcs pce piece pieces piece(s) pièce pièces pieza piezas pz st stk stuck stück "
        "u ud uds und unidad unidades",
        CASE: "case cases case(s) cs box boxes box(es) bx bxs carton cartons carton(s) ctn ctns pack packs pack(s) pk "
        "pks pkt pkts packet packets package packages outer outers crate crates "
        "karton kartons caja cajas boite boites boîte boîtes scatola scatole doos",
        ROLL: "roll rolls reel reels coil coils drum drums spool spools",
        **_MEASURES,
    }.items()
    for word in spellings.split()
}
"""The unit of each spelling; the spellings are in lower case and without a full stop."""


def unit_named(word: str) -> str | None:
    """The unit that a word stands for: empty for no word, ``None`` for an unknown one."""
    return _UNITS.get(word.rstrip(".")) if word else ""


def is_measure(unit: str) -> bool:
    """Whether items are sold in fractions of a unit."""
    return unit in _MEASURES


def held_in(word: str) -> str:
    """The unit of a system's quantities, from its own word for it: a measure or ``CASE``, else empty for eaches."""
    unit = unit_named(word.casefold())
    return unit if unit and unit not in (EACH, ROLL) else ""
