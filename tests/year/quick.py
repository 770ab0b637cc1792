"""moto's tables at the speed that a year needs. What they answer is the same.

moto copies a whole table for every action of a transaction, so as to be able to take it back, sorts a whole table for
every query, and looks for every value that an attribute might have under all its possible names. None of that matters
in a test of one count; a year would take an hour.
"""

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.model import StructureShape
from moto.core.serialize import BaseJSONSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have transactions copy only the items they touch, queries sort only what they find, and values go out as they are."""
    monkeypatch.setattr("moto.dynamodb.models.copy", SimpleNamespace(deepcopy=_all_but_tables))
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", _undoing(DynamoDBBackend.transact_write_items))
    monkeypatch.setattr(Table, "all_items", _unsorted)
    written_out = BaseJSONSerializer._serialize_type_structure
    monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_structure", _as_it_is(written_out))


def _all_but_tables(thing: Any) -> Any:
    return thing if isinstance(thing, Table) else copy.deepcopy(thing)


def _undoing(real: Callable[..., None]) -> Callable[..., None]:
    def transact_write_items(self: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
        before = []
        for action in transact_items:
            [operation] = action.values()
            table = self.tables[operation["TableName"]]
            key = operation.get("Key") or {name: operation["Item"][name] for name in ("PK", "SK")}
            before.append((table, key, copy.deepcopy(self.get_item(operation["TableName"], key))))
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


def _as_it_is(real: Callable[..., None]) -> Callable[..., None]:
    def serialize(self: BaseJSONSerializer, serialized: dict[str, Any], value: Any, shape: StructureShape, key: str) -> None:
        if shape.name == "AttributeValue":
            serialized[key] = value if isinstance(value, dict) else value.to_json()
        else:
            real(self, serialized, value, shape, key)

    return serialize


def _unsorted(self: Table) -> list[Any]:
    return [item for of_partition in self.items.values() for item in of_partition.values()]
