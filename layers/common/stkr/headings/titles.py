"""What the title of a column means, in the naming of the systems and scanners that shops really use."""

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from functools import lru_cache

from stkr.domain.units import is_container, is_measure, unit_named
from stkr.tabular.text import words


class Role(StrEnum):
    """What a column holds. ``OTHER`` is a column we know to be none of these (a name, a price, a date).

    A ``LOT`` tells apart what is in the same bin, so equal counts of two lots are not one count repeated.
    """

    CODE = "code"
    QUANTITY = "quantity"
    UNIT = "unit"
    BIN = "bin"
    LOT = "lot"
    LOCATION = "location"
    OTHER = "other"


class QuantityRank(IntEnum):
    """How surely a quantity column is the count, best first. ``EXPECTED`` never is."""

    RECOUNTED = 0
    COUNTED = 1
    PLAIN = 2
    STOCK = 3
    EXPECTED = 4


class CodeRank(IntEnum):
    """How surely a column of codes holds the item's own code. ``LOOSE`` titles such as "Item" may head names."""

    SKU = 0
    BARCODE = 1
    SUPPLIER = 2
    LOOSE = 3


class OtherRank(IntEnum):
    """What a column that is none of the other roles may still say about the count."""

    SCAN_DETAIL = 0
    """A time or a name, as a scan may carry them."""

    LIST_DETAIL = 1
    """A price or a pack size, as lists of items have them."""

    DOUBTFUL = 2
    """Its title has a word of quantity, so it may be a count after all."""

    CASES_BESIDE = 3
    """Whole cases: beside a column of loose units, neither is the count."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A header that was recognised.

    ``rank`` orders columns of the same role: a ``QuantityRank``, a ``CodeRank``, an ``OtherRank``, and for bins the
    size of the place, the smallest first.
    ``place`` holds the location's words where an export has one quantity column per location.
    ``qualified`` is true for a quantity with a word beside it that we do not know: it may say that this is not the
    count, but a cutoff or a frozen quantity.
    """

    role: Role
    rank: int = 0
    place: tuple[str, ...] = ()
    qualified: bool = False


EXACT_COUNT = "counted_qty"
"""The title of the count in our own sheets. A column that is called exactly so is the count, whatever stands beside."""

_LONGEST_TITLE = 120
_CODE_LENGTH = 4


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(phrase.split()) for phrase in text.split(","))


_QUANTITY = _set(
    "quantity quantities qty qnty qtty quant menge anzahl stuckzahl quantite qte cantidad cant quantita qta "
    "aantal antal antall quantidade qtd qtde ilosc stueckzahl"
)
_PLAIN = _phrases(
    "q,q ta,units,unit count,pcs,pieces,eaches,ea,each,singles,loose,scans,number,amount,total,total units,nombre,"
    "stuck,stueck,stk,"
    "numero de unidades,unidades"
)
_COUNT = _set(
    "count counted counts take phys physique fisico fisica fisiek stocktake stocktaking stocktaken tally physical "
    "actual found scanned observed gezahlt gezahlte zahlmenge zahlung gezaehlt zaehlmenge zaehlung contagem optalt "
    "ist istmenge istbestand inventurmenge comptee compte compter contado contada contata geteld geteelde"
)
_RECOUNT = _set("recount recounted final")
_NEW = _set("new neu neuer neue neues nouveau nouvelle nuevo nueva nuovo nuova nieuw nieuwe novo nova")
_ACTUALS = _set("actual actuales")
_ON_HAND = _set("on hand")
_STOCK = _set("stock inventory onhand qoh soh bestand lagerbestand existencias voorraad giacenza estoque lager")
_EXPECTED = _set(
    "expected system book theoretical theory previous prior old before snapshot recorded last available forecasted "
    "forecast erp soll sollmenge sollbestand buchbestand theorique teorico teorica sys allocated virtual projected "
    "should atual aktuell aktueller aktuelle actuel actuelle attuale huidig huidige frozen calculated calc computed "
    "ledger contabile contable comptable rechnerisch calculado calculada calcule calculee calcolato calcolata "
    "theoretisch theoretische sistema systeme systembestand boekvoorraad eingefroren congelado"
)
# Beside a word of quantity, these say no more than that it is a quantity of the item.
_NEUTRAL = _set(
    "loose single singles item items product products article articles artikel unit units piece pieces pcs each "
    "eaches ea stuck stueck stk current on hand in of the de la le du des el del di der die das level number no nr "
    "amount ob wh main here"
)
_EARLIER = _set("previous prior earlier before last")
# Words that no title of a count has, whatever words of quantity stand beside them.
_NEVER_COUNTED = _set(
    "price cost value rate alert reorder restock min max minimum maximum threshold difference diff variance delta "
    "discrepancy adjustment adjust gap percent pct weight tax currency size per sold received ordered incoming "
    "outgoing committed unavailable planned requested reserved safety inner account policy sales purchase picked "
    "packed shipped sent delivered invoiced billed transit transferred transfer returned returns used consumed "
    "required needed demand due backordered backorder pending remaining uncounted shortage excess surplus shrink "
    "shrinkage adj adjusted adjustments change differenz abweichung gain gains losses ecart diferencia differenza "
    "verschil bestellt geliefert verkauft reserviert enabled track tracked tracking tracker low is has loss lost "
    "missing short id ids uuid by user person operator date datum time timestamp when who name title description"
)
_EXPLAINED = _QUANTITY | _COUNT | _RECOUNT | _NEW | _ACTUALS | _STOCK | _EXPECTED | _NEUTRAL
# Words that make a column something else although a quantity word is in its name.
_NOT_COUNT = _set(
    "price cost value rate date datum time timestamp by user person counter operator id ids uuid status alert "
    "reorder restock min max minimum maximum threshold difference diff variance delta discrepancy adjustment adjust "
    "gap percent pct weight tax currency enabled track tracked tracking tracker composite type reason comment "
    "comments note notes description desc name title image url email size per sold received ordered order orders "
    "lot batch serial expiry expiration incoming outgoing committed unavailable planned requested reserved damaged "
    "safety inner outer pack case cases box boxes carton cartons account reference handle token policy option sales "
    "purchase line lines number no nr location bin shelf uom unit code sku barcode at when where who session sheet "
    "list ref document doc method round team staff employee clerk category department group zone section week month "
    "year period day to picked packed shipped sent delivered invoiced billed transit transferred transfer returned "
    "returns used consumed required needed demand due backordered backorder pending remaining uncounted missing "
    "shortage short excess surplus lost loss shrink shrinkage adj adjusted adjustments change differenz abweichung "
    "gain gains losses has is not meta ecart diferencia differenza verschil bestellt geliefert verkauft reserviert"
)
_CONTAINERS = _set(
    "cases boxes cartons ctns ctn cs packs packets crates outers pallets kartons cajas boites scatole dozen dozens "
    "karton kisten colis ve verpackungseinheiten packungen paletten dozen trays bags sacks bundles colli caixas cartoni"
)
_CONTAINER_SIDE = _set("full whole complete counted count qty quantity of per in")
# "Counted on" and "Found in" go on with a day or a place.
_OPEN_ENDS = _set("on in at by from for of am im le el il op")
_NUMBER_OF = _phrases("number of,no of,nr of")
_UNIT = _phrases(
    "u m,unit,unit code,unit name,uom code,uom name,unit of measure code,unit of measure name,units of measurement,"
    "uom,unit of measure,unit of measurement,units of measure,count unit,counting unit,qty unit,"
    "quantity unit,count uom,stock uom,qty uom,measure,einheit,mengeneinheit,unite,unidad,unidad de medida,unita,"
    "eenheid,enhet,enhed,me,vpe,unidade,unidade de medida,unita di misura,unite de mesure,jednostka,jednostka miary,"
    "jednotka,yksikko,birim,um,jm,mj,base unit,base uom,base unit of measure,stock unit,stocking unit,"
    "basismengeneinheit,"
    "ед изм,единица,единица измерения,jedn,j m,m j,mertekegyseg,"
    "erfassungsmengeneinheit,bun,une,bme,eme,\u5358\u4f4d,\u5355\u4f4d,\u55ae\u4f4d,\ub2e8\uc704"
)
# From the smallest place to the largest.
_BIN_WORDS = (
    _set("bin bins slot position place sublocation lagerplatz platz fach emplacement ubicacion"),
    _set("shelf shelves schap"),
    _set("rack bay regal estante scaffale"),
    _set("aisle gang rayon"),
    _set("zone section area room bereich halle"),
)
_ANY_BIN = frozenset[str]().union(*_BIN_WORDS)
_BIN_SIDE = _set("name code number no nr id location storage and or")
_BIN = _phrases("sub location,count location,storage location")
_LOT = _phrases(
    "lot,lot number,lot no,lot code,lot id,lot serial number,batch,batch no,batch number,batch code,"
    "serial,serial no,serial number"
)
_LOCATION = _phrases(
    "location,locations,location name,location code,location id,warehouse,warehouse name,store,store name,shop,"
    "shop name,outlet,outlet name,branch,site,depot,magasin,almacen,filiale,standort,lagerort,negozio,winkel"
)
_SKU = _phrases(
    "sku,skus,item sku,product sku,variant sku,sku code,sku number,sku no,sku id,custom sku,item code,itemcode,"
    "product code,productcode,stock code,stockcode,article code,article number,article no,articlenumber,"
    "item number,item no,item nr,item ref,item reference,product number,product no,product ref,product reference,"
    "part number,part no,partnumber,internal reference,default code,material,material number,plu,ipn,"
    "internal part number,code,codes,item id code,artikelnummer,artikelnr,artikel nr,artikel no,artnr,art nr,"
    "reference,ref,code article,code produit,codigo,codigo de articulo,codice,codice articolo,referencia,"
    "artikelcode,varenummer,varenr,vare nr,artikelkod,scanned code,scan code,product code sku,sku product code"
)
_BARCODE_WORDS = _set("barcode barcodes ean ean13 ean8 upc gtin gtin13 gtin14 isbn strichcode streepjescode")
_BARCODE = _phrases(
    "bar code,bar codes,scan,scan data,scanned value,scanned data,scanned barcode,barcode data,code barre,"
    "code barres,code a barres,codigo de barras,codigo barras,codice a barre,codice barre,data,decoded data,label,"
    "case code,case barcode"
)
_SUPPLIER = _phrases(
    "supplier code,supplier sku,supplier item code,supplier part number,supplier reference,supplier ref,"
    "vendor code,vendor sku,vendor item code,vendor part number,vendor item number,manufacturer sku,manufact sku,"
    "mpn,manufacturer part number,alias,alternate code,alternative code,other code,lieferantennummer,"
    "lieferanten artikelnummer"
)
# What import templates add to a title; ERPNext names the table that a field is in.
OWN_NOTE = re.compile(r"\s*\((?:items|required|optional|mandatory)\)$", re.IGNORECASE)
# Odoo exports a related field as a path, in words or in technical names.
_PRODUCT_FIELD = re.compile(r"(?:product|product_id|product_tmpl_id|product variant)/([^/]+)", re.IGNORECASE)
_LOOSE_CODE = _phrases(
    "item,items,product,products,part,article,artikel,product id,item id,articulo,articolo,produit,vare"
)
_CODES = (
    (CodeRank.SKU, _SKU),
    (CodeRank.BARCODE, _BARCODE),
    (CodeRank.SUPPLIER, _SUPPLIER),
    (CodeRank.LOOSE, _LOOSE_CODE),
)
_ROLES = ((Role.UNIT, _UNIT), (Role.BIN, _BIN), (Role.LOT, _LOT), (Role.LOCATION, _LOCATION))
_OTHER_WORDS = _NOT_COUNT | _set(
    "category department brand vendor supplier manufacturer group family class collection tags variant variation "
    "bezeichnung beschreibung nom libelle nombre denominacion descrizione naam omschrijving datum uhrzeit hora "
    "heure remarks remark device scanner session owner package company hs coo country gtip colour color model "
    "style season template attribute attributes active visible published sequence row index amount vat tva "
    "mwst mw ust iva btw moms gst length width height depth volume lange breite hohe tiefe longueur largeur hauteur"
)

_SCAN_WORDS = _set(
    "date datum time timestamp uhrzeit hora heure by user person counter operator owner device scanner session id "
    "ids uuid serial sequence row line number no nr type format symbology name title description desc bezeichnung "
    "beschreibung nom libelle denominacion descrizione naam omschrijving comment comments note notes remark "
    "remarks reason status lot batch"
)
_NOT_A_BARCODE = _set("type format name image enabled quantity qty")
_NOT_A_SKU = _set("composite name description title type enabled quantity qty price")

_TIMES = _set("date time timestamp datetime datum uhrzeit zeit zeitstempel fecha hora heure")
_DONE_AT = _phrases("scanned at,scanned on,counted at,counted on")
_TIME_SIDE = _set("scan scanned scanning count counted counting local stamp and et und y")

# Vendors' headers that carry a location's name, which could be any words at all, so their shape decides.
_PER_LOCATION = (
    (re.compile(r"new quantity\s+(.+)", re.IGNORECASE), QuantityRank.COUNTED),
    (re.compile(r"current quantity\s+(.+)", re.IGNORECASE), QuantityRank.EXPECTED),
    (re.compile(r"inventory:\s*(.+)", re.IGNORECASE), QuantityRank.STOCK),
    (
        re.compile(
            r"inventory_(?!(?:quantity|qty|level|policy|tracker|count|date|diff|item|management|id)(?:_|\b))(.+)",
            re.IGNORECASE,
        ),
        QuantityRank.STOCK,
    ),
    (re.compile(r"(.+?)\s+-\s+quantity on hand", re.IGNORECASE), QuantityRank.STOCK),
)
_ALERTS = re.compile(
    r"(stock alert|low stock|in stock(?=\?)|reorder[_ ]point|restock[_ ]level|available for pickup|sellable|"
    r"stockable)\b",
    re.IGNORECASE,
)


def heading(header: str) -> Heading | None:
    """What a title means; ``None`` for one we do not know, which may just as well be data."""
    return _heading(header) if len(header) <= _LONGEST_TITLE else None


@lru_cache(maxsize=4096)
def _heading(header: str) -> Heading | None:
    text = OWN_NOTE.sub("", header.strip().strip("\ufeff"))
    if not text:
        return None
    if _ALERTS.match(text):
        return Heading(Role.OTHER, OtherRank.LIST_DETAIL)
    for shape, rank in _PER_LOCATION:
        per_location = shape.fullmatch(text)
        if per_location:
            return Heading(Role.QUANTITY, rank, words(per_location[1]))
    # Odoo's technical name for the counted quantity, beside `quantity` for the one on hand.
    if text.casefold() == "inventory_quantity":
        return Heading(Role.QUANTITY, QuantityRank.COUNTED)
    product_field = _PRODUCT_FIELD.fullmatch(text)
    if product_field and (meaning := _by_phrase(words(product_field[1]))):
        return meaning
    phrase = words(text)
    meaning = _by_phrase(phrase) or _quantity(phrase) or _by_words(phrase)
    # "Counted?" asks for yes or no, "Qty?" for a number.
    is_question = text.endswith("?") and meaning is not None and meaning.role is Role.QUANTITY
    return Heading(Role.OTHER, OtherRank.DOUBTFUL) if is_question else meaning


def _tells_unit(word: str) -> bool:
    """Whether a word of a title is a unit and not a size; ``unit_words`` says what follows from it."""
    return is_container(word) or (len(word) > 1 and is_measure(unit_named(word) or ""))


def is_explained(word: str) -> bool:
    """Whether a word of a count's title is one that we know, and no unit."""
    return word in _EXPLAINED or word in _OTHER_WORDS


def is_of_an_earlier_count(header: str) -> bool:
    """Whether a title is of what was counted before, which may be last year or an hour ago."""
    return bool(_EARLIER & frozenset(words(header)))


def is_exact_count(header: str) -> bool:
    """Whether a title is the one that our own sheets and messages give the count."""
    return header.strip().strip("\ufeff").casefold() == EXACT_COUNT


@lru_cache(maxsize=4096)
def tells_when(header: str) -> bool:
    """Whether a title is of the day or time of the row's own count, and not of a delivery or the best-before date."""
    phrase = words(header) if len(header) <= _LONGEST_TITLE else ()
    present = frozenset(phrase)
    return phrase in _DONE_AT or bool(present & _TIMES and present <= _TIMES | _TIME_SIDE)


def _by_phrase(phrase: tuple[str, ...]) -> Heading | None:
    for rank, phrases in _CODES:
        if phrase in phrases:
            return Heading(Role.CODE, rank)
    for role, phrases in _ROLES:
        if phrase in phrases:
            return Heading(role)
    # A "count area" is a bin, a "shelf count" is none.
    present = frozenset(phrase[1:] if phrase[:1] == ("count",) else phrase)
    if present & _ANY_BIN and present <= _ANY_BIN | _BIN_SIDE:
        return Heading(Role.BIN, next(rank for rank, places in enumerate(_BIN_WORDS) if present & places))
    present = frozenset(word for word in phrase if not word.isdecimal())
    if present & _CONTAINERS and present <= _CONTAINERS | _CONTAINER_SIDE:
        return Heading(Role.OTHER, OtherRank.CASES_BESIDE)
    return None


def _quantity(phrase: tuple[str, ...]) -> Heading | None:
    if phrase[:2] in _NUMBER_OF:
        phrase = phrase[2:]
    present = frozenset(phrase)
    if present & _NOT_COUNT or (phrase and phrase[-1] in _OPEN_ENDS) or any(word.isdecimal() for word in phrase):
        return None
    if present & (_COUNT | _RECOUNT | _QUANTITY | _STOCK | _EXPECTED) or present >= _ON_HAND or phrase in _PLAIN:
        return Heading(
            Role.QUANTITY,
            _rank(phrase, present),
            qualified=phrase not in _PLAIN and not all(word in _EXPLAINED or _tells_unit(word) for word in present),
        )
    return None


def _rank(phrase: tuple[str, ...], present: frozenset[str]) -> QuantityRank:
    counts = present & (_COUNT | _RECOUNT)
    if present & _EXPECTED:
        return QuantityRank.EXPECTED
    if phrase[-1] in _ACTUALS and len(phrase) > 1:
        # After its noun it is Spanish for "current", or English for "real".
        return QuantityRank.STOCK
    if "current" in present:
        # "On hand (current)" is what the system says; a "current count" could be either.
        return QuantityRank.STOCK if counts else QuantityRank.EXPECTED
    if present & _RECOUNT:
        return QuantityRank.RECOUNTED
    if counts or present & _NEW:
        return QuantityRank.COUNTED
    return QuantityRank.STOCK if present & _STOCK or present >= _ON_HAND else QuantityRank.PLAIN


def _by_words(phrase: tuple[str, ...]) -> Heading | None:
    present = frozenset(phrase)
    # "SKU-0001" is data; "EAN 13" and "Barcode 2" are not.
    numbered = any(word.isdecimal() for word in phrase)
    if (
        present & _BARCODE_WORDS
        and not present & _NOT_A_BARCODE
        and all(len(word) < _CODE_LENGTH for word in phrase if word.isdecimal())
    ):
        return Heading(Role.CODE, CodeRank.BARCODE)
    if "sku" in present and not numbered and not present & _NOT_A_SKU:
        return Heading(Role.CODE, CodeRank.SKU)
    if present & (_COUNT | _RECOUNT) and phrase[-1] in _OPEN_ENDS:
        return Heading(Role.OTHER, OtherRank.SCAN_DETAIL)
    if not present & _OTHER_WORDS or numbered:
        return None
    if present & (_QUANTITY | _COUNT | _RECOUNT | _STOCK):
        return Heading(Role.OTHER, OtherRank.LIST_DETAIL if present & _NEVER_COUNTED else OtherRank.DOUBTFUL)
    return Heading(Role.OTHER, OtherRank.SCAN_DETAIL if present & _SCAN_WORDS else OtherRank.LIST_DETAIL)
