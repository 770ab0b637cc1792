"""JSON over HTTPS, with bounded waiting and retrying; every number in an answer is exact.

Neither a header nor a query, which may be credentials, gets into an error or a log.
"""

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urljoin, urlsplit

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, InvalidHeader, NewConnectionError

from stkr.domain.errors import SourceRefused, SourceUnavailable

MAX_ANSWER_BYTES: Final = 32_000_000
"""Of one answer, unpacked; as Python objects it takes some ten times as much of the function's memory."""

_CHUNK_BYTES = 1 << 16
_SHOWN = 200
_SHORTEST_SECRET = 4
_NOT_MODIFIED = 304
_TOO_MANY = 429
_FIRST_REDIRECT, _FIRST_ERROR, _FIRST_SERVER_ERROR = 300, 400, 500
_NOT_ALLOWED = (401, 403)
# A server that answers with one of these did not do what was asked, or cannot do it now.
_TRANSIENT = frozenset({408, 425, _TOO_MANY})
_NEVER_SENT = (NewConnectionError, ConnectTimeoutError)
_USUAL_PORTS = frozenset({None, 80, 443})
_HERE = frozenset({"localhost", "127.0.0.1", "host.docker.internal"})


class RequestRefused(SourceRefused):
    """The source says no to a request; ``status`` is HTTP's, from 400 to 499."""

    def __init__(self, problem: str, status: int) -> None:
        super().__init__(problem)
        self.status = status


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a source is waited for, in seconds.

    ``whole`` is for all that is asked in one run, and leaves a function of 120 s the time to write what was read.
    ``connect`` and ``silence`` are for one try: to reach the server, and between two packets of its answer.
    There is one more try after each of ``pauses``, unless the server asks for more than ``longest_pause``.
    """

    whole: float = 80
    connect: float = 5
    silence: float = 25
    pauses: tuple[float, ...] = (0.5, 2)
    longest_pause: float = 20
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """``body`` is the JSON, ``None`` where there is none or where it was not ``modified`` since the caller's version.

    ``headers`` are looked up in any case of letters. ``url`` may hold a credential; ``Api.follow`` starts from it.
    """

    body: Any
    headers: Mapping[str, str]
    modified: bool
    url: str = field(repr=False)


class Api:
    """One server. What it answers is JSON, whose numbers become ``int`` and ``Decimal``."""

    def __init__(self, url: str, headers: Mapping[str, str], patience: Patience | None = None) -> None:
        """``headers`` go with every request and may hold the credential. The time of ``patience`` begins now.

        :raises SourceRefused: when the URL is not an HTTPS one, so that the credential would travel in the open, or
            when the credential cannot be sent in a header.
        """
        if not all(value.isascii() and value.isprintable() for value in headers.values()):
            # Checked here, because the library's error would quote it.
            raise SourceRefused("the source's credential has line breaks or letters in it that cannot be sent")
        self._base = url.rstrip("/")
        self._home = _home(self._base)
        # Compressed JSON is a tenth of the size.
        self._headers = {"Accept": "application/json", "Accept-Encoding": "gzip", **headers}
        self._secrets = [word for value in headers.values() for word in value.split()]
        self._patience = patience or Patience()
        self._ends = time.monotonic() + self._patience.whole
        self._pool = urllib3.PoolManager()

    def get(
        self, path: str, query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> ApiAnswer:
        """Read; repeated where that may help. ``path`` begins with a slash and is below the server's URL.

        :raises RequestRefused: the server says no.
        :raises SourceRefused: what it answers is not usable.
        :raises SourceUnavailable: it does not answer, or not in time.
        """
        return self._call("GET", self._base + _with_query(path, query), headers or {}, repeatable=True)

    def follow(self, answer: ApiAnswer, link: str) -> ApiAnswer:
        """Read what a link in an answer leads to, on the same server.

        :raises SourceRefused: also when it leads elsewhere, where the credential must not go.
        """
        parts = _split(link, answer.url)
        if not parts or _place(parts) != _place(self._home):
            raise SourceRefused("a link in the source's answer leads to another server, which gets no credential of it")
        # Behind a proxy a server may take itself for an http one; ours is the origin that was configured.
        target = parts._replace(scheme=self._home.scheme, netloc=self._home.netloc, fragment="")
        return self._call("GET", target.geturl(), {}, repeatable=True)

    def post(self, path: str, body: Any, headers: Mapping[str, str] | None = None, *, repeatable: bool = False) -> Any:
        """Ask for something to be done, once; what is ``repeatable`` is asked again where that may help.

        An error that leaves open whether it was done is a ``SourceUnavailable``, too. Raises as ``get`` does.
        """
        content = json.dumps(body, ensure_ascii=False, default=_sent).encode()
        sent = {"Content-Type": "application/json", **(headers or {})}
        return self._call("POST", self._base + path, sent, content, repeatable=repeatable).body

    @property
    def half_spent(self) -> bool:
        """Whether half of the time is over that there is for everything."""
        return time.monotonic() > self._ends - self._patience.whole / 2

    def _call(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None, *, repeatable: bool
    ) -> ApiAnswer:
        where = f"{method} {urlsplit(url).path}"
        pauses = iter(self._patience.pauses)
        while True:
            asked_for = None
            try:
                answer, received = self._exchange(method, url, self._headers | dict(headers), content)
            except HTTPError as error:
                # No cause is chained: the text of some errors quotes the URL.
                problem, again = f"did not answer {where}: {_kind(error)}", repeatable or isinstance(error, _NEVER_SENT)
            else:
                if answer.status not in _TRANSIENT and answer.status < _FIRST_SERVER_ERROR:
                    return self._understood(where, url, answer, received)
                problem = f"answered {where} with {answer.status}: {self._shown(received, url)}"
                again = repeatable or answer.status == _TOO_MANY
                asked_for = _retry_after(answer.headers.get("Retry-After"))
            pause = next(pauses, None)
            if pause is None or not again or not self._may_wait(pause := max(pause, asked_for or 0)):
                raise SourceUnavailable(f"the source {problem}")
            self._patience.sleep(pause)

    def _may_wait(self, pause: float) -> bool:
        return pause <= self._patience.longest_pause and time.monotonic() + pause < self._ends

    def _left(self) -> float:
        """Seconds there are for the rest.

        :raises SourceUnavailable: there are none.
        """
        left = self._ends - time.monotonic()
        if left <= 0:
            raise SourceUnavailable(f"the source took more than {self._patience.whole:g} s for all that was asked")
        return left

    def _exchange(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[urllib3.BaseHTTPResponse, bytes]:
        left = self._left()
        timeout = urllib3.Timeout(connect=min(self._patience.connect, left), read=min(self._patience.silence, left))
        # A redirect would take the credential to where nobody decided that it should go.
        answer = self._pool.request(
            method,
            url,
            headers=headers,
            body=content,
            timeout=timeout,
            retries=False,
            redirect=False,
            preload_content=False,
        )
        try:
            return answer, self._received(answer)
        except BaseException:
            answer.close()
            raise
        finally:
            answer.release_conn()

    def _received(self, answer: urllib3.BaseHTTPResponse) -> bytes:
        """The whole content, in time and within its bounds: a server may dawdle with every byte, or never end."""
        content = bytearray()
        while chunk := answer.read1(_CHUNK_BYTES, decode_content=True):
            content += chunk
            if len(content) > MAX_ANSWER_BYTES:
                raise SourceRefused(
                    f"the source answered with more than {MAX_ANSWER_BYTES:,} bytes; let it send smaller pages"
                )
            self._left()
        return bytes(content)

    def _understood(self, where: str, url: str, answer: urllib3.BaseHTTPResponse, content: bytes) -> ApiAnswer:
        status = answer.status
        if status == _NOT_MODIFIED:
            return ApiAnswer(None, answer.headers, modified=False, url=url)
        if status >= _FIRST_ERROR:
            advice = "; look whether the credential in the secret still holds" if status in _NOT_ALLOWED else ""
            shown = self._shown(content, url)
            raise RequestRefused(f"the source answered {where} with {status}: {shown}{advice}", status)
        if status >= _FIRST_REDIRECT:
            raise SourceRefused(
                f"the source answered {where} with {status}, a redirect, which is not followed: "
                "let the URL in the secret be the one it leads to"
            )
        try:
            return ApiAnswer(_parsed(content), answer.headers, modified=True, url=url)
        except (ValueError, RecursionError):
            # The cause is not chained: it quotes the content.
            raise SourceRefused(f"the source answered {where} with something that is not JSON") from None

    def _shown(self, content: bytes, url: str) -> str:
        # Some servers quote what they do not like, some of these with every slash escaped.
        text = " ".join(_said(content).replace("\\/", "/").split())
        for secret in (*self._secrets, *(value for _, value in parse_qsl(urlsplit(url).query))):
            text = text.replace(secret, "…") if len(secret) >= _SHORTEST_SECRET else text
        return text[:_SHOWN]


def _said(content: bytes) -> str:
    """The message of an error, where a server wraps it in JSON; else its whole content."""
    try:
        message = _parsed(content)["message"]
    except (KeyError, RecursionError, TypeError, ValueError):
        message = None
    return message if isinstance(message, str) and message else content.decode("utf-8", "replace")


def _home(url: str) -> SplitResult:
    parts = _split(url)
    # A server on the machine itself is a developer's; nothing leaves the machine.
    if not parts or not (
        (parts.scheme == "https" and parts.hostname) or (parts.scheme == "http" and parts.hostname in _HERE)
    ):
        raise SourceRefused("the source's URL does not begin with https:// and a server's name")
    if parts.username is not None or parts.query or parts.fragment:
        raise SourceRefused("the source's URL must hold neither a name and password nor a ? or #")
    return parts


def _split(url: str, base: str = "") -> SplitResult | None:
    try:
        parts = urlsplit(urljoin(base, url))
        _ = parts.port  # reading it is what checks it
    except ValueError:
        return None
    return parts


def _place(parts: SplitResult) -> tuple[str | None, int | None]:
    return parts.hostname, None if parts.port in _USUAL_PORTS else parts.port


def _with_query(path: str, query: Mapping[str, str] | None) -> str:
    return f"{path}{'&' if '?' in path else '?'}{urlencode(query)}" if query else path


def _retry_after(header: str | None) -> float | None:
    try:
        return urllib3.Retry().parse_retry_after(header) if header else None
    except InvalidHeader:
        return None


def _kind(error: BaseException) -> str:
    """The names of an error's class and of those that caused it."""
    names = [type(error).__name__]
    while (cause := error.__cause__ or error.__context__) is not None:
        names.append(type(cause).__name__)
        error = cause
    return ", ".join(dict.fromkeys(names))


def _parsed(content: bytes) -> Any:
    if not content:
        return None
    text = content.decode("utf-8-sig")
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=_unambiguous)


def _sent(value: object) -> float:
    """A ``Decimal`` as a float that is written with exactly the same digits.

    :raises SourceRefused: there is none.
    """
    if not isinstance(value, Decimal):
        raise TypeError(f"{type(value).__name__} is no JSON")
    number = float(value)
    if not value.is_finite() or Decimal(repr(number)) != value:
        raise SourceRefused(f"{value} is not sent: as a JSON number it could be read as another, or not at all")
    return number


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _unambiguous(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    pairs = list(pairs)
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("an object has a key twice")
    return members
