"""Usage times price. Pure: amounts and the price list go in, dollars by component come out."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

COMPONENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "Secrets Manager": ("secret_month", "secret_request"),
    "Bedrock (Haiku 4.5)": ("bedrock_input_token", "bedrock_output_token"),
    "Lambda": ("lambda_gb_second", "lambda_request"),
    "DynamoDB": ("dynamodb_write_unit", "dynamodb_read_unit", "dynamodb_gb_month", "dynamodb_backup_gb_month"),
    "SES": ("ses_mail",),
    "S3": ("s3_write_request", "s3_read_request", "s3_gb_month"),
    "SQS, EventBridge, CloudWatch": (
        "sqs_request",
        "eventbridge_event",
        "scheduler_invocation",
        "log_gb",
        "log_gb_month",
    ),
}
"""The components of the bill, and the prices that each is made of."""

SEED: Final[Mapping[str, Decimal]] = {
    "Secrets Manager": Decimal("0.40"),
    "Bedrock (Haiku 4.5)": Decimal("0.85"),
    "Lambda": Decimal("0.25"),
    "DynamoDB": Decimal("0.15"),
    "SES": Decimal("0.05"),
    "S3": Decimal("0.05"),
    "SQS, EventBridge, CloudWatch": Decimal("0.45"),
}
"""What the design expected at 2,000 lines."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Dollars a month: at list price, and after what AWS gives every account for good."""

    listed: Decimal
    after_free: Decimal


def costs(usage: Mapping[str, Decimal], prices: Mapping[str, Mapping[str, Any]]) -> dict[str, Cost]:
    """The cost of each price's name. ``usage`` is by the same names; what is not used costs nothing.

    :raises KeyError: usage that has no price.
    """
    unknown = [name for name in usage if name not in prices and not name.startswith("call ")]
    if unknown:
        raise KeyError(f"no price for {', '.join(sorted(unknown))}")
    return {name: _cost(usage.get(name, Decimal(0)), price) for name, price in prices.items()}


def by_component(cost: Mapping[str, Cost]) -> dict[str, Cost]:
    """The costs added up component by component."""
    return {component: total(cost[name] for name in names) for component, names in COMPONENTS.items()}


def total(costs: Any) -> Cost:
    """Costs added up."""
    each = list(costs)
    return Cost(sum((one.listed for one in each), Decimal(0)), sum((one.after_free for one in each), Decimal(0)))


def _cost(amount: Decimal, price: Mapping[str, Any]) -> Cost:
    usd = Decimal(price["usd"])
    return Cost(amount * usd, max(Decimal(0), amount - Decimal(price.get("free", 0))) * usd)
