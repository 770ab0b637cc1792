"""`stkr rules`: a rules doc is checked before it is uploaded, and the schema is printed for editors."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from stkr_cli.app import app
from stkr_cli.rules_schema import schema

pytestmark = pytest.mark.unit


def test_a_valid_doc_is_summed_up(tmp_path: Path) -> None:
    doc = tmp_path / "rules.yaml"
    doc.write_text("tolerance: {units: 5, percent: 2, value: 50}\noverrides: [{sku: A, units: 1}]")
    result = CliRunner().invoke(app, ["rules", "check", str(doc)])
    assert result.exit_code == 0
    assert "0 locations, 1 override." in result.output
    assert "5 units and 2 %, or £50" in result.output


def test_every_mistake_is_named_with_its_line_and_ends_in_two(tmp_path: Path) -> None:
    doc = tmp_path / "rules.yaml"
    doc.write_text("currency: pounds\ntolerance:\n  unit: 3\n")
    result = CliRunner().invoke(app, ["rules", "check", str(doc)])
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        f"stkr: {doc} is not valid:",
        "line 1, column 11: currency is not the code of a currency such as GBP, EUR or USD",
        "line 3, column 3: `unit` is not a setting of tolerance; did you mean `units`?",
    ]


@pytest.mark.parametrize("content", [b"\xff\xfec\x00u\x00", b"name: caf\xe9", b"#" * 300_000])
def test_what_is_no_rules_doc_at_all_ends_in_two_without_a_traceback(tmp_path: Path, content: bytes) -> None:
    doc = tmp_path / "rules.yaml"
    doc.write_bytes(content)
    result = CliRunner().invoke(app, ["rules", "check", str(doc)])
    assert result.exit_code == 2
    assert "the rules doc is" in result.stderr


def test_a_missing_doc_is_said_to_be_missing(tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path):
        result = CliRunner().invoke(app, ["rules", "check", str(path)])
        assert result.exit_code == 2
        assert f"{path} cannot be read" in result.stderr


def test_the_schema_is_printed_as_it_is_made() -> None:
    result = CliRunner().invoke(app, ["rules", "schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == schema()
