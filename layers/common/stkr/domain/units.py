"""Units that stock is held, counted and sold in, and the words for them."""

import re
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
        "pc pcs pce piece pieces piece(s) pièce pièces pieza piezas pza pzas pz pezzo pezzi st stk stuck stück "
        "stücke stucke "
        "stueck stuks u ud uds und unidad unidades unidade unité unités unite unites styck stycken sztuka sztuki szt "
        "ks kus kusy kusů db darab buc kpl adet шт шт. штук штука τεμ τεμ. 個 个 件 本 枚 개 "
        # Of UN/ECE recommendation 20, as in electronic invoices.
        "c62 h87",
        CASE: "case cases case(s) cs box boxes box(es) bx bxs carton cartons carton(s) ctn ctns pack packs pack(s) pk "
        "pks pkt pkts packet packets package packages outer outers crate crates "
        "karton kartons kar kiste kisten verpackungseinheit verpackungseinheiten ve vpe packung packungen pkg "
        "caja cajas paquete paquetes boite boites boîte boîtes colis paquet paquets scatola scatole cartone cartoni "
        "collo colli confezione confezioni doos pak pakken caixa caixas låda lådor lada lador kartong kartonger "
        "kasse kasser "
        "opak opakowanie bal balení krabice doboz cutie laatikko ltk koli kutu kor кор коробка коробки уп "
        "упаковка ящик "
        "κιβ κιβώτιο ケース 箱 박스 "
        # Of SAP, and of UN/ECE recommendation 21.
        "car xct xbx xcs xpk",
        ROLL: "roll rolls reel reels coil coils drum drums spool spools rolle rollen rouleau rouleaux rollo rollos "
        "rotolo rotoli",
        **_MEASURES,
    }.items()
    for word in spellings.split()
}
"""The unit of each spelling; the spellings are in lower case and without a full stop."""

_UNSIZED = frozenset(
    "dozen dozens doz dz dzn dutzend docena docenas douzaine douzaines dozzina dozzine duzia duzias dúzia dúzias gross "
    "pallet pallets pallett palette palettes paletten palet palets pal tray trays bag bags sack sacks säcke sacke "
    "beutel bundle "
    "bundles bund layer layers lagen sleeve sleeves strip strips tote totes keg kegs barrel barrels bale bales "
    "multipack "
    "multipacks sixpack sixpacks cage cages gebinde trolley trolleys stillage stillages "
    "crt shipper shippers bac bacs sac sacs saco sacos bandeja bandejas pairs krat kratten zak zakken hundred "
    "hundreds thousand thousands bt btl fardo fardos".split()
)
"""Words for what holds several of an item, of which no system says how many. A dozen is one, too: eggs may be held in
dozens by a system that has no word for it."""
_LETTERS = re.compile(r"[^\W\d_]+")
_OF_UNITS = frozenset(letters for word in (*_UNITS, *_UNSIZED) for letters in _LETTERS.findall(word))


def unit_named(word: str) -> str | None:
    """The unit that a word stands for: empty for no word, ``None`` for an unknown one."""
    return _UNITS.get(word.rstrip(".")) if word else ""


def is_container(word: str) -> bool:
    """Whether a word names what holds several of an item, whether we know how many or not."""
    return word in _UNSIZED or unit_named(word) in (CASE, ROLL)


def mentions_unit(text: str) -> bool:
    """Whether a text has a word for a unit in it; a quick look before a closer one."""
    return not _OF_UNITS.isdisjoint(_LETTERS.findall(text.casefold()))


def is_measure(unit: str) -> bool:
    """Whether items are sold in fractions of a unit."""
    return unit in _MEASURES


def held_in(word: str) -> str:
    """The unit of a system's quantities, from its own word for it: a measure or ``CASE``, else empty for eaches."""
    unit = unit_named(word.casefold())
    return unit if unit and unit not in (EACH, ROLL) else ""
