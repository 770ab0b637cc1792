"""The pages of a link that is not followed: the titles are shared, what to do next depends on what the link is for."""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from stkr.web.page import Page, message_page


@dataclass(frozen=True, slots=True)
class LinkMessages:
    """What is said of one kind of link.

    ``expired``, ``tampered`` and ``trouble`` are paragraphs. ``unknown_page`` is for a genuine link whose session does
    not exist. ``misused_page`` is for a genuine link of another function URL; without one it counts as tampered with.
    """

    expired: str
    tampered: tuple[str, ...]
    unknown_page: Callable[[], Page]
    trouble: str = "Something did not answer in time."
    misused_page: Callable[[], Page] | None = None


def expired_page(messages: LinkMessages) -> Page:
    """The link was genuine, but its time is over."""
    return message_page(HTTPStatus.GONE, "This link has expired", messages.expired)


def tampered_page(messages: LinkMessages) -> Page:
    """The link is not one of ours, was damaged on its way, or is for another purpose."""
    return message_page(HTTPStatus.FORBIDDEN, "This link is not valid", *messages.tampered)


def misused_page(messages: LinkMessages) -> Page:
    """The link is genuine, but was made for another function URL."""
    return messages.misused_page() if messages.misused_page else tampered_page(messages)


def trouble_page(messages: LinkMessages) -> Page:
    """A service did not answer, or what was to be written kept changing; trying again is safe."""
    return message_page(HTTPStatus.SERVICE_UNAVAILABLE, "Please try again in a minute", messages.trouble)
