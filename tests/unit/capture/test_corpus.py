"""Files of the shapes that shops really upload, each with its expected outcome in ``corpus/expected.toml``."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from stkr.capture.core import capture
from stkr.capture.quantities import plain
from stkr.capture.result import UploadedFile
from stkr.domain.counted import LineKind
from stkr.stockfile.read import read_stock, snapshot_of
from tests.unit.capture.builders import assert_conserved, totals

pytestmark = pytest.mark.unit

CORPUS = Path(__file__).parent / "corpus"
EXPECTED: dict[str, dict[str, Any]] = tomllib.loads((CORPUS / "expected.toml").read_text("utf-8"))
SNAPSHOT = snapshot_of(read_stock("stock.csv", (CORPUS / "stock.csv").read_bytes()), "Main")


def test_every_file_of_the_corpus_has_an_expected_outcome() -> None:
    assert set(EXPECTED) == {file.name for file in CORPUS.iterdir()} - {"stock.csv", "expected.toml"}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_real_file_comes_out_as_expected(name: str) -> None:
    expected = EXPECTED[name]

    captured = capture([UploadedFile(name, (CORPUS / name).read_bytes())], SNAPSHOT)

    if "problem" in expected:
        assert [problem.file for problem in captured.problems] == [name]
        assert expected["problem"] in captured.problems[0].problem
        return
    assert captured.problems == ()
    assert_conserved(captured)
    assert totals(captured) == tuple(expected["rows"])
    assert {
        line.sku: plain(line.counted_qty) + (" unrecorded" if line.kind is LineKind.UNRECORDED else "")
        for line in captured.lines
    } == expected.get("lines", {})
    assert [f"{row.row} {row.reason}" for row in captured.parked] == expected.get("parked", [])
