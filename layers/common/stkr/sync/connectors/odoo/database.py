"""The models of one Odoo database, over the JSON-2 API."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from stkr.sync.connectors.http import Api
from stkr.sync.connectors.odoo.description import OdooSource
from stkr.sync.connectors.odoo.records import Record, Stamp, parse_records

SearchDomain = list[Any]
"""A condition on records in Odoo's prefix notation."""

ALSO_ARCHIVED = {"active_test": False}
"""A context in which Odoo returns archived records as well."""

_PAGE = 5_000
"""Records of one answer; of the largest, some 300 bytes each."""

_Kind = TypeVar("_Kind", bound=Record)


class OdooDatabase:
    """Odoo's models by their names. Requests that only read are repeated where that may help."""

    def __init__(self, source: OdooSource) -> None:
        credential = {
            "Authorization": f"bearer {source.api_key.get_secret_value()}",
            "X-Odoo-Database": source.database,
        }
        self._api = Api(source.url, credential)

    def call(self, model: str, method: str, *, repeatable: bool = False, **arguments: Any) -> Any:
        """What a method of a model answers."""
        return self._api.post(f"/json/2/{model}/{method}", arguments, repeatable=repeatable)

    @property
    def half_spent(self) -> bool:
        """Whether half of the time for the whole run is over, reading included."""
        return self._api.half_spent

    def search(
        self, kind: type[_Kind], model: str, domain: SearchDomain, context: Mapping[str, Any] | None = None
    ) -> list[_Kind]:
        """All records of a domain, in order of their ids."""
        records: list[_Kind] = []
        last = 0
        while True:
            answer = self.call(
                model,
                "search_read",
                repeatable=True,
                domain=[*domain, ("id", ">", last)],
                fields=kind.field_names(),
                limit=_PAGE,
                order="id",
                # References as ids only: Odoo would have to work out all their names.
                load="",
                context=dict(context or {}),
            )
            page = parse_records(kind, answer)
            records += page
            if len(page) < _PAGE:
                return records
            last = answer[-1]["id"]

    def groups(self, kind: type[_Kind], model: str, domain: SearchDomain) -> list[_Kind]:
        """Figures of a domain's records: the fields of ``kind`` with a colon, grouped by those without."""
        groups: list[_Kind] = []
        while True:
            answer = self.call(
                model,
                "formatted_read_group",
                repeatable=True,
                domain=domain,
                groupby=[name for name in kind.field_names() if ":" not in name],
                aggregates=[name for name in kind.field_names() if ":" in name],
                offset=len(groups),
                limit=_PAGE,
            )
            page = parse_records(kind, answer)
            groups += page
            if len(page) < _PAGE:
                return groups

    def stamp(
        self, model: str, domain: SearchDomain, sums: Sequence[str], context: Mapping[str, Any] | None = None
    ) -> Stamp:
        """Figures of a domain's records that differ once any of them has changed."""
        answer = self.call(
            model,
            "formatted_read_group",
            repeatable=True,
            domain=domain,
            groupby=[],
            aggregates=["__count", "id:max", "write_date:max", *sums],
            context=dict(context or {}),
        )
        return parse_records(Stamp, [{**group, "sums": [group[name] for name in sums]} for group in answer])[0]


def odoo_time(moment: datetime) -> str:
    """A moment as a search domain has it, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
