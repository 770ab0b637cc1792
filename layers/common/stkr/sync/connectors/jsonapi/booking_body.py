"""The body of a request that books an adjustment."""

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from stkr.domain.adjustment import Adjustment
from stkr.domain.errors import SourceRefused
from stkr.sync.connectors.jsonapi.expressions import find


def booking_body(template: JsonValue, adjustment: Adjustment) -> Any:
    """The template with each of its texts replaced by what it finds, as an expression, in the adjustment.

    :raises SourceRefused: a text finds nothing.
    """
    return _filled(template, _facts(adjustment))


def _facts(adjustment: Adjustment) -> dict[str, Any]:
    whole = adjustment.units == adjustment.units.to_integral_value()
    units = int(adjustment.units) if whole else adjustment.units
    return {
        "id": adjustment.id,
        "sku": adjustment.sku,
        "location": adjustment.location,
        "units": units,
        "size": abs(units),
        "increase": units > 0,
        "approved_at": adjustment.approved_at,
    }


def _filled(template: JsonValue, facts: Mapping[str, Any]) -> Any:
    if isinstance(template, dict):
        return {key: _filled(value, facts) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, facts) for value in template]
    if not isinstance(template, str):
        return template
    value = find(template, facts)
    if value is None:
        raise SourceRefused(f"the expression {template!r} finds nothing in an adjustment")
    return value
