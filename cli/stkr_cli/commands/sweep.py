"""``stkr sweep``: the daily sweep, now."""

import typer

from stkr.infra import aws
from stkr_cli.console import console, fail
from stkr_cli.stack import DEFAULT_STACK, StackError, StackOption, outputs

app = typer.Typer()


@app.command()
def sweep(stack: StackOption = DEFAULT_STACK) -> None:
    """Do the daily sweep now: mail what is due, remind, report. Nobody gets the same again on the same day."""
    try:
        function = outputs(stack)["SweepFunctionName"]
    except StackError as error:
        raise fail(error) from error
    # As an event, so that Lambda tries it again, and keeps it if it fails for good.
    aws.functions().invoke(FunctionName=function, InvocationType="Event", Payload=b'{"detail": {}}')
    console.print("The sweep is under way; in quiet hours, its mails go out when they end.")
