"""``stkr check`` and ``stkr reconcile``: their JSON and exit codes are a contract, and people can read the rest."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner, Result

from stkr_cli.app import app, main
from stkr_cli.commands.offline import _LONG

pytestmark = pytest.mark.unit

INVENTORY = """\
sku,name,location,system_qty,unit_cost,pack_size,aliases
BOLT-M6-50,M6 bolt,fixings,480,0.35,24,5012345678900|15012345678907*24
BOLT-M6-60,M6 bolt,fixings,480,0.35,24,
BOLT-M6-70,M6 bolt,fixings,480,0.35,24,
DRILL-18V,Drill,fixings,12,200,,
NUT-M6,M6 nut,fixings,30,0.02,,
GONE,[red]Gone[/],fixings,7,2,,
OLD,Old,fixings,0,,,
"""
PAINT = "PAINT-5L,Paint,paint,9,18.50,4,\n"
COUNT = """\
code,counted
BOLT-M6-50,18 boxes
BOLT-M6-60,479
BOLT-M6-70,476
DRILL-18V,10
PAINT-5L,2
5012345678900,432.0
NUT-M6,
X-99,4
BOLT-M6-50x,"1,000"
"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with a stock file of two locations and a count of one."""
    (tmp_path / "stock.csv").write_text(INVENTORY + PAINT, "utf-8")
    (tmp_path / "count.csv").write_text(COUNT, "utf-8")
    return tmp_path


def run(folder: Path, command: str, *options: str, count: str = "count.csv") -> Result:
    arguments = [command, str(folder / count), "--inventory", str(folder / "stock.csv"), *options]
    return CliRunner().invoke(app, arguments)


def document(result: Result) -> dict[str, Any]:
    assert result.exit_code == 0, result.stderr
    loaded: dict[str, Any] = json.loads(result.stdout)
    return loaded


CHECKED = {
    "rows": {"read": 9, "counted": 5, "collapsed": 1, "blank": 1, "parked": 2},
    "lines": [
        {"sku": "BOLT-M6-50", "counted_qty": "432", "kind": "counted"},
        {"sku": "BOLT-M6-60", "counted_qty": "479", "kind": "counted"},
        {"sku": "BOLT-M6-70", "counted_qty": "476", "kind": "counted"},
        {"sku": "DRILL-18V", "counted_qty": "10", "kind": "counted"},
        {"sku": "PAINT-5L", "counted_qty": "2", "kind": "unrecorded"},
    ],
    "parked": [
        {"row": 9, "code": "X-99", "quantity": "4", "reason": "unknown_code"},
        {"row": 10, "code": "BOLT-M6-50x", "quantity": "1,000", "reason": "unknown_code"},
    ],
}


def test_check_prints_rows_lines_and_parked_rows_as_json(files: Path) -> None:
    assert document(run(files, "check", "--location", "fixings", "--json")) == CHECKED


def test_reconcile_prints_the_seeds_figures_as_exact_decimal_strings(files: Path) -> None:
    reconciled = document(run(files, "reconcile", "--location", "fixings", "--json"))

    variances = {variance.pop("sku"): tuple(variance.values()) for variance in reconciled["variances"]}
    assert {key: value for key, value in reconciled.items() if key != "variances"} == CHECKED
    assert variances == {
        "BOLT-M6-50": ("counted", "material", "432", "480", "-48", "-10", "-16.80"),
        "BOLT-M6-60": ("counted", "in_agreement", "479", "480", "-1", "-0.2083", "-0.35"),
        "BOLT-M6-70": ("counted", "minor", "476", "480", "-4", "-0.8333", "-1.40"),
        "DRILL-18V": ("counted", "material", "10", "12", "-2", "-16.6667", "-400.00"),
        "GONE": ("uncounted", "material", None, "7", None, None, None),
        "NUT-M6": ("uncounted", "material", None, "30", None, None, None),
        "OLD": ("uncounted", "in_agreement", None, "0", None, None, None),
        "PAINT-5L": ("unrecorded", "material", "2", "0", "2", None, "37.00"),
    }


def test_the_keys_of_a_variance_are_those_of_the_contract(files: Path) -> None:
    variance = document(run(files, "reconcile", "--location", "fixings", "--json"))["variances"][0]

    assert list(variance) == [
        "sku", "kind", "state", "counted_qty", "system_qty", "gap_units", "gap_pct", "gap_value",
    ]  # fmt: skip


def test_the_rules_decide_what_is_material(files: Path) -> None:
    (files / "rules.yaml").write_text("tolerance: {units: 100, percent: 50, value: 1000}\n", "utf-8")

    result = document(run(files, "reconcile", "--location", "fixings", "--rules", str(files / "rules.yaml"), "--json"))

    assert {row["state"] for row in result["variances"] if row["kind"] == "counted"} == {"in_agreement"}


def test_without_a_location_several_are_fine_as_long_as_no_sku_is_at_two(files: Path) -> None:
    assert document(run(files, "check", "--json"))["lines"][-1]["kind"] == "counted"

    (files / "stock.csv").write_text(INVENTORY + PAINT + "NUT-M6,M6 nut,paint,3,0.02,,\n", "utf-8")
    result = run(files, "check", "--json")

    assert result.exit_code == 2
    assert result.stderr.endswith(
        "NUT-M6 is stocked at several locations: choose one with --location (fixings, paint)\n"
    )


@pytest.mark.parametrize("command", ["check", "reconcile"])
def test_people_get_tables_with_the_reason_and_what_to_do(files: Path, command: str) -> None:
    result = run(files, command, "--location", "fixings")

    assert result.exit_code == 0
    assert "count.csv: 9 rows read = 5 counted + 1 collapsed + 1 blank + 2 parked" in result.stdout
    assert "unknown code" in result.stdout
    assert "aliases" in result.stdout


def test_the_table_of_variances_puts_material_ones_first_and_leaves_out_agreement(files: Path) -> None:
    printed = run(files, "reconcile", "--location", "fixings").stdout

    assert "5 material, 1 minor, 2 in agreement" in printed
    assert printed.index("GONE") < printed.index("BOLT-M6-70")
    assert "BOLT-M6-60" not in printed
    assert "-16.80" in printed
    assert "not counted" in printed


def test_cells_of_a_file_are_shown_as_text_and_never_obeyed(files: Path) -> None:
    (files / "count.csv").write_text("code,counted\n[red]\x1b[31mX,4\n", "utf-8")

    printed = run(files, "check", "--location", "fixings").stdout

    assert "\x1b" not in printed
    assert "[red]" in printed


def test_of_an_endless_cell_people_see_the_beginning_and_json_has_it_whole(files: Path) -> None:
    code = "Ä" * 10_000
    (files / "count.csv").write_text(f"code,counted\n{code},4\n", "utf-8")

    assert len(run(files, "check", "--location", "fixings").stdout) < 4_000
    result = run(files, "check", "--location", "fixings", "--json")
    assert document(result)["parked"][0]["code"] == code
    assert result.stdout.isascii()


def test_a_file_without_anything_parked_says_so(files: Path) -> None:
    (files / "count.csv").write_text("code,counted\nNUT-M6,30\n", "utf-8")

    assert "Nothing is parked." in run(files, "check", "--location", "fixings").stdout


def test_a_very_long_table_is_cut_and_says_so(files: Path) -> None:
    (files / "count.csv").write_text("code,counted\n" + "".join(f"X{row},1\n" for row in range(300)), "utf-8")

    assert "... and 100 more: --json lists them all" in run(files, "check", "--location", "fixings").stdout


@pytest.mark.parametrize("command", ["check", "reconcile"])
@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "the file is empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 9, "not a text file"),
        (b"sku,qty,quantity\nNUT-M6,1,2\n", "cannot tell which column is the count: 'qty' (1), 'quantity' (2)"),
        (b"PK\x03\x04 broken", "damaged"),
    ],
)
def test_a_count_that_cannot_be_read_ends_with_2_and_one_line(
    files: Path, command: str, content: bytes, problem: str
) -> None:
    (files / "count.csv").write_bytes(content)

    result = run(files, command, "--location", "fixings", "--json")

    assert result.exit_code == 2
    assert result.stdout == ""
    assert problem in result.stderr
    assert result.stderr.count("\n") == 1
    assert "count.csv" in result.stderr


def test_missing_files_and_folders_end_with_2_and_one_line(files: Path) -> None:
    for name in ("nowhere.csv", "."):
        result = run(files, "check", count=name)
        assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
        assert result.stderr.startswith("stkr: ")


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["check", "count.csv"], "Missing option '--inventory'."),
        (["reconcile", "--inventory", "stock.csv"], "Missing argument 'COUNT_FILE'."),
        (["check", "count.csv", "--inventory"], "Option '--inventory' requires an argument."),
        (["check", "count.csv", "--inventory", "stock.csv", "--loud"], "No such option: --loud"),
        (["recount"], "No such command 'recount'."),
    ],
)
def test_a_command_line_that_cannot_be_understood_ends_with_2_and_one_line(
    arguments: list[str], problem: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stkr", *arguments])

    with pytest.raises(SystemExit) as ended:
        main()

    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert printed.err.startswith(f"stkr: {problem}")
    assert printed.err.count("\n") == 1


def test_without_arguments_there_is_help_that_lists_every_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["stkr"])

    with pytest.raises(SystemExit):
        main()

    printed = capsys.readouterr()
    assert printed.err == ""
    assert all(
        name in printed.out for name in ("check", "reconcile", "open", "status", "audit", "rules", "redrive", "sweep")
    )


def test_a_bad_stock_file_and_bad_rules_end_with_2_and_name_every_problem_in_one_line(files: Path) -> None:
    (files / "rules.yaml").write_text("currency: pounds\ndue_days: 0\n", "utf-8")
    result = run(files, "reconcile", "--rules", str(files / "rules.yaml"), "--location", "fixings")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "currency" in result.stderr
    assert "due_days" in result.stderr

    (files / "stock.csv").write_text("sku,system_qty\nA,x\nB,y\n", "utf-8")
    result = run(files, "check")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "row 2, system_qty: 'x'" in result.stderr
    assert "row 3, system_qty: 'y'" in result.stderr


def test_rules_that_are_no_text_end_with_2(files: Path) -> None:
    (files / "rules.yaml").write_bytes(b"\xff\xfe\x00")

    result = run(files, "reconcile", "--rules", str(files / "rules.yaml"))

    assert result.exit_code == 2
    assert "not UTF-8" in result.stderr


def test_a_long_file_shows_its_progress_and_keeps_stdout_clean(files: Path) -> None:
    rows = _LONG // len("NUT-M6,30\n") + 1
    (files / "count.csv").write_text("code,counted\n" + "NUT-M6,30\n" * rows, "utf-8")

    result = document(run(files, "check", "--location", "fixings", "--json"))

    assert result["rows"] == {"read": rows, "counted": 1, "collapsed": rows - 1, "blank": 0, "parked": 0}


def test_the_command_runs_as_a_process_of_its_own(files: Path) -> None:
    command = [sys.executable, "-c", "from stkr_cli.app import main; main()"]
    arguments = ["check", str(files / "count.csv"), "--inventory", str(files / "stock.csv"), "--location", "fixings"]
    environment = {"PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "utf-8"}

    done = subprocess.run(  # noqa: S603 - our own command
        [*command, *arguments, "--json"], capture_output=True, text=True, env=environment, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == CHECKED


def test_a_character_that_the_output_cannot_take_costs_itself_only(files: Path) -> None:
    arguments = ["stkr", "reconcile", str(files / "count.csv"), "--inventory", str(files / "stock.csv")]
    script = f"import sys; sys.argv = {arguments!r}; from stkr_cli.app import main; main()"
    environment = {"PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "ascii"}

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "In ?" in done.stdout


def test_a_long_file_that_cannot_be_read_ends_with_one_line_too(files: Path) -> None:
    (files / "count.csv").write_text("code,counted\n" + "NUT-M6,30\n" * 300_001, "utf-8")

    result = run(files, "check", "--location", "fixings")

    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_offline_commands_do_not_wait_for_the_aws_client(files: Path) -> None:
    arguments = ["stkr", "check", str(files / "count.csv"), "--inventory", str(files / "stock.csv")]
    script = (
        f"import sys; sys.argv = {arguments!r}; from stkr_cli.app import main\n"
        "try:\n    main()\nfinally:\n    print('boto3' in sys.modules, file=sys.stderr)"
    )

    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "False\n")


def test_several_files_are_checked_as_one_count_and_each_parked_row_names_its_own(files: Path) -> None:
    (files / "more.csv").write_text("sku,bin,count\nX-98,A1,4\n", "utf-8")

    result = run(files, "check", str(files / "more.csv"), "--location", "fixings", "--json")

    parked = document(result)["parked"]
    assert [(row["file"], row["row"]) for row in parked] == [("count.csv", 9), ("count.csv", 10), ("more.csv", 2)]


def test_of_several_files_that_cannot_be_read_all_are_named(files: Path) -> None:
    (files / "empty.csv").write_text("", "utf-8")
    (files / "two.csv").write_text("sku,qty,quantity\nX,1,2\n", "utf-8")

    result = run(files, "check", str(files / "empty.csv"), str(files / "two.csv"), "--location", "fixings")

    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "empty.csv: the file is empty; " in result.stderr
    assert "cannot tell which column is the count" in result.stderr


def test_two_files_of_one_name_are_refused(files: Path) -> None:
    result = run(files, "check", str(files / "count.csv"), "--location", "fixings")

    assert (result.exit_code, result.stdout) == (2, "")
    assert "the same name" in result.stderr


def test_a_fix_sheet_can_be_written_filled_in_and_checked_with_its_count(files: Path) -> None:
    assert run(files, "check", "--location", "fixings", "--fix-sheet", str(files / "fixes.xlsx")).exit_code == 0
    book = load_workbook(files / "fixes.xlsx")
    book.worksheets[0]["F2"], book.worksheets[0]["G3"] = "BOLT-M6-60", "skip"
    book.save(files / "fixes.xlsx")

    result = run(files, "check", str(files / "fixes.xlsx"), "--location", "fixings")

    assert "Nothing" not in result.stdout  # 4 beside 479 is a contradiction now
    assert "2 rows count as a fix sheet says." in result.stdout
    assert "conflicting" in result.stdout


def test_a_fix_that_cannot_be_used_is_said_and_stops_nothing(files: Path) -> None:
    (files / "fixes.csv").write_text(
        "File,Row,Code,Quantity,Right code,Right quantity\ncount.csv,9,X-97,4,BOLT-M6-60,\n", "utf-8"
    )

    result = run(files, "check", str(files / "fixes.csv"), "--location", "fixings")

    assert result.exit_code == 0
    assert "fixes.csv row 2: it is about count.csv row 9" in result.stdout


def test_every_trouble_of_a_row_is_shown_with_its_cell(files: Path) -> None:
    shown = " ".join(run(files, "check", "--location", "fixings").stdout.split())

    assert "A10:" in shown
    assert "B10:" in shown


def test_check_says_how_the_file_was_understood_and_which_rows_made_each_count(files: Path) -> None:
    (files / "count.csv").write_text("Note;Item;Gezählt\n;NUT-M6;7\n" + ";NUT-M6;7\n" * 6, "cp1252")

    shown = " ".join(run(files, "check", "--location", "fixings").stdout.split())

    assert "semicolon-separated Windows-1252, header in row 1; code from Item, count from Gezählt; not used" in shown
    assert "NUT-M6 7 counted 2, 3, 4, 5, 6 and 2 more" in shown


def test_a_file_without_a_quantity_column_is_said_to_count_one_a_row(files: Path) -> None:
    (files / "count.csv").write_text("NUT-M6\nNUT-M6\n", "utf-8")

    shown = " ".join(run(files, "check", "--location", "fixings").stdout.split())

    assert "no header; code from column 1; every row counts one." in shown
