"""A function killed before or after any one of its writes, and calls that AWS refuses for once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from botocore.client import BaseClient
from botocore.exceptions import ClientError

from tests.deployment import aside

WRITES = frozenset({
    "PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems", "PutObject", "SendMessage", "SendMessageBatch",
    "PutEvents", "SendEmail", "CreateSchedule",
})  # fmt: skip


class Killed(BaseException):
    """The function is gone; no handler of ours may catch it, as none catches a real one."""


@contextmanager
def killed_at(write: int, *, done: bool) -> Iterator[list[str]]:
    """Kill whatever runs inside at its ``write``-th write (from 1), before it or once it is ``done``.

    Yields the names of the writes that were begun; more than ``write`` of them cannot be.
    """
    begun: list[str] = []
    real = BaseClient.__dict__["_make_api_call"]  # the one place that every call of every client passes

    def counted(self: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if operation not in WRITES:
            return real(self, operation, parameters)
        begun.append(operation)
        if len(begun) == write and not done:
            raise Killed
        answer = real(self, operation, parameters)
        if len(begun) == write:
            raise Killed
        return answer

    with patch.object(BaseClient, "_make_api_call", counted):
        yield begun


@contextmanager
def refused_once(operation: str, code: str, *reasons: str) -> Iterator[None]:
    """Refuse the first call of an operation with an error code, a cancelled transaction for its ``reasons``."""
    calls: list[str] = []
    real = BaseClient.__dict__["_make_api_call"]

    def refusing(self: BaseClient, called: str, parameters: dict[str, Any]) -> Any:
        if called != operation or calls:
            return real(self, called, parameters)
        calls.append(called)
        answer: Any = {
            "Error": {"Code": code, "Message": "refused for once"},
            "CancellationReasons": [{"Code": reason} for reason in reasons],
        }
        raise ClientError(answer, called)

    with patch.object(BaseClient, "_make_api_call", refusing):
        yield
    assert calls, f"{operation} was never called"


@contextmanager
def overtaken(first: Callable[[], object], *, met: bool) -> Iterator[None]:
    """Let somebody come ``first`` at the next transaction; if ``met``, it and all later ones meet yet another one."""
    real = BaseClient.__dict__["_make_api_call"]
    waiting = [first]

    def meeting(self: BaseClient, called: str, parameters: dict[str, Any]) -> Any:
        if called != "TransactWriteItems":
            return real(self, called, parameters)
        while waiting:
            with patch.object(BaseClient, "_make_api_call", real), aside():
                waiting.pop()()
        if not met:
            return real(self, called, parameters)
        refusal: Any = {
            "Error": {"Code": "TransactionCanceledException", "Message": "another one is under way"},
            "CancellationReasons": [{"Code": "TransactionConflict"} for _ in parameters["TransactItems"]],
        }
        raise ClientError(refusal, called)

    with patch.object(BaseClient, "_make_api_call", meeting):
        yield
    assert not waiting, "there was no transaction"
