"""DynamoDB and S3 in memory, fast enough for thousands of syncs; they obey the conditions of the requests they get.

Their reading of an expression is checked against another emulator by ``tests/adapters``, which sends the same ones.
"""

import hashlib
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from stkr.store.dynamodb import attributes, values

Item = dict[str, Any]
_TOKENS = re.compile(r"[()]|<=|<|=|\+|,|:\w+|#\w+|\w+")


def refused(code: str) -> ClientError:
    """An error as AWS answers it."""
    return ClientError({"Error": {"Code": code, "Message": "refused"}}, "Any")


class Expression:
    """A condition or an update, read from left to right."""

    def __init__(self, text: str, request: Mapping[str, Any], item: Item) -> None:
        self._tokens = _TOKENS.findall(text)
        self._names = request.get("ExpressionAttributeNames", {})
        self._values = values(request.get("ExpressionAttributeValues", {}))
        self._item = item

    def holds(self) -> bool:
        """Whether the condition does."""
        result = self._any()
        assert not self._tokens, self._tokens
        return result

    def applied(self) -> Item:
        """The item after the update."""
        after = deepcopy(self._item)
        verb = ""
        while self._tokens:
            token = self._take()
            if token in ("SET", "REMOVE"):
                verb = token
            elif token != ",":
                name = self._names.get(token, token)
                if verb == "SET":
                    assert self._take() == "="
                    after[name] = self._sum()
                else:
                    after.pop(name, None)
        return after

    def _take(self) -> str:
        token: str = self._tokens.pop(0)
        return token

    def _next_is(self, token: str) -> bool:
        return self._tokens[:1] == [token] and bool(self._take())

    def _any(self) -> bool:
        result = self._all()
        while self._next_is("OR"):
            result = self._all() or result
        return result

    def _all(self) -> bool:
        result = self._one()
        while self._next_is("AND"):
            result = self._one() and result
        return result

    def _one(self) -> bool:
        if self._next_is("("):
            result = self._any()
            assert self._take() == ")"
            return result
        if self._tokens[0] in ("attribute_not_exists", "begins_with"):
            function = self._take()
            arguments = self._arguments()
            return arguments[0] is None if function == "attribute_not_exists" else arguments[0].startswith(arguments[1])
        left, operator, right = self._operand(), self._take(), self._operand()
        if operator == "=":
            return bool(left == right)
        return left is not None and bool(left < right if operator == "<" else left <= right)

    def _sum(self) -> Any:
        result = self._operand()
        while self._next_is("+"):
            result += self._operand()
        return result

    def _operand(self) -> Any:
        token = self._take()
        if self._tokens[:1] == ["("]:
            first, *rest = self._arguments()
            functions: dict[str, Callable[[], Any]] = {
                "size": lambda: None if first is None else len(first),
                "if_not_exists": lambda: rest[0] if first is None else first,
                "list_append": lambda: [*first, *rest[0]],
            }
            return functions[token]()
        return self._values[token] if token.startswith(":") else self._item.get(self._names.get(token, token))

    def _arguments(self) -> list[Any]:
        assert self._take() == "("
        found = [self._operand()]
        while self._next_is(","):
            found.append(self._operand())
        assert self._take() == ")"
        return found


class Dynamo:
    """One table with its index, which is as it was at the last ``refresh``."""

    def __init__(self, gate: Callable[[], None]) -> None:
        self._gate = gate
        self.items: dict[tuple[str, str], Item] = {}
        self._index: list[Item] = []

    def refresh(self) -> None:
        """Let the index catch up with the table."""
        waiting = [deepcopy(item) for item in self.items.values() if {"unbooked_pk", "unbooked_since"} <= item.keys()]
        self._index = sorted(waiting, key=lambda item: item["unbooked_since"])

    def get_item(self, **request: Any) -> Item:
        """One item, if it is there."""
        self._gate()
        found = self.items.get(_key(request["Key"]))
        return {"Item": attributes(found)} if found else {}

    def put_item(self, **request: Any) -> None:
        """Put, on its condition."""
        self._gate()
        item = values(request["Item"])
        self._check(request, self.items.get((item["PK"], item["SK"]), {}))
        self.items[item["PK"], item["SK"]] = item

    def update_item(self, **request: Any) -> Item:
        """Update, on its condition."""
        self._gate()
        key = _key(request["Key"])
        before = self.items.get(key, {})
        self._check(request, before)
        after = Expression(request["UpdateExpression"], request, before).applied()
        self.items[key] = {**after, "PK": key[0], "SK": key[1]}
        return {}

    def get_paginator(self, operation: str) -> "Dynamo":
        """Itself: there is one page."""
        assert operation == "query"
        return self

    def paginate(self, **request: Any) -> Iterator[Item]:
        """What the key condition holds for, by sort key."""
        self._gate()
        found = self._index if "IndexName" in request else sorted(self.items.values(), key=lambda item: str(item["SK"]))
        chosen = [item for item in found if Expression(request["KeyConditionExpression"], request, item).holds()]
        yield {"Items": [attributes(item) for item in chosen]}

    def _check(self, request: Mapping[str, Any], item: Item) -> None:
        if not Expression(request["ConditionExpression"], request, item).holds():
            raise refused("ConditionalCheckFailedException")


def _key(key: Mapping[str, Any]) -> tuple[str, str]:
    plain = values(key)
    return plain["PK"], plain["SK"]


class Bucket:
    """One versioned bucket, which tells ``seen`` the key of what is read.

    ``lose_next`` has the next write of a stock file done, but not answered.
    """

    def __init__(self, gate: Callable[[], None], seen: Callable[[str], None]) -> None:
        self._gate = gate
        self._seen = seen
        self.versions: dict[str, list[Item]] = {}
        self.lose_next = False

    def put_object(self, **request: Any) -> Item:
        """A new version, on condition of the tag of the latest one."""
        self._gate()
        return self.put(**request)

    def put(self, **request: Any) -> Item:
        """The same from outside, at once."""
        known = self.versions.setdefault(request["Key"], [])
        if "IfMatch" in request and (not known or known[-1]["ETag"] != request["IfMatch"]):
            raise refused("PreconditionFailed")
        body = request["Body"]
        version = {
            "VersionId": f"v{sum(map(len, self.versions.values()))}",
            "ETag": f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"',
            "Content": body,
            "Metadata": request.get("Metadata", {}),
            "ContentType": request.get("ContentType", "binary/octet-stream"),
            "LastModified": datetime.now(UTC),
        }
        known.append(version)
        if self.lose_next and request["Key"].startswith("source/") and "IfMatch" in request:
            # What the SDK's second try gets once the first one was done.
            self.lose_next = False
            raise refused("PreconditionFailed")
        return version

    def get_object(self, **request: Any) -> Item:
        """The latest version, unless it is known."""
        self._gate()
        self._seen(request["Key"])
        known = self.versions.get(request["Key"])
        if not known:
            raise refused("NoSuchKey")
        if request.get("IfNoneMatch") == known[-1]["ETag"]:
            raise refused("304")
        return known[-1] | {"Body": io.BytesIO(known[-1]["Content"])}

    def head_object(self, **request: Any) -> Item:
        """What is known of one version."""
        self._gate()
        return next(found for found in self.versions[request["Key"]] if found["VersionId"] == request["VersionId"])

    def get_paginator(self, operation: str) -> "Bucket":
        """Itself: there is one page."""
        assert operation == "list_object_versions"
        return self

    def paginate(self, **request: Any) -> Iterator[Item]:
        """All versions, the latest first."""
        self._gate()
        key = request["Prefix"]
        yield {"Versions": [{"Key": key, "VersionId": found["VersionId"]} for found in reversed(self.versions[key])]}


class Inline:
    """A pool of threads that is none: its work is done in order, in the sync's own thread."""

    def __init__(self, _workers: int) -> None:
        pass

    def __enter__(self) -> "Inline":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def map(self, work: Callable[[Any], Any], over: Sequence[Any]) -> Iterator[Any]:
        """The results in order."""
        return map(work, over)
