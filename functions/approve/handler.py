"""The two buttons of a mail: GET and HEAD show the variance and change nothing, POST decides it."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from stkr.approval.pages import DecisionForm, parse_decision_form
from stkr.approval.views import DecisionVisit, show, submit
from stkr.infra.settings import ApproveSettings, load
from stkr.infra.telemetry import logger, metrics
from stkr.links.tokens import TOKEN
from stkr.web.forms import posted
from stkr.web.page import response

app = LambdaFunctionUrlResolver()


def _visit(form: DecisionForm) -> DecisionVisit:
    return DecisionVisit(app.current_event.request_context.domain_prefix, form, datetime.now(UTC))


@app.route("/", method=["GET", "HEAD"])
def look() -> Response[str]:
    """Show."""
    token = app.current_event.query_string_parameters.get(TOKEN, "")
    return response(show(load(ApproveSettings), _visit(DecisionForm(token))))


@app.post("/")
def decide() -> Response[str]:
    """Decide."""
    return response(submit(load(ApproveSettings), _visit(parse_decision_form(posted(app.current_event)))))


@logger.inject_lambda_context(clear_state=True)
@metrics.log_metrics
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer a request to either function URL."""
    return app.resolve(event, context)
