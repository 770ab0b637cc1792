"""moto's tables at the speed that a year needs. What they answer is the same.

moto copies a whole table for every action of a transaction, so as to be able to take it back, and sorts a whole table
for every query. Neither matters in a test of one count; a year would take an hour.
"""

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table


def quicken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have transactions keep copies of the items they touch only, and queries sort what they find only."""
    monkeypatch.setattr("moto.dynamodb.models.copy", SimpleNamespace(deepcopy=_all_but_tables))
    monkeypatch.setattr(DynamoDBBackend, "transact_write_items", _undoing(DynamoDBBackend.transact_write_items))
    monkeypatch.setattr(Table, "all_items", _unsorted)


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


def _unsorted(self: Table) -> list[Any]:
    return [item for of_partition in self.items.values() for item in of_partition.values()]
