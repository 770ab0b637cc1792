"""A browser as far as the pages need one: follow a link, fill in the form, press the button. They carry no script."""

import http.client
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

PAGE_SECONDS = 60
FORM_CONTENT = "application/x-www-form-urlencoded"


@dataclass
class Form:
    """A form of a page: where it goes and what it holds as yet."""

    action: str
    content_type: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class FetchedPage:
    """What a server answered. `forms` are in the order of the page; header names are lower case."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def forms(self) -> list[Form]:
        """The page's forms."""
        return self._read().forms

    @property
    def links(self) -> list[str]:
        """Where the page's links lead, in the order of the page."""
        return self._read().links

    def _read(self) -> "_Reader":
        reader = _Reader(self.url)
        reader.feed(self.body)
        return reader


@dataclass(frozen=True)
class Browser:
    """Visits pages of the emulator on `port`, whatever their host: names under localhost do not resolve everywhere."""

    port: int

    def get(self, url: str) -> FetchedPage:
        """Tap a link."""
        return self.request("GET", url)

    def submit(self, form: Form, **filled_in: str) -> FetchedPage:
        """Press a form's button, and follow to where it leads."""
        content = urlencode({**form.fields, **filled_in})
        return self._follow(self.request("POST", form.action, content.encode(), {"Content-Type": FORM_CONTENT}))

    def upload(self, form: Form, name: str, content: bytes) -> FetchedPage:
        """Choose a file in an upload form and press its button."""
        boundary = uuid.uuid4().hex
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in form.fields.items()
        ]
        disposition = f'Content-Disposition: form-data; name="file"; filename="{name}"'
        parts.append(f"--{boundary}\r\n{disposition}\r\nContent-Type: text/csv\r\n\r\n".encode() + content)
        parts.append(f"\r\n--{boundary}--\r\n".encode())
        headers = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return self._follow(self.request("POST", form.action, b"".join(parts), headers))

    def _follow(self, page: FetchedPage) -> FetchedPage:
        if page.status == http.client.SEE_OTHER:
            return self.get(urljoin(page.url, page.headers["location"]))
        return page

    def request(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> FetchedPage:
        """Ask for a URL by any method."""
        address = urlsplit(url)
        target = f"{address.path or '/'}?{address.query}" if address.query else address.path or "/"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PAGE_SECONDS)
        try:
            connection.request(method, target, body, {"Host": address.netloc, **(headers or {})})
            response = connection.getresponse()
            answered = {name.lower(): value for name, value in response.getheaders()}
            return FetchedPage(url, response.status, answered, response.read().decode(errors="replace"))
        finally:
            connection.close()


class _Reader(HTMLParser):
    """Collects links, and forms with the values their fields have when the page is opened."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._url = url
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links, forms, inputs and chosen options."""
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in attributes:
            self.links.append(urljoin(self._url, attributes["href"]))
        elif tag == "form":
            action = urljoin(self._url, attributes.get("action", ""))
            self.forms.append(Form(action, attributes.get("enctype", FORM_CONTENT)))
        elif not self.forms:
            return
        elif tag == "input" and attributes.get("type") != "file" and "name" in attributes:
            self.forms[-1].fields[attributes["name"]] = attributes.get("value", "")
        elif tag == "select":
            self._select = attributes.get("name", "")
        elif tag == "option" and "selected" in attributes:
            self.forms[-1].fields[self._select] = attributes.get("value", "")
