"""What the commands print when something goes wrong, and that no text is taken for markup."""

import io
import sys

import pytest
from rich.console import Console

import local.__main__
from local.deploy import CommandFailedError
from local.report import Report

pytestmark = pytest.mark.unit

OUTPUT = "make: *** [/tmp/layer/Makefile:12: build] Error 1\nsee [/red] and [bold]pip[/bold]"
"""What a build that fails may end with: brackets that would close or open a style, if they were markup."""


def test_a_failed_build_is_told_in_the_words_of_the_tool(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(port: int) -> int:
        raise CommandFailedError(f"sam build failed on port {port}:\n{OUTPUT}")

    monkeypatch.setattr(local.__main__, "up", fail)
    monkeypatch.setattr(sys, "argv", ["local", "up", "--port", "4600"])
    assert local.__main__.main() == 1
    assert f"CommandFailed: sam build failed on port 4600:\n{OUTPUT}" in capsys.readouterr().out


def test_a_report_prints_texts_and_figures_as_they_are() -> None:
    printed = io.StringIO()
    report = Report(Console(file=printed, width=200))
    report.chapter("[/a]")
    report.say("[/b]", style="bold")
    report.table(("SKU", "who"), [("[/c]", "[red]")])
    report.check("[/d]", "[/e]", "[/e]")
    report.check("[/f]", "[/g]", "[/h]")
    with report.working("[/i]"):
        pass
    for text in ("[/a]", "  [/b]", "[/c]", "[red]", "✓ [/d]: [/e]", "✗ [/f]: '[/g]', should be '[/h]'", "[/i]"):
        assert text in printed.getvalue()
    assert report.wrong == ["[/f]: '[/g]', should be '[/h]'"]
