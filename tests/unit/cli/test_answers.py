"""What ``stkr check`` and ``stkr reconcile`` ask about a file, and the options that answer."""

import csv
import io
import json
import shlex
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from stkr_cli.app import app

pytestmark = pytest.mark.unit

INVENTORY = "sku,name,location,system_qty,unit_cost,pack_size,aliases\nTEA,Tea,Main,48,2,24,\nNUT,Nut,Main,30,1,,\n"
ASKED = "sku,Stock,Recuento físico,Kontrolle\nTEA,48,46,45\nNUT,30,29,28\n"


def run(folder: Path, content: str, *options: str, command: str = "check") -> Result:
    (folder / "stock.csv").write_text(INVENTORY, "utf-8")
    (folder / "count.csv").write_text(content, "utf-8")
    arguments = [command, str(folder / "count.csv"), "--inventory", str(folder / "stock.csv"), *options]
    return CliRunner().invoke(app, arguments)


def counted(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.stderr
    return {line["sku"]: line["counted_qty"] for line in json.loads(result.stdout)["lines"]}


def options_offered(result: Result) -> list[list[str]]:
    """The options in the one line of a refusal, each as a shell would hand it over."""
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    words = shlex.split(result.stderr.rpartition(", or say which one was counted: ")[2])
    return [words[at : at + 2] for at in range(0, len(words), 3)]


def figures_with(folder: Path, content: str, answer: list[str]) -> dict[str, str]:
    """What is counted with an answer, and with one more where a title that looks like a unit has to be explained."""
    result = run(folder, content, *answer, "--json")
    asked_again = "--unit each" in result.stderr
    return counted(run(folder, content, *answer, "--unit", "each", "--json") if asked_again else result)


def test_a_refusal_says_which_option_answers_it_and_each_offered_option_does(tmp_path: Path) -> None:
    refused = run(tmp_path, ASKED)

    assert (
        "or say which one was counted: --count-column 'Recuento físico' or --count-column Kontrolle\n" in refused.stderr
    )
    first, second = options_offered(refused)
    assert counted(run(tmp_path, ASKED, *first, "--json")) == {"NUT": "29", "TEA": "46"}
    assert counted(run(tmp_path, ASKED, *second, "--json")) == {"NUT": "28", "TEA": "45"}


@settings(max_examples=40, deadline=None)
@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_an_offered_option_always_takes_the_column_that_it_is_offered_for(one: str, other: str) -> None:
    stream = io.StringIO()
    rows = [["sku", "Stock", f"Zq{one}", f"Zw{other}"], ["TEA", "48", "46", "45"], ["NUT", "30", "29", "28"]]
    csv.writer(stream).writerows(rows)
    content = stream.getvalue().encode("utf-8", "replace").decode()
    with TemporaryDirectory() as name:
        refused = run(Path(name), content)
        assume("or say which one was counted" in refused.stderr)
        offered = options_offered(refused)
        taken = [figures_with(Path(name), content, option) for option in offered]
    # They are offered in the order of the file; a title may happen to say what its column is.
    figures = [{"TEA": tea, "NUT": nut} for tea, nut in (("48", "30"), ("46", "29"), ("45", "28"))]
    assert taken in [list(some) for some in combinations(figures, len(offered))]


def test_one_doubtful_column_is_offered_with_what_the_answer_means(tmp_path: Path) -> None:
    refused = run(tmp_path, "sku,Zz\nTEA,46\n")

    assert refused.stderr.endswith("or say that it was counted, in single units: --count-column Zz\n")
    assert counted(run(tmp_path, "sku,Zz\nTEA,46\n", "--count-column", "zz", "--json")) == {"TEA": "46"}


def test_a_title_that_cannot_be_typed_is_offered_by_its_number(tmp_path: Path) -> None:
    refused = run(tmp_path, f"sku,Stock,{'Recuento' * 9},\nTEA,48,46,45\nNUT,30,29,28\n")

    assert "--count-column 'column 3' or --count-column 'column 4'\n" in refused.stderr


def test_the_unit_and_what_equal_rows_are_can_be_said_too(tmp_path: Path) -> None:
    units = "sku,count,UoM,Stock UoM\nTEA,2,box,ea\nNUT,3,ea,ea\n"
    assert "or say which unit the count is in: --unit each or --unit cases\n" in run(tmp_path, units).stderr
    assert counted(run(tmp_path, "sku,count\nTEA,2\n", "--unit", "cases", "--json")) == {"TEA": "48"}

    lots = "sku,Lot,count\nTEA,L1,5\nTEA,L2,5\n"
    assert counted(run(tmp_path, lots, "--json")) == {}
    assert counted(run(tmp_path, lots, "--equal-rows", "add", "--json")) == {"TEA": "10"}
    assert counted(run(tmp_path, lots, "--equal-rows", "same", "--json")) == {"TEA": "5"}
    assert run(tmp_path, lots, "--equal-rows", "perhaps").exit_code == 2


def test_reconcile_takes_the_same_answers(tmp_path: Path) -> None:
    result = run(tmp_path, ASKED, "--count-column", "Kontrolle", "--json", command="reconcile")

    assert counted(result) == {"NUT": "28", "TEA": "45"}


def test_an_answer_that_cannot_be_right_ends_with_2_and_one_line(tmp_path: Path) -> None:
    result = run(tmp_path, ASKED, "--count-column", "Recount")

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "there is no column 'Recount'" in result.stderr


def test_numbers_that_were_not_used_are_said_beside_how_the_file_was_understood(tmp_path: Path) -> None:
    printed = run(tmp_path, "sku,counted_qty,Kontrolle\nTEA,46,45\nNUT,29,28\n").stdout

    shown = " ".join(printed.split())
    assert "count.csv: not used: 'Kontrolle' (45, 28). These numbers may be counts, too: look at them." in shown
    assert shown.index("not used: 'Kontrolle'") < shown.index("Nothing is parked.")
