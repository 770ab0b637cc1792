"""What goes over the wire to DynamoDB, and mishaps at any point of it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from stkr.infra import aws

if TYPE_CHECKING:
    from botocore.model import OperationModel

_WRITES = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})


class Crash(Exception):
    """The process is gone."""


class Wire:
    """Counts the requests of this process's DynamoDB client and can disturb them."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self._lives: int | None = None
        self._before_write: Callable[[], None] | None = None
        aws.dynamodb().meta.events.register("before-call.dynamodb", self._pass)

    @property
    def writes(self) -> int:
        """How many writes there were."""
        return sum(request in _WRITES for request in self.requests)

    def crash_after(self, writes: int | None) -> None:
        """Let that many more writes through, and none any more after those; ``None`` lets all through again."""
        self._lives = writes

    def before_next_row(self, happens: Callable[[], None]) -> None:
        """Let something happen between this process's reading of the rows and its first write to one."""
        self._before_write = happens

    def _pass(self, model: "OperationModel", params: dict[str, Any], **_: Any) -> None:
        self.requests.append(model.name)
        if model.name not in _WRITES:
            return
        if self._lives is not None:
            if self._lives <= 0:
                raise Crash
            self._lives -= 1
        happens = self._before_write
        if happens and b"LOC#" in params["body"]:
            self._before_write = None
            happens()
