"""moto's tables at the speed that a simulated year needs. What they answer is the same.

On its way to moto, a request is written as HTTP, signed, parsed again and looked through for names it might have; a
transaction copies a whole table for every action, so as to be able to take it back; a query sorts a whole table, and
what it finds is looked through for names as well. None of that matters in a test of one count; a year would take an
hour, and so would a stock of 200,000 rows.
"""

import copy
import json
from collections.abc import Callable
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any

import pytest
from aws_lambda_powertools.utilities import parameters
from botocore import xform_name
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler

from tests.template.stack import ACCOUNT, REGION


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hand requests to the tables straight, have transactions copy what they touch and queries sort what they find, and
    nothing else; and keep the secrets, which do not change here.
    """
    every_call = BaseClient.__dict__["_make_api_call"]  # the one place that every call of every client passes
    monkeypatch.setattr(BaseClient, "_make_api_call", _straight(every_call))
    quicken_behind_the_sdk(monkeypatch)


def quicken_behind_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the tables and secrets do with a request: it still passes the SDK, with its retries."""
    quicken_tables(monkeypatch)
    monkeypatch.setattr(parameters, "get_secret", _remembering(parameters.get_secret))


def quicken_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the tables do with a request."""
    monkeypatch.setattr("moto.dynamodb.models.copy", SimpleNamespace(deepcopy=_all_but_tables))
    # What a query finds is written out anew for its answer; no copy of it is needed before.
    monkeypatch.setattr(
        "moto.dynamodb.models.table.copy", SimpleNamespace(copy=copy.copy, deepcopy=lambda found: found)
    )
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", _undoing(DynamoDBBackend.transact_write_items))
    monkeypatch.setattr(Table, "all_items", _unsorted)
    monkeypatch.setattr(Table, "query", _in_one_partition(Table.query))
    monkeypatch.setattr(DynamoHandler, "serialized", _as_it_is(DynamoHandler.serialized))


def _straight(real: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: BaseClient, operation: str, parameters: dict[str, Any]) -> Any:
        if self.meta.service_model.service_name != "dynamodb":
            return real(self, operation, parameters)
        try:
            return asked(operation, parameters)
        except JsonRESTError as error:
            told = json.loads(error.description)
            code = told.pop("__type").rpartition("#")[2]
            response: Any = {"Error": {"Code": code, "Message": error.message}, **told}
            raise ClientError(response, operation) from error

    return call


def asked(operation: str, parameters: dict[str, Any]) -> Any:
    """What the tables answer.

    :raises JsonRESTError: they refuse.
    """
    handler = DynamoHandler()
    handler.current_account, handler.region, handler.body = ACCOUNT, REGION, parameters
    return getattr(handler, xform_name(operation))().result


def _remembering(real: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[str, Any] = {}

    def get_secret(name: str, **options: Any) -> Any:
        asked = f"{name} {options.get('VersionStage')}"
        if asked not in known:
            try:
                known[asked] = real(name, **options)
            except parameters.exceptions.GetParameterError as error:
                known[asked] = error
        if isinstance(known[asked], Exception):
            raise known[asked]
        return known[asked]

    return get_secret


def _all_but_tables(thing: Any) -> Any:
    return thing if isinstance(thing, Table) else copy.deepcopy(thing)


def _undoing(real: Callable[..., None]) -> Callable[..., None]:
    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = []
        for action in transact_items:
            [operation] = action.values()
            key = operation.get("Key") or {name: operation["Item"][name] for name in ("PK", "SK")}
            item = copy.deepcopy(self.get_item(operation["TableName"], key))
            before.append((self.tables[operation["TableName"]], key, item))
        try:
            real(self, transact_items)
        except Exception:
            for table, key, item in before:
                of_partition = table.items[DynamoType(key["PK"])]
                of_partition.pop(DynamoType(key["SK"]), None)
                if item:
                    of_partition[item.range_key] = item
            raise

    return transact_write_items


def _unsorted(self: Table) -> list[Any]:
    return [item for of_partition in self.items.values() for item in of_partition.values()]


def _in_one_partition(real: Callable[..., Any]) -> Callable[..., Any]:
    def query(self: Table, hash_key: DynamoType, *args: Any, **conditions: Any) -> Any:
        narrowed = copy.copy(self)
        if args[_INDEX] is None:
            narrowed.items = {hash_key: self.items.get(hash_key, {})}  # type: ignore[assignment]  # moto's is a defaultdict
        return real(narrowed, hash_key, *args, **conditions)

    return query


_INDEX = 6
"""Where moto hands a query the name of its index, after the hash key."""


def _as_it_is(real: Callable[..., Any]) -> Callable[..., Any]:
    def serialized(self: DynamoHandler, answer: ActionResult) -> Any:
        found = answer.result
        if isinstance(found, dict) and "Items" in found:
            told = {name: value for name, value in found.items() if value is not None}
            return HTTPStatus.OK, dict(self.response_headers), json.dumps(told)
        return real(self, answer)

    return serialized
