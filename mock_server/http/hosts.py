"""Hosts as people and URLs name them: names of the DNS, addresses, and the words of `--notify-allow`."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import NamedTuple

Address = IPv4Address | IPv6Address
LONGEST_NAME = 253
"""Characters of a name of the DNS (RFC 1035, section 2.3.4)."""

_NAME = re.compile(r"[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9A-Fa-f]*")
_WITH_PORT = re.compile(r"(?P<host>\[[^\[\]]*\]|[^:\[\]]*)(?::(?P<port>[0-9]{1,5}))?")
_EXPECTED = "a name, name:port, an address such as 10.1.2.3 or [fd00::1]:8000, or a network such as 10.0.0.0/8"


def is_name(text: str) -> bool:
    """Whether a text is a name of the DNS, underscores allowed, that no look-up takes for a number.

    `127.1`, `2130706433` and `0x7f.1` are no names: where the last label is a number, C libraries and browsers read
    the whole as an address.
    """
    if len(text) > LONGEST_NAME or _NAME.fullmatch(text) is None:
        return False
    return _NUMBER.fullmatch(text.rpartition(".")[2]) is None


def address_of(text: str) -> Address | None:
    """The address that a text is, without a zone; None if it is none in its usual form. `[::1]` and `::1` are alike."""
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return None if "%" in bare else ip_address(bare)
    except ValueError:
        return None


class Allowed(NamedTuple):
    """What one word of `--notify-allow` names: a name or a network, and a port, None for any."""

    name: str
    network: IPv4Network | IPv6Network | None
    port: int | None

    def covers(self, host: str, address: Address, port: int) -> bool:
        """Whether it names a port of an address that `host` (lower case, no final dot) resolved to."""
        if self.port not in (None, port):
            return False
        return self.name == host if self.network is None else address in self.network


def allowed_of(word: str) -> Allowed:
    """What a word of `--notify-allow` names. ValueError: with what it takes."""
    text = word.strip().lower()
    try:
        if "/" in text or (text.count(":") > 1 and not text.startswith("[")):
            return Allowed("", ip_network(text), None)
    except ValueError:
        raise ValueError(_EXPECTED) from None
    found = _WITH_PORT.fullmatch(text)
    if found is None or (found["port"] is not None and not 0 < int(found["port"]) < 65_536):
        raise ValueError(_EXPECTED)
    port = None if found["port"] is None else int(found["port"])
    address = address_of(found["host"])
    if address is not None:
        return Allowed("", ip_network(address), port)
    name = found["host"].removesuffix(".")
    if not is_name(name):
        raise ValueError(_EXPECTED)
    return Allowed(name, None, port)
