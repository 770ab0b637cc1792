"""A chain's night in figures: stages and supplies for the model, from what a count needs and what AWS allows. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from bench.cost.bill import by_component, costs, total
from bench.scale.demand import LINES, LOCATIONS, Demand, StageUsage
from bench.scale.model import Stage, StageNight, arrivals, night
from tests.deployment import stack

SHOPS: Final = 1_000
WINDOW: Final = 6 * 3600
"""Seconds from the first upload of a night to the last."""

RESOURCES: Final[Mapping[str, tuple[str, str]]] = {
    "capture workers": ("stack", "capture's MaximumConcurrency"),
    "label workers": ("stack", "the label queue's MaximumConcurrency"),
    "functions": ("account", "lambda_concurrency"),
    "table": ("stack", "dynamodb_table_writes"),
    "month key": ("stack", "dynamodb_partition_writes"),
    "open key": ("stack", "dynamodb_partition_writes"),
    "tokens": ("account", "bedrock_tokens_minute"),
    "mails": ("account", "ses_mails_second"),
}
"""Each resource of the model: what shares one of it, and the limit it comes from."""

Limits = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ChainLayout:
    """How the chain's shops are spread; ``workers`` is the MaximumConcurrency of each of a stack's two queues."""

    name: str
    stacks: int
    accounts: int
    workers: int = 2


LAYOUTS: Final = (
    ChainLayout("all shops in one stack, as it is", 1, 1),
    ChainLayout("all shops in one stack, 200 workers a queue", 1, 1, 200),
    ChainLayout("a stack a shop, one account", SHOPS, 1),
    ChainLayout("a stack a shop, 20 accounts of 50", SHOPS, 20),
)


def stages(demand: Demand, memory_mb: Mapping[str, int], output_weight: float) -> list[Stage]:
    """What a count takes on its way from its upload to its managers' mails.

    :param memory_mb: of each function; what was metered is in GB-seconds.
    :param output_weight: how many input tokens an output token counts as.
    """

    def seconds(used: StageUsage, function: str) -> float:
        return float(used.usage["lambda_gb_second"]) * 1024 / memory_mb[function]

    def writes(used: StageUsage) -> dict[str, float]:
        entries = {"month key": float(used.header_writes), "open key": float(used.header_writes)}
        return {"table": float(used.usage["dynamodb_write_unit"]), **(entries if used.header_writes else {})}

    capture, compare = seconds(demand.captured, "capture"), seconds(demand.compared, "variance")
    # `variance` waits while `cause` asks, with half the memory: both were metered together, and both hold a place.
    label = float(demand.labelled.usage["lambda_gb_second"]) * 1024 / (memory_mb["variance"] + memory_mb["cause"])
    asked = demand.labelled.usage
    tokens = float(asked["bedrock_input_token"]) + output_weight * float(asked["bedrock_output_token"])
    return [
        Stage("read the upload", {"capture workers": capture, "functions": capture, **writes(demand.captured)}),
        Stage("find the gaps", {"functions": compare, **writes(demand.compared)}),
        Stage(
            "suggest causes",
            {"label workers": label, "functions": 2 * label, "tokens": tokens, **writes(demand.labelled)},
        ),
        Stage(
            "mail the managers",
            {
                "functions": seconds(demand.mailed, "sweep"),
                "mails": float(demand.mailed.usage["ses_mail"]),
                **writes(demand.mailed),
            },
        ),
    ]


def supply(layout: ChainLayout, limits: Limits) -> dict[str, float]:
    """What all of a layout's stacks and accounts have together, a second. Its load is taken to be spread evenly."""
    each = {
        "capture workers": layout.workers,
        "label workers": layout.workers,
        "functions": limits["lambda_concurrency"]["amount"],
        "table": limits["dynamodb_table_writes"]["amount"],
        "month key": limits["dynamodb_partition_writes"]["amount"],
        "open key": limits["dynamodb_partition_writes"]["amount"],
        "tokens": limits["bedrock_tokens_minute"]["amount"] / 60,
        "mails": limits["ses_mails_second"]["amount"],
    }
    shared_by = {"stack": layout.stacks, "account": layout.accounts}
    return {name: amount * shared_by[RESOURCES[name][0]] for name, amount in each.items()}


def nights(of: Sequence[Stage], limits: Limits) -> list[tuple[ChainLayout, list[StageNight]]]:
    """The chain's night in each layout."""
    coming = list(arrivals(SHOPS * LOCATIONS, WINDOW))
    return [(layout, night(coming, of, supply(layout, limits))) for layout in LAYOUTS]


def million_lines(counts: float) -> float:
    """Counts as lines."""
    return counts * LINES / 1e6


def night_cost(demand: Demand, prices: Mapping[str, Mapping[str, Any]]) -> tuple[Decimal, Decimal]:
    """Dollars at list price for the chain's night, from opening the counts to the mails; and of them, the model's.

    What is stored is billed by the month, and not in it.
    """
    parts = (demand.opened, demand.captured, demand.compared, demand.labelled, demand.mailed)
    usage: dict[str, Decimal] = {}
    for used in parts:
        for name, amount in used.usage.items():
            usage[name] = usage.get(name, Decimal(0)) + amount * SHOPS * LOCATIONS
    usage["log_gb"] = usage.pop("log_bytes", Decimal(0)) / 1024**3
    bill = by_component(costs(usage, prices))
    return total(bill.values()).listed, bill["Bedrock (Haiku 4.5)"].listed


def room(limits: Limits) -> Iterator[tuple[str, int, int]]:
    """What a stack is made of: the thing's name, how many an account has, how many a stack takes."""
    for what, limit, kind in _MADE_OF:
        yield what, limits[limit]["amount"], len(stack().of_type(kind))


_MADE_OF: Final = (
    ("EventBridge rules on its bus", "eventbridge_rules", "AWS::Events::Rule"),
    ("IAM roles", "iam_roles", "AWS::IAM::Role"),
    ("tables", "dynamodb_tables", "AWS::DynamoDB::Table"),
)
