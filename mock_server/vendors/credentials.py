"""Credentials: the keys that a server knows, why a request is refused, and what all schemes of signatures share. Pure.

Each vendor judges its own requests in `<vendor>/signing.py`. Signatures are compared in constant time, and all texts
that may be right are signed before any of them counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from typing import NamedTuple

from mock_server.http.message import Pairs, Request, origin_form
from mock_server.settings import Settings
from mock_server.types import Bound

NOTE = Bound(
    "Text that says why credentials were refused",
    1_000,
    "characters",
    "The rest is left out, and an ellipsis says so.",
)
WINDOW = 15 * 60_000
"""Milliseconds by which the date of a signature may differ from the machine's clock."""
UNKNOWN = "by the secret key or by the text"
"""What differs where no slip explains a signature."""

_HIDDEN = "***"
_SHORT = 8
"""Characters of the shortest secret that is looked for inside other texts: a shorter one is in them by chance."""
_LONGEST_KEY = 128
_DATE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")
_PORT = re.compile(r":[0-9]{1,5}\Z")

Signer = Callable[[bytes, bytes], bytes]
"""Makes a signature, as a header has it, with a secret key of a text."""
Slip = tuple[str, Iterable[bytes]]
"""A typical mistake, and the signatures that it makes."""


@dataclass(frozen=True)
class Keys:
    """What requests may be signed with: secret keys by access key, and a token. Its representation shows none.

    `ports` are those that a client may have put behind the host: the Host header of some SDKs lacks it.
    """

    secrets: Mapping[str, bytes] = field(repr=False)
    token: str | None = field(default=None, repr=False)
    ports: tuple[int, ...] = ()

    def hide(self, text: str) -> str:
        """A text in which no secret can be read: `***` in place of each."""
        for secret in self._texts():
            if text == secret or len(secret) >= _SHORT:
                text = text.replace(secret, _HIDDEN)
        return text

    def hide_headers(self, request: Request) -> Request:
        """A request as it may be recorded, without a secret in its headers."""
        return request._replace(headers=tuple([(name, self.hide(value)) for name, value in request.headers]))

    def is_secret(self, text: str) -> bool:
        """Whether a text is one of the secrets."""
        return text in self._texts()

    def _texts(self) -> tuple[str, ...]:
        secrets = [secret.decode() for secret in self.secrets.values()]
        return (*secrets, self.token) if self.token else tuple(secrets)


NO_KEYS = Keys({})


class Denied(NamedTuple):
    """Why credentials are refused: the vendor's error with the access key that it names, what differs from what was
    expected, and the text that is signed here."""

    error: str
    differs: str
    text: bytes
    key: str | None = None


def keys_of(settings: Settings) -> Keys:
    """The keys of these settings, which sign notifications also where no credentials are checked."""
    public = _PORT.search(settings.public_url or "")
    ports = (settings.port, int(public[0][1:]) if public else 0)
    secrets = {key: secret.encode() for key, secret in settings.access_key}
    return Keys(secrets, settings.auth_token, tuple([port for port in ports if port]))


def note_of(denied: Denied, keys: Keys) -> str:
    """The refusal in printable ASCII, for a header: what differs, and the text that is signed here, without secrets."""
    text = denied.text.decode("utf-8", "backslashreplace")
    whole = keys.hide(f"auth; {denied.differs}; signed here: {text}")
    note = whole[: NOTE.value + 1].encode("unicode_escape").decode("ascii")
    return note if len(note) <= NOTE.value else f"{note[: NOTE.value - 3]}..."


def unknown_key(keys: Keys, key: str) -> tuple[str, str]:
    """What to say of an access key that is not known, and the key as it may be shown."""
    if keys.is_secret(key):
        return "the secret key is in the place of the access key", _HIDDEN
    return "the access key is none of --access-key", keys.hide(key)[:_LONGEST_KEY]


def is_signed(given: str, signatures: Iterable[bytes]) -> bool:
    """Whether a signature is one of these, in a time that does not depend on which."""
    sent = given.encode("utf-8", "replace")
    return any([compare_digest(sent, signature) for signature in signatures])  # noqa: C419  # none is left out


def what_differs(given: str, slips: Iterable[Slip]) -> str:
    """The first slip that explains a wrong signature."""
    found = [what for what, signatures in slips if is_signed(given, signatures)]
    return f"the signature differs: {found[0]}" if found else f"the signature differs {UNKNOWN}"


def date_differs(name: str, date: str | None, real: int) -> str:
    """What is wrong with the date of a signature at this time of the machine; "" if nothing is."""
    if date is None:
        return f"the request has no {name}"
    found = _DATE.fullmatch(date)
    try:
        moment = datetime(*map(int, found.groups()), tzinfo=UTC) if found else None  # type: ignore[misc,arg-type]  # six numbers
    except ValueError:
        moment = None
    if moment is None:
        return f"{name} is not a time in UTC such as 20240102T030405Z"
    off = int(moment.timestamp() * 1000) - real
    if abs(off) <= WINDOW:
        return ""
    return f"{name} is {abs(off) // 60_000} minutes {'before' if off < 0 else 'after'} the time of this machine"


def target_of(request: Request) -> str:
    """The target as a client signs it: path and query, undecoded."""
    return origin_form(request.target)


def without_query(target: str) -> str:
    """A target's path."""
    return target.partition("?")[0]


def with_other_end(target: str) -> str:
    """A target whose path has no slash at its end where it had one, and has one where it had none."""
    path, mark, query = target.partition("?")
    return f"{path[:-1] if path.endswith('/') else path + '/'}{mark}{query}"


def without_port(host: str) -> str:
    """A host without its port, if it has one."""
    return _PORT.sub("", host)


def hosts_of(request: Request, keys: Keys) -> Sequence[str]:
    """The hosts that a client may have signed: the one it sends, with and without its port."""
    host = request.header("Host") or ""
    bare = without_port(host)
    return (host, bare) if bare != host else (host, *[f"{host}:{port}" for port in keys.ports])


def raw(text: str) -> bytes:
    """The bytes of a header or target, each a letter of it."""
    return text.encode("latin-1", "replace")


def headers_of(request: Request) -> Pairs:
    """The headers by their names in lower case, those that are repeated as one."""
    found: dict[str, str] = {}
    for name, value in request.headers:
        low = name.lower()
        found[low] = f"{found[low]}, {value}" if low in found else value
    return tuple(found.items())
