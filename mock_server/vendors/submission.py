"""What a request that submits a job asks for: one value for all vendors, and what reading such requests shares.

Each vendor reads its own requests in `<vendor>/submit.py`, which is pure. A request that does not fit is `Illegal`: the
vendor's refusal, which names the field at fault.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from mock_server.engine.submits import Values
from mock_server.http.message import Pairs
from mock_server.types import Bound, Json

OPERATIONS = Bound(
    "Operations of one submit",
    1_000,
    "operations",
    "The vendor's 400 that names the parameter with the operations.",
)
TEXT = Bound(
    "Command, URL or notify address of a submit",
    2_048,
    "characters",
    "The vendor's 400 that names the parameter.",
)
_UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
FLAGS = ("", "0", "1")
"""What a flag may be: PHP's SDKs send an empty one for no."""


class Submission(NamedTuple):
    """A job to make. Each of `items` holds the fields that it sets; none: as many as the scenario has, else one.

    `facts` is what was said of the whole job, by the names of the request's fields. `names` are the texts in which the
    name of a scenario is looked for, in this order: words, keys and URLs. `notify` is the address to notify, or "".
    `values` is what patterns are held against, by the vendor's `submit_keys`.
    """

    vendor: str
    operation: str
    items: tuple[Mapping[str, Json], ...] = ()
    facts: Mapping[str, Json] = {}
    names: tuple[str, ...] = ()
    notify: str = ""
    values: Values = MappingProxyType({})

    def words(self) -> Iterator[str]:
        """The words that may name a scenario: each segment of each name, the last first, whole and to its first dot."""
        for name in self.names:
            for segment in reversed(path_of(name).split("/")):
                if segment:
                    yield segment
                    yield segment.partition(".")[0]


class Illegal(NamedTuple):
    """A submit that the vendor refuses: the field at fault, and the error that says so."""

    field: str
    error: str = "illegal"


class Lookup(NamedTuple):
    """The response to a request that only asks for what never changes, and the kind of contract that it fits."""

    vendor: str
    body: Json
    contract: str


Asked = Submission | Illegal | Lookup


def path_of(text: str) -> str:
    """The path of a URL, percent-decoded; a text that is none as it is."""
    if not text.startswith(("http://", "https://")):
        return text
    try:
        return unquote(urlsplit(text).path, errors="replace")
    except ValueError:
        return text


def is_url(text: str) -> bool:
    """Whether a text is an absolute http or https URL with a host, in one line, and not too long."""
    if not fits(text):
        return False
    try:
        scheme, host = urlsplit(text).scheme, urlsplit(text).hostname
    except ValueError:
        return False
    return scheme in ("http", "https") and bool(host)


def fits(text: str, longest: int = TEXT.value) -> bool:
    """Whether a text is not empty, not too long, and without control characters and halves of surrogate pairs."""
    return 0 < len(text) <= longest and _UNFIT.search(text) is None


def decoded(text: str) -> str | None:
    """The UTF-8 text that base64 holds, url-safe or not, padded or not. None: it holds none, or control characters."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        found = b64decode(plain + "=" * (-len(plain) % 4), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        return None
    return None if _UNFIT.search(found) else found


def present(values: Mapping[str, Iterable[str]]) -> Values:
    """The values by key, each once, the empty ones left out."""
    return {key: tuple([value for value in dict.fromkeys(found) if value]) for key, found in values.items()}


def only(pairs: Pairs, name: str) -> str | None:
    """The value of a field that may be there once; None if it is missing or repeated."""
    values = [value for key, value in pairs if key == name]
    return values[0] if len(values) == 1 else None


def first(pairs: Pairs, name: str) -> str:
    """The first value of a field, "" if it is missing."""
    return next((value for key, value in pairs if key == name), "")
