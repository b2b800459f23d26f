"""Which addresses may be told: never one that a submit could misuse to reach what only this machine reaches.

Whoever can submit a job chooses where this server sends a POST. So, as browsers and cloud vendors do against requests
forged by way of a server (SSRF), the text of an address is judged, then every address that its name resolves to. The
attempt connects to one of those and resolves nothing again. Nothing here looks anything up.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

from mock_server.http.hosts import Address, address_of, allowed_of, is_name
from mock_server.http.message import request_of
from mock_server.settings import Settings, flag, variable

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?P<query>\?[^#]*)?")
_AUTHORITY = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{0,5}))?")
_PORTS: Mapping[str, int] = {"http": 80, "https": 443}
_ELSEWHERE = (
    (IPv6Network("2002::/16"), "6to4"),
    (IPv6Network("2001::/32"), "Teredo"),
    (IPv6Network("64:ff9b::/96"), "NAT64"),
    (IPv6Network("64:ff9b:1::/48"), "NAT64"),
)
"""Addresses that a translator leads to another one (RFC 3056, 4380, 6052, 8215), which nobody judged."""
_THIS_NETWORK = IPv4Network("0.0.0.0/8")
_BROADCAST = IPv4Network("255.255.255.255/32")
_SHOWN = 200
"""Characters of an address that a message shows."""


class Refused(NamedTuple):
    """An address is not told: why, and which setting would allow it if one would."""

    why: str


class Target(NamedTuple):
    """An address to tell, taken apart. `host` is lower case, without brackets and final dot.

    `authority` is host and port as they were written, less a default port: what the header Host says. `path` has the
    query. `address` is the host where it is an address itself.
    """

    scheme: str
    authority: str
    host: str
    port: int
    path: str
    address: Address | None

    @property
    def url(self) -> str:
        """The address as it is requested."""
        return f"{self.scheme}://{self.authority}{self.path}"


def target_of(url: str) -> Target | Refused:
    """An address to tell, taken apart; refused if its text could mean different places to different readers."""
    shown = repr(url if len(url) <= _SHOWN else f"{url[:_SHOWN]}…")
    if re.fullmatch(r"[!-\[\]-~]+", url) is None:
        return Refused(f"the address {shown} has characters other than printable ASCII, or a blank or a backslash")
    found = _URL.match(url)
    if found is None or found["scheme"].lower() not in _PORTS:
        return Refused(f"the address {shown} is no http or https URL")
    scheme = found["scheme"].lower()
    if "@" in found["authority"]:
        return Refused(f"the address {shown} has user information before its host")
    parts = _AUTHORITY.fullmatch(found["authority"])
    if parts is None or not parts["host"]:
        return Refused(f"the address {shown} has no host that can be read")
    host, port = parts["host"], int(parts["port"] or _PORTS[scheme])
    if not 0 < port < 65_536:
        return Refused(f"the address {shown} has no port from 1 to 65535")
    if "%" in host:
        return Refused(f"the address {shown} has a zone or an escape in its host")
    address = address_of(host) if host.startswith("[") or ":" not in host else None
    name = host.lower().removesuffix(".")
    if address is None and (host.startswith("[") or not is_name(name)):
        return Refused(f"the host of the address {shown} is neither a name nor an address in its usual form")
    authority = host if port == _PORTS[scheme] else f"{host}:{port}"
    path = (found["path"] or "/") + (found["query"] or "")
    return Target(scheme, authority, name if address is None else str(address), port, path, address)


def resolved(texts: Iterable[str]) -> tuple[Address, ...]:
    """The addresses of a look-up, each once, a mapped IPv4 address (`::ffff:127.0.0.1`) as the IPv4 one it is."""
    return tuple(dict.fromkeys(plain(ip_address(text)) for text in texts))


def plain(address: Address) -> Address:
    """The IPv4 address that an IPv6 address is mapped from; any other as it is."""
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class Guard:
    """Judges addresses by the settings of one server."""

    def __init__(self, settings: Settings, is_here: Callable[[Address], bool] = lambda _: False) -> None:
        """`is_here` tells whether an address other than loopback belongs to this machine too."""
        self._is_here = is_here
        self._off = settings.no_notify
        self._own: list[tuple[int, Callable[[str], bool]]] = []
        self._allowed = tuple(map(allowed_of, settings.notify_allow))

    def spare(self, port: int, is_own: Callable[[str], bool]) -> None:
        """From now on refuses what is this server's own: those paths on this port of this machine."""
        self._own.append((port, is_own))

    def begin(self, url: str, page: str = "") -> Target | Refused:
        """What can be judged before a look-up. `page` is the origin of the web page that submitted the job, or ""."""
        if self._off:
            return Refused(f"the server notifies nobody ({flag('no_notify')}, {variable('no_notify')})")
        target = target_of(url)
        if isinstance(target, Target) and page:
            return Refused(f"a web page submitted the job ({page}), and what pages submit is told to nobody")
        return target

    def judge(self, target: Target, addresses: Sequence[Address]) -> Refused | None:
        """Why a target is not told whose host is all of these addresses; None if it may be."""
        for each in addresses:
            address = plain(each)
            if (kind := never(address)) is not None:
                return Refused(f"{_named(target, address)} is {kind}, which is never notified")
            if self._is_own(target) and (address.is_loopback or self._is_here(address)):
                return Refused(f"{target.authority}{target.path} is the admin API of this very server")
            if not (address.is_loopback or self._allows(target, address)):
                what = f"{_named(target, address)} is not this machine's loopback"
                return Refused(
                    f"{what}: allow it by {flag('notify_allow')} {target.host} or {variable('notify_allow')}"
                )
        return None

    def refusal(self, url: str) -> str:
        """Why an address is refused whatever its name may resolve to, "" if that takes a look-up."""
        target = self.begin(url)
        if isinstance(target, Target):
            refused = None if target.address is None else self.judge(target, (target.address,))
        else:
            refused = target
        return "" if refused is None else refused.why

    def foresee(self, target: Target) -> str:
        """Whether a name that has no address now would be told if it had one; "" if a setting names it."""
        if any(each.name == target.host and each.port in (None, target.port) for each in self._allowed):
            return ""
        setting = f"{flag('notify_allow')} {target.host} or {variable('notify_allow')}"
        return f"and it would be refused anyway, unless it is this machine's loopback or {setting} allows it"

    def _is_own(self, target: Target) -> bool:
        path = request_of("POST", target.path, (), b"").path  # as the server reads it
        return any(port == target.port and is_own(path) for port, is_own in self._own)

    def _allows(self, target: Target, address: Address) -> bool:
        return any(each.covers(target.host, address, target.port) for each in self._allowed)


def never(address: Address) -> str | None:
    """The kind of an address that nothing allows, in words; None for all others. It is no mapped one."""
    if address.is_loopback:
        return None
    if isinstance(address, IPv6Address):
        for network, name in _ELSEWHERE:
            if address in network:
                return f"a {name} address, which a translator leads elsewhere"
    elif address in _BROADCAST:
        return "a broadcast address"
    if address.is_unspecified or address in _THIS_NETWORK:
        return "an unspecified address"
    kinds = {"link-local": address.is_link_local, "multicast": address.is_multicast, "reserved": address.is_reserved}
    return next((f"a {kind} address" for kind, holds in kinds.items() if holds), None)


def _named(target: Target, address: Address) -> str:
    """The host, and the address that it is if that is not the same."""
    return str(address) if target.address is not None else f"{target.host} ({address})"
