"""Behind a signed link: open a count, fetch its blind sheet, upload to it, see what was understood; read a summary."""

import secrets
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from stkr.infra.settings import SessionSettings, load
from stkr.infra.telemetry import logger, metrics
from stkr.links.tokens import TOKEN
from stkr.session.pages import AREA, UPLOADED, parse_open_form
from stkr.session.views import (
    Download,
    fetch_code,
    fetch_fixes,
    fetch_sheet,
    print_sheet,
    show,
    show_card,
    submit,
)
from stkr.tabular.csv_out import CSV_TYPE
from stkr.web.forms import posted
from stkr.web.guarded import LinkVisit
from stkr.web.page import Page, download, response, see_other

app = LambdaFunctionUrlResolver()


def _visit(token: str) -> LinkVisit:
    return LinkVisit(app.current_event.request_context.domain_prefix, token, datetime.now(UTC))


def _link_token() -> str:
    return app.current_event.query_string_parameters.get(TOKEN, "")


@app.route("/", method=["GET", "HEAD"])
def look() -> Response[str]:
    """The page to open a count, or the count's own."""
    asked = app.current_event.query_string_parameters
    return response(
        show(load(SessionSettings), _visit(_link_token()), asked.get(AREA, ""), just_uploaded=UPLOADED in asked)
    )


@app.post("/")
def open_count() -> Response[str]:
    """Open a count and lead on to its page."""
    form = parse_open_form(posted(app.current_event))
    outcome = submit(load(SessionSettings), _visit(form.token), form, nonce=secrets.token_hex(4))
    return response(outcome) if isinstance(outcome, Page) else see_other(outcome)


@app.get("/sheet")
def paper() -> Response[str]:
    """The blind sheet to be printed."""
    return response(print_sheet(load(SessionSettings), _visit(_link_token())))


@app.get("/sheet.xlsx")
def workbook() -> Response[str] | Response[bytes]:
    """The blind sheet for Excel."""
    return _file(fetch_sheet(load(SessionSettings), _visit(_link_token()), "xlsx"))


@app.get("/sheet.csv")
def csv() -> Response[str] | Response[bytes]:
    """The blind sheet as CSV."""
    return _file(fetch_sheet(load(SessionSettings), _visit(_link_token()), "csv"))


@app.get("/fixes.xlsx")
def fixes_workbook() -> Response[str] | Response[bytes]:
    """The parked rows for Excel, to be filled in."""
    return _file(fetch_fixes(load(SessionSettings), _visit(_link_token()), "xlsx"))


@app.get("/fixes.csv")
def fixes_csv() -> Response[str] | Response[bytes]:
    """The parked rows as CSV."""
    return _file(fetch_fixes(load(SessionSettings), _visit(_link_token()), "csv"))


@app.get("/card")
def card() -> Response[str]:
    """The card for the end of an aisle."""
    return response(show_card(load(SessionSettings), _visit(_link_token())))


@app.get("/qr.svg")
def code_svg() -> Response[str] | Response[bytes]:
    """The QR code of a location's link, for print."""
    return _file(fetch_code(load(SessionSettings), _visit(_link_token()), "svg"))


@app.get("/qr.png")
def code_png() -> Response[str] | Response[bytes]:
    """The QR code of a location's link as a picture."""
    return _file(fetch_code(load(SessionSettings), _visit(_link_token()), "png"))


def _file(file: Page | Download) -> Response[str] | Response[bytes]:
    return response(file) if isinstance(file, Page) else download(file.content, file.content_type, file.filename)


@app.route("/summary", method=["GET", "HEAD"])
def month() -> Response[str]:
    """The page of a month's summary."""
    from stkr.summary.views import read_page  # noqa: PLC0415 - asked for once a month, and not by who counts

    return response(read_page(load(SessionSettings), _visit(_link_token())))


@app.get("/summary.csv")
def month_csv() -> Response[str] | Response[bytes]:
    """The same figures as CSV."""
    from stkr.summary.views import fetch_csv  # noqa: PLC0415 - as above

    file = fetch_csv(load(SessionSettings), _visit(_link_token()))
    return response(file) if isinstance(file, Page) else download(file.content, CSV_TYPE, file.filename)


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request to the function URL."""
    return app.resolve(event, context)
