"""The address of a shared store, read from its URL. Pure: nothing is opened, and no secret is ever shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote

from mock_server.engine.durations import BadTime, length
from mock_server.errors import InvalidInput, Problem, Problems, did_you_mean

Kind = Literal["single", "sentinel", "cluster"]

_SCHEMES: Mapping[str, tuple[Kind, bool]] = {
    "redis": ("single", False),
    "rediss": ("single", True),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
SCHEMES = tuple(_SCHEMES)
"""The schemes of such URLs. Each with `rediss` speaks TLS."""

_PORTS: Mapping[Kind, int] = {"single": 6379, "cluster": 6379, "sentinel": 26379}
_OPTIONS = ("namespace", "timeout", "ca")
LONGEST_TIMEOUT = "60s"
_HOST = r"\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)"
_NAMESPACE = r"[A-Za-z0-9._-]{1,64}"
_SERVICE = r"[A-Za-z0-9._-]+"
_EXAMPLES: Mapping[Kind, str] = {
    "single": "redis://127.0.0.1:6379/0",
    "sentinel": "redis+sentinel://sentinel-1,sentinel-2,sentinel-3/mymaster/0",
    "cluster": "redis+cluster://node-1,node-2,node-3",
}


class Node(NamedTuple):
    """Where a server of Redis listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class StoreUrl:
    """Where a shared store is, and how it is reached. As text it is a URL without user and password."""

    kind: Kind
    nodes: tuple[Node, ...]
    """The server itself; the sentinels; or nodes of a cluster, of which any knows the others."""
    tls: bool = False
    db: int = 0
    service: str = ""
    """The name under which sentinels know the master."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    namespace: str = "mock-server"
    """The name of the store, so that stores of several teams have room in one Redis or one cluster."""
    timeout: int = 2_000
    """The most milliseconds that opening a connection, or one answer, takes."""
    ca: Path | None = None
    """A PEM file with the authorities to trust, in place of the system's."""

    @property
    def prefix(self) -> str:
        """How all keys begin: with the namespace as their hash tag, so that a cluster has all of them on one node."""
        return f"{{{self.namespace}}}:"

    def __str__(self) -> str:
        (scheme,) = (name for name, made in _SCHEMES.items() if made == (self.kind, self.tls))
        path = {"single": f"/{self.db}", "sentinel": f"/{self.service}/{self.db}", "cluster": ""}[self.kind]
        return f"{scheme}://{','.join(map(str, self.nodes))}{path}?namespace={self.namespace}"


def store_url(text: str, where: str, user: str | None = None, password: str | None = None) -> StoreUrl:
    """What a URL says. `user` and `password` are those that stand elsewhere; `where` names the setting.

    InvalidInput: every problem of the URL; none shows what may be a secret.
    """
    found = re.fullmatch(r"(?s)([A-Za-z0-9.+-]*)://(?:(.*)@)?([^/?#@]*)([^?#]*)(?:\?([^#]*))?(#.*)?", text)
    scheme = found[1].lower() if found else ""
    if found is None or scheme not in _SCHEMES:
        what = f"it is no URL of a store: expected one such as {_EXAMPLES['single']}"
        hint = did_you_mean(scheme, SCHEMES) if scheme else f"schemes: {', '.join(SCHEMES)}"
        raise InvalidInput([Problem(where, what, hint)])
    kind, tls = _SCHEMES[scheme]
    problems = Problems(where)
    if found[6] is not None:
        problems.add(where, "a URL of a store has no fragment", "write # in a password as %23")
    secrets = _credentials(found[2], (user, password), problems, where)
    nodes = tuple(_nodes(found[3], kind, problems, where))
    service, db = _path(found[4], kind, problems, where)
    options = _options(found[5] or "", problems, where)
    ca = options.get("ca")
    if ca is not None and not tls:
        problems.add(where, "ca is for TLS alone", f"write {scheme.replace('redis', 'rediss')}://, or leave ca out")
    if len(problems):
        raise InvalidInput(problems.listed())
    return StoreUrl(
        kind,
        nodes,
        tls,
        db,
        service,
        *secrets,
        namespace=options.get("namespace", StoreUrl.namespace),
        timeout=length(options["timeout"]) if "timeout" in options else StoreUrl.timeout,
        ca=None if ca is None else Path(ca),
    )


def _credentials(
    text: str | None, others: tuple[str | None, str | None], problems: Problems, where: str
) -> tuple[str | None, str | None]:
    """User and password, from the URL or from elsewhere. Redis itself takes a password without a user."""
    user, colon, password = (text or "").partition(":")
    pairs = ((unquote(user) or None, others[0], "user"), (unquote(password) or None, others[1], "password"))
    for inside, outside, name in pairs:
        if inside is not None and outside is not None and inside != outside:
            problems.add(where, f"the {name} in the URL is not that of the other setting", f"give one {name} only")
    found = tuple(inside or outside for inside, outside, _ in pairs)
    if found[0] is not None and found[1] is None:
        what = "a user without a password" if text is None or colon else "a user without a password, or one word alone"
        problems.add(where, what, "write user:password@, or :password@ for the default user")
    return found[0], found[1]


def _nodes(text: str, kind: Kind, problems: Problems, where: str) -> Iterator[Node]:
    parts = text.split(",")
    if kind == "single" and len(parts) > 1:
        what = f"{len(parts)} hosts, and one Redis has one"
        problems.add(where, what, f"for sentinels or a cluster: {_EXAMPLES['sentinel']} or {_EXAMPLES['cluster']}")
        return
    for part in parts:
        found = re.fullmatch(rf"(?:{_HOST})(?::([0-9]{{1,5}}))?", part.strip())
        port = int(found[3] or _PORTS[kind]) if found else 0
        if found is None or not 0 < port < 65536:
            example = _EXAMPLES[kind]
            problems.add(where, "a host is missing or cannot be read", f"expected host or host:port, as in {example}")
            return
        yield Node(found[1] or found[2], port)


def _path(text: str, kind: Kind, problems: Problems, where: str) -> tuple[str, int]:
    """The name of the service, and the number of the database."""
    parts = [unquote(part) for part in text.strip("/").split("/")] if text.strip("/") else []
    service = parts.pop(0) if kind == "sentinel" and parts else ""
    if kind == "sentinel" and not re.fullmatch(_SERVICE, service):
        problems.add(where, "the name of the service is missing", f"expected as in {_EXAMPLES['sentinel']}")
    if kind == "cluster" and parts and parts != ["0"]:
        problems.add(where, "a cluster has database 0 alone", f"leave the path out, as in {_EXAMPLES['cluster']}")
    elif len(parts) > 1 or (parts and not re.fullmatch(r"[0-9]{1,4}", parts[0])):
        problems.add(where, "the path is no number of a database", f"expected as in {_EXAMPLES[kind]}")
    elif parts:
        return service, int(parts[0])
    return service, 0


def _options(text: str, problems: Problems, where: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in filter(None, text.split("&")):
        name, _, word = part.partition("=")
        if name not in _OPTIONS:
            problems.add(where, f"a URL of a store has no option {name!r}", did_you_mean(name, _OPTIONS))
        elif name in found:
            problems.add(where, f"{name} stands twice in the URL", "give it once")
        else:
            found[name] = unquote(word)
    if not re.fullmatch(_NAMESPACE, found.get("namespace", "x")):
        problems.add(where, "namespace takes 1 to 64 of A-Z a-z 0-9 . _ -", "such as namespace=team-a")
    if not found.get("ca", "x"):
        problems.add(where, "ca takes a PEM file", "such as ca=/etc/ssl/redis-ca.pem")
    if not _is_timeout(found.get("timeout", "1s")):
        problems.add(where, f"timeout takes a length of time, at most {LONGEST_TIMEOUT}", "such as timeout=500ms")
    return found


def _is_timeout(text: str) -> bool:
    try:
        return 0 < length(text) <= length(LONGEST_TIMEOUT)
    except BadTime:
        return False
