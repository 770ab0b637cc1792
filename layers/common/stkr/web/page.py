"""A page, and the response that carries it: no script, nothing loaded from elsewhere, nothing kept, nothing framed."""

import hashlib
from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from importlib import resources

from aws_lambda_powertools.event_handler import Response
from jinja2 import Environment, PackageLoader, PrefixLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from stkr.domain import instants
from stkr.tabular.text import one_line
from stkr.web import formatting
from stkr.web.wording import facts, in_time, likely

_STAGES = ("approval", "mail", "session", "summary", "sweep", "web")


@dataclass(frozen=True, slots=True)
class Page:
    """A finished page. ``form_origin`` is the one foreign origin a form on it may post to (the bucket's), if any."""

    status: HTTPStatus
    html: str
    form_origin: str | None = None


def response(page: Page) -> Response[str]:
    """A page as the answer of a function URL, with the headers that confine it."""
    return Response(
        status_code=page.status,
        content_type="text/html; charset=utf-8",
        body=page.html,
        headers=_confining_headers(page.form_origin),
    )


def see_other(location: str) -> Response[str]:
    """The answer to a form post that leads on to a page of its own, so that reloading that page posts nothing again."""
    return Response(
        status_code=HTTPStatus.SEE_OTHER,
        content_type="text/plain; charset=utf-8",
        body="",
        headers={**_confining_headers(None), "Location": location},
    )


def download(content: bytes, content_type: str, filename: str) -> Response[bytes]:
    """A file as the answer of a function URL; ``filename`` is plain ASCII without quotes."""
    return Response(
        status_code=HTTPStatus.OK,
        content_type=content_type,
        body=content,
        headers={**_confining_headers(None), "Content-Disposition": f'attachment; filename="{filename}"'},
    )


def render(template: str, **context: object) -> str:
    """A template of the package, e.g. ``approval/decision.html``; HTML is escaped, a missing value is an error."""
    return environment().get_template(template).render(**context)


def message_page(status: HTTPStatus, title: str, *paragraphs: str) -> Page:
    """A page that only says something."""
    return Page(status, render("web/message.html", title=title, paragraphs=paragraphs))


@cache
def environment() -> Environment:
    """The templates of every stage: ``<stage>/<file>`` is ``stkr/<stage>/templates/<file>``."""
    env = Environment(
        loader=PrefixLoader({stage: PackageLoader("stkr", f"{stage}/templates") for stage in _STAGES}),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters |= {
        "quantity": formatting.quantity,
        "signed": formatting.signed,
        "money": formatting.money,
        "signed_money": formatting.signed_money,
        "percent": formatting.percent,
        "short_or_over": formatting.short_or_over,
        "counted_noun": formatting.counted_noun,
        "one_line": one_line,
        "facts": facts,
        "likely": likely,
        "in_time": in_time,
        "day": lambda instant, zone: formatting.day(instants.moment_of(instant), zone),
        "day_and_time": lambda instant, zone: formatting.day_and_time(instants.moment_of(instant), zone),
    }
    env.globals["style"] = Markup(_style())  # noqa: S704 - our own file
    return env


@cache
def _style() -> str:
    return resources.files("stkr.web").joinpath("templates", "style.css").read_text("utf-8")


@cache
def _style_hash() -> str:
    return b64encode(hashlib.sha256(_style().encode()).digest()).decode("ascii")


def _confining_headers(form_origin: str | None) -> dict[str, str | list[str]]:
    forms = f"'self' {form_origin}" if form_origin else "'self'"
    policy = (
        "default-src 'none'",
        f"style-src 'sha256-{_style_hash()}'",
        f"form-action {forms}",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "Strict-Transport-Security": "max-age=31536000",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "X-Robots-Tag": "noindex, nofollow",
    }
