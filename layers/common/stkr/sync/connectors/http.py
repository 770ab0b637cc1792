"""JSON over HTTPS, with bounded waiting and retrying; every number in an answer is exact."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import urllib3

from stkr.errors import SourceRefused, SourceUnavailable

_CONNECT_SECONDS = 5
_READ_SECONDS = 25
_TRIES = 3
_TRANSIENT = (429, 502, 503, 504)
_MAX_ANSWER_BYTES = 100_000_000
_SHOWN = 200
_FIRST_ERROR = 400
_HERE = frozenset({"localhost", "127.0.0.1", "host.docker.internal"})


class Api:
    """One server. What it answers is JSON, whose numbers become ``int`` and ``Decimal``."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        """``headers`` go with every request and may hold the credential.

        :raises SourceRefused: when the URL is not an HTTPS one, so that the credential would travel in the open.
        """
        parts = urlsplit(url)
        # A server on the machine itself is a developer's; nothing leaves the machine.
        if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _HERE):
            raise SourceRefused("the source's URL does not begin with https://, so its credential would not be safe")
        self._url = url.rstrip("/")
        self._headers = {"Accept": "application/json", **headers}
        # A redirect would take the credential to where nobody decided that it should go.
        retries = urllib3.Retry(
            _TRIES - 1, redirect=0, status_forcelist=_TRANSIENT, allowed_methods={"GET"}, backoff_factor=0.5
        )
        timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
        self._pool = urllib3.PoolManager(retries=retries, timeout=timeout)

    def get(self, path: str, query: Mapping[str, str] | None = None) -> Any:
        """Read; repeated where that may help."""
        return self._call("GET", path, fields=dict(query or {}))

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        """Ask for something to be done, once.

        An error that leaves open whether it was done is a ``SourceUnavailable``, too.
        """
        return self._call("POST", path, json=body, headers=self._headers | dict(headers or {}))

    def _call(self, method: str, path: str, **request: Any) -> Any:
        where = f"{method} {path}"
        given: dict[str, Any] = {"headers": self._headers, "preload_content": False} | request
        try:
            answer = self._pool.request(method, self._url + path, **given)
            content = answer.read(_MAX_ANSWER_BYTES + 1, decode_content=True)
            answer.release_conn()
        except urllib3.exceptions.HTTPError as error:
            # Its text may quote the URL, but holds neither headers nor bodies.
            raise SourceUnavailable(f"the source did not answer {where}: {type(error).__name__}") from error
        if len(content) > _MAX_ANSWER_BYTES:
            raise SourceRefused(f"the source answered {where} with more than {_MAX_ANSWER_BYTES:,} bytes")
        if answer.status in _TRANSIENT or answer.status >= 500:  # noqa: PLR2004 - the server's own errors
            raise SourceUnavailable(f"the source answered {where} with {answer.status}: {_shown(content)}")
        if answer.status >= _FIRST_ERROR:
            raise SourceRefused(f"the source answered {where} with {answer.status}: {_shown(content)}")
        try:
            return json.loads(content, parse_float=Decimal) if content else None
        except ValueError as error:
            raise SourceRefused(f"the source answered {where} with something that is not JSON") from error


def _shown(content: bytes) -> str:
    return " ".join(content[:_SHOWN].decode("utf-8", "replace").split())
