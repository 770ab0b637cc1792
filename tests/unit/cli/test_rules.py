"""`stkr rules check`: a rules doc is checked before it is uploaded."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from stkr_cli.app import app

pytestmark = pytest.mark.unit


def test_a_valid_doc_is_summed_up(tmp_path: Path) -> None:
    doc = tmp_path / "rules.yaml"
    doc.write_text("tolerance: {units: 5, percent: 2, value: 50}")
    result = CliRunner().invoke(app, ["rules", "check", str(doc)])
    assert result.exit_code == 0
    assert "5 units and 2 %, or £50" in result.output


def test_a_mistake_is_named_and_ends_in_two(tmp_path: Path) -> None:
    doc = tmp_path / "rules.yaml"
    doc.write_text("tolerance: {units: many}")
    result = CliRunner().invoke(app, ["rules", "check", str(doc)])
    assert result.exit_code == 2
    assert "tolerance.units" in result.stderr


def test_a_missing_doc_is_said_to_be_missing(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["rules", "check", str(tmp_path / "none.yaml")])
    assert result.exit_code == 2
    assert "none.yaml" in result.stderr
