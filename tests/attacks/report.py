"""What the attempts came to, as a page for people."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from tests.attacks.attacker import Attempt
from tests.machine import machine
from tests.template.stack import ROOT

PROOF: Final = ROOT / "docs" / "proof" / "attacks.md"

_PAGE = """\
# Attacks

What a stranger can reach was tried: the function URLs, the links, the files that are uploaded, and the names that end
up on pages, in mails, in sheets and before the model (`tests/attacks/`). The attempts went to the real handlers
on an emulated AWS in one process, and each was watched for calls of AWS that change something. An attempt counts as
*accepted* where it got an answer it should not, changed anything, or left its mark on what is handed out; it *broke*
something where a handler crashed, answered with 5xx, or would be tried again. `make attacks` does all of it; the
ordinary tests do a part of what is generated.

{machine}

- {met}: {total:,} attempts, {accepted:,} accepted, {broke:,} broke something

| family | what | attempts | accepted | broke | what the attacker sees |
|---|---|--:|--:|--:|---|
{rows}
"""


def report(families: Mapping[str, Sequence[Attempt]], failed: int) -> str:
    """The page. A test that ``failed`` may have tried only a part of its family."""
    everything = [one for tried in families.values() for one in tried]
    return _PAGE.format(
        machine=machine("moto", "itsdangerous", "aws-lambda-powertools"),
        met="met" if not failed and all(one.refused for one in everything) else "**missed**",
        total=len(everything),
        accepted=sum(one.accepted for one in everything),
        broke=sum(one.broke for one in everything),
        rows="\n".join(_row(family, what, tried) for family, all_ in families.items() for what, tried in _by(all_)),
    )


def _by(tried: Sequence[Attempt]) -> list[tuple[str, list[Attempt]]]:
    return [(what, [one for one in tried if one.what == what]) for what in dict.fromkeys(one.what for one in tried)]


def _row(family: str, what: str, tried: Sequence[Attempt]) -> str:
    seen = ", ".join(answer for answer, _ in Counter(one.seen for one in tried).most_common(4))
    cells = (family, what, f"{len(tried):,}", sum(o.accepted for o in tried), sum(o.broke for o in tried), seen)
    return "| " + " | ".join(map(str, cells)) + " |"
