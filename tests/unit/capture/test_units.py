"""A unit is never lost: not in a column of any name, not in the count's title, not in a line above the table."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stkr.capture.quantities import plain
from stkr.capture.result import Capture
from stkr.headings.unit_words import UNCLEAR, unit_in_line, unit_in_title
from tests.unit.capture.builders import assert_conserved, count, lines, reasons, snapshot, stock

pytestmark = pytest.mark.unit

SHOP = snapshot(
    stock("BOLT", pack="24"), stock("NUT", pack="12"), stock("SCREW"), stock("ROPE", by_measure=True, pack="2.5")
)
PACKS = {"BOLT": Decimal(24), "NUT": Decimal(12), "ROPE": Decimal("2.5")}


def counted(text: str) -> Capture:
    captured = count(text, against=SHOP)
    assert_conserved(captured)
    return captured


def problem(text: str) -> str:
    captured = counted(text)
    assert captured.lines == ()
    return captured.problems[0].problem


@pytest.mark.parametrize(
    "title", ["UoM Code", "Unit Name", "Units", "Verpakking", "Type", "Wat", "\u5358\u4f4d", "", "Packaging", "Place"]
)
@pytest.mark.parametrize("header", ["sku,{},count", "{},sku,count", "sku,count,{}"])
def test_a_column_of_units_is_the_unit_whatever_it_is_called_and_wherever_it_stands(title: str, header: str) -> None:
    named = header.format(title)
    order = named.split(",")
    rows = [{"sku": "BOLT", "count": "4", title: "carton"}, {"sku": "NUT", "count": "5", title: "each"}]
    text = "\n".join([named, *(",".join(row[name] for name in order) for row in rows)])

    assert lines(counted(text)) == {"BOLT": "96", "NUT": "5"}


def test_words_that_are_no_unit_we_know_park_their_rows_and_never_count_as_eaches() -> None:
    captured = counted("sku,Eenheid X,count\nBOLT,doos,4\nNUT,blorp,5\nSCREW,,7\n")

    assert lines(captured) == {"BOLT": "96", "SCREW": "7"}
    assert reasons(captured) == [(3, "unknown_unit")]


@pytest.mark.parametrize(
    "column",
    [
        ("Counted?", "No", "Yes"),
        ("Size", "M", "L"),
        ("Symbology", "EAN13", "CODE128"),
        ("Where", "Box shelf", "Rack"),
        ("Category", "Case", "Charger"),
        ("Type", "simple", "bundle"),
        ("Sold by", "case", "case"),
        ("Purchase unit", "box", "ea"),
    ],
)
def test_places_sizes_categories_and_units_of_another_purpose_are_not_the_unit_of_the_count(
    column: tuple[str, str, str],
) -> None:
    title, first, second = column
    captured = counted(f"sku,{title},count\nBOLT,{first},4\nNUT,{second},5\n")

    assert lines(captured) == {"BOLT": "4", "NUT": "5"}
    assert title in captured.tables[0].columns.ignored


def test_of_two_units_the_one_that_goes_with_the_count_is_taken() -> None:
    beside = "Material;Menge Buch;BME;Counted;EME\nBOLT;48;ST;3;KAR\nNUT;30;ST;29;ST\n".replace("Menge Buch", "System")
    assert lines(counted(beside)) == {"BOLT": "72", "NUT": "29"}
    titled = "item code,UNIT_OF_MEASURE,count,UNIT_OF_MEASURE_COUNT\nBOLT,EA,3,CS\nNUT,EA,29,EA\n"
    assert lines(counted(titled)) == {"BOLT": "72", "NUT": "29"}
    assert "'Unit', 'Packing'" in problem("sku,count,Unit,Packing\nBOLT,3,EA,CS\n")


@pytest.mark.parametrize(
    "title", ["Menge VE", "Cantidad (cajas)", "Anzahl Kartons", "Quantit\u00e9 colis", "Packs counted", "Counted_Cases"]
)
def test_a_container_in_the_counts_title_is_the_unit_of_every_row(title: str) -> None:
    captured = counted(f"sku,{title}\nBOLT,4\nNUT,2.5\nSCREW,3\n")

    assert lines(captured) == {"BOLT": "96"}
    assert reasons(captured) == [(3, "fractional_quantity"), (4, "missing_pack_size")]


@pytest.mark.parametrize("title", ["Count (x12)", "Count x12", "Counted (blorps)", "12-packs counted", "Cases of 12"])
def test_a_factor_or_an_unknown_word_in_the_counts_title_is_asked_about(title: str) -> None:
    assert "counts in" in problem(f"sku,{title}\nBOLT,4\n")


def test_dozens_and_pallets_are_parked_because_nobody_knows_how_an_item_is_held() -> None:
    for title in ("Counted (dozens)", "Pallets counted", "Menge Paletten"):
        captured = counted(f"sku,{title}\nBOLT,4\n")
        assert (lines(captured), reasons(captured)) == ({}, [(2, "unknown_unit")])


def test_a_unit_column_beside_such_a_title_must_agree_with_it() -> None:
    captured = counted("sku,Quantity (cases),UOM\nBOLT,4,CTN\nNUT,5,EA\nSCREW,,EA\n")

    assert lines(captured) == {"BOLT": "96"}
    assert reasons(captured) == [(3, "unknown_unit")]
    assert reasons(counted("sku,Quantity (pcs),UOM\nBOLT,4,CTN\n")) == [(2, "unknown_unit")]


@pytest.mark.parametrize("line", ["All quantities in CASES", "Alle Angaben in VE", "Unit: cases", "Counted in boxes"])
def test_a_line_above_the_header_that_names_the_unit_of_all_counts_holds_for_every_row(line: str) -> None:
    assert lines(counted(f"{line}\nsku,count\nBOLT,4\n")) == {"BOLT": "96"}


@pytest.mark.parametrize("line", ["Stored in boxes", "In case of questions, call Sam", "All prices per case"])
def test_a_line_that_says_nothing_of_the_counts_changes_nothing(line: str) -> None:
    assert lines(counted(f'"{line}"\nsku,count\nBOLT,4\n')) == {"BOLT": "4"}


def test_a_line_that_only_may_name_the_unit_is_asked_about() -> None:
    for line in ("CASES", "All quantities in cases of 12", "Quantities are cases and not singles"):
        assert "says what the counts are in" in problem(f"{line}\nsku,count\nBOLT,4\n")


def test_a_unit_over_or_under_the_counts_title_is_that_of_the_count() -> None:
    assert lines(counted(",,Cases\nsku,name,count\nBOLT,x,4\n")) == {"BOLT": "96"}
    assert lines(counted("sku,name,count\n,,cases\nBOLT,x,4\n")) == {"BOLT": "96"}


def test_a_remark_that_is_nothing_but_a_unit_parks_its_row() -> None:
    captured = counted("sku,count,Remark\nBOLT,4,cases\nNUT,5,\nSCREW,7,top shelf\n")

    assert lines(captured) == {"NUT": "5", "SCREW": "7"}
    assert reasons(captured) == [(2, "unknown_unit")]


@pytest.mark.parametrize(
    ("remark", "found"),
    [
        ("in cases", ["unknown_unit"]),
        ("counted in boxes", ["unknown_unit"]),
        ("Case of 12", ["unknown_unit"]),
        ("box 3", []),
        ("2 cases expired", []),
    ],
)
def test_a_remark_that_says_more_than_the_unit_leaves_its_row_alone(remark: str, found: list[str]) -> None:
    captured = counted(f"sku,count,Notes\nBOLT,4,{remark}\n")

    assert [row.reason.value for row in captured.parked] == found


def test_a_note_below_the_table_that_names_the_unit_is_asked_about() -> None:
    text = "sku,name,count\nBOLT,x,4\n"
    assert "row 3 (All quantities in cases) seems to say" in problem(f"{text}All quantities in cases,,\n")
    assert lines(counted(f"{text}Counted by Sam in the box room,,\n")) == {"BOLT": "4"}


def test_without_a_header_two_columns_of_units_that_differ_are_asked_about() -> None:
    assert lines(counted("case,BOLT,4\neach,NUT,5\n")) == {"BOLT": "96", "NUT": "5"}
    assert "column 3, column 4" in problem("BOLT,4,case,ea\nNUT,5,ea,ea\n")


def test_units_with_a_size_are_units_that_we_do_not_know() -> None:
    captured = counted("sku,Pack,count\nBOLT,Case/12,4\nNUT,Each,5\n")

    assert (lines(captured), reasons(captured)) == ({"NUT": "5"}, [(2, "unknown_unit")])
    assert lines(counted("sku,Variation,count\nBOLT,Case of 12,4\nNUT,Bottle,5\n")) == {"BOLT": "4", "NUT": "5"}


def test_packs_of_another_size_than_the_systems_are_parked() -> None:
    captured = counted("sku,Pack size,Packs counted\nBOLT,24,4\nNUT,6,5\n")

    assert lines(captured) == {"BOLT": "96"}
    assert reasons(captured) == [(3, "missing_pack_size")]
    assert lines(counted("sku,Pack size,Counted\nBOLT,24,4\nNUT,6,5\n")) == {"BOLT": "4", "NUT": "5"}


def test_packs_and_doses_are_two_counts() -> None:
    assert "'Packs counted', 'Doses counted' make up" in problem("sku,Packs counted,Doses counted\nBOLT,2,200\n")


@pytest.mark.parametrize("title", ["Cases", "Packs counted", "Case count", "Count in cases", "Full boxes", "12-packs"])
def test_no_message_on_a_column_of_cases_says_to_name_it_counted_qty(title: str) -> None:
    for other in ("", ",Units", ",Loose", ",Cartons"):
        captured = counted(f"sku,{title}{other}\nBOLT,4{other and ',3'}\n")
        for found in captured.problems:
            assert "in single units, call it" not in found.problem
            assert "the count column counted_qty" not in found.problem


WORDS = ["", "ea", "each", "case", "Cartons", "boxes", "KAR", "CT", "pallet", "kg", "Kolli", "zak", "dozen", "?"]
TITLES = ["unit", "UoM Code", "Units", "Type", "", "Blorp", "Packaging", "Base unit", "\u041c\u0435\u0440\u0430"]
SKUS = ["BOLT", "NUT", "SCREW", "ROPE"]


def exactly(sku: str, quantity: str, word: str) -> set[str]:
    """What may be counted for a row with this unit."""
    cases = {"case", "Cartons", "boxes", "KAR", "Kolli"}
    return {plain(int(quantity) * PACKS[sku])} if word in cases and sku in PACKS else set()


def table_with(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(map(",".join, [titles, *rows]))


@given(
    st.sampled_from(TITLES),
    st.integers(0, 2),
    st.lists(st.tuples(st.integers(1, 900).map(str), st.sampled_from(WORDS)), min_size=4, max_size=4),
)
def test_a_column_of_units_never_leaves_a_case_or_an_unknown_unit_counted_as_eaches(
    title: str, at: int, cells: list[tuple[str, str]]
) -> None:
    known = {"case", "Cartons", "boxes", "KAR"}
    if title not in ("unit", "UoM Code", "Base unit") and not known & {word for _, word in cells}:
        cells = [(cells[0][0], "case"), *cells[1:]]
    rows = [[sku, quantity] for sku, (quantity, _) in zip(SKUS, cells, strict=True)]
    without = lines(counted(table_with(["sku", "count"], rows)))
    for row, (_, word) in zip(rows, cells, strict=True):
        row.insert(at, word)
    titles = ["sku", "count"]
    titles.insert(at, title)

    found = lines(counted(table_with(titles, rows)))

    for sku, (quantity, word) in zip(SKUS, cells, strict=True):
        unchanged = {without[sku]} if word in ("", "ea", "each") else set()
        assert sku not in found or found[sku] in unchanged | exactly(sku, quantity, word)


CONTAINERS = [
    "cases",
    "Cartons",
    "Kartons",
    "VE",
    "cajas",
    "colis",
    "packs",
    "boxes",
    "dozens",
    "pallets",
    "trays",
    "x6",
]


@given(
    st.sampled_from(CONTAINERS),
    st.sampled_from(["Count ({})", "Counted {}", "Qty {}", "{} counted", "Menge {}", "{}", "On hand ({})", "{}_count"]),
    st.integers(2, 900),
)
def test_a_container_in_the_counts_title_never_yields_the_plain_number(word: str, title: str, number: int) -> None:
    found = lines(counted(f"sku,{title.format(word)}\nBOLT,{number}\nSCREW,{number}\n"))

    assert found in ({}, {"BOLT": str(number * 24)})


def test_words_of_a_title_that_are_no_units_are_not_taken_for_them() -> None:
    for title in (
        "Count",
        "Qty on hand",
        "Units",
        "On hand (new)",
        "Quantity (required)",
        "No. counted",
        "counted_qty",
    ):
        assert unit_in_title(title) == ""
    assert unit_in_title("Qty (boxes or singles)") == UNCLEAR
    assert unit_in_line("x" * 300 + " in cases") == ""
