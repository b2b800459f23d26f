"""Who may use the admin API: no page of another site, no name rebound to this machine, no one without the token."""

from __future__ import annotations

import hmac
import ipaddress
import re
from typing import NamedTuple
from urllib.parse import urlsplit

from mock_server.errors import Problem
from mock_server.http.errors import OwnError
from mock_server.http.message import Request
from mock_server.settings import Settings, flag, variable

_LABEL = re.compile(r"[A-Za-z0-9_-]+")
_HOST = re.compile(r"(?P<name>\[[^\[\]]*\]|[^:\[\]]*)(?::[0-9]{0,5})?")
_SAME = ("same-origin", "none")


class Denial(NamedTuple):
    """Why a request is denied: the error, and the problem."""

    error: OwnError
    problem: Problem


class Guard:
    """Decides which requests the settings of one server allow."""

    def __init__(self, settings: Settings) -> None:
        self._hosts = frozenset(settings.admin_host)
        self._token = None if settings.admin_token is None else settings.admin_token.encode()

    def site(self, request: Request, *, linked: bool = False) -> Denial | None:
        """Why the request is denied as one that a foreign page may have made; None if it is not.

        `linked`: it is for a page, which a link of another site may open, but no script or frame of it.
        """
        hosts = [value for name, value in request.headers if name.lower() == "host"]
        origin = request.header("Origin")
        for host in (*hosts, *_authority(request.target)):
            if not self._known(host):
                hint = f"if the name is yours, name it: {flag('admin_host')}, or {variable('admin_host')}"
                return Denial(OwnError.HOST, Problem("Host", f"the admin API is not served as {host!r}", hint))
        # RFC 9112, section 3.2: HTTP/1.0 needs no Host, and load balancers' probes send none. Every browser does.
        if len(hosts) != 1 and (hosts or not request.old):
            return Denial(OwnError.HOST, Problem("Host", f"expected one Host header, found {len(hosts)}"))
        if origin is not None and _origin_host(origin) not in [host.lower() for host in hosts]:
            hint = "ask from the server's own pages, or without a browser"
            what = f"the admin API takes no requests from the pages of {origin!r}"
            return Denial(OwnError.ORIGIN, Problem("Origin", what, hint))
        if (request.header("Sec-Fetch-Site") or "none").lower() not in _SAME and not (linked and _opens(request)):
            hint = "type the address in the browser, or ask without one"
            what = "the admin API takes no requests that another site's page makes"
            return Denial(OwnError.ORIGIN, Problem("Sec-Fetch-Site", what, hint))
        return None

    def token(self, request: Request) -> Denial | None:
        """Why the request is denied for its token; None if the token is right or none is required."""
        if self._token is None:
            return None
        sent = [value for name, value in request.headers if name.lower() == "authorization"]
        scheme, _, token = sent[0].partition(" ") if len(sent) == 1 else ("", "", "")
        # The comparison takes as long for a token that is nearly right.
        if scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode("utf-8", "replace"), self._token):
            return None
        what = "the token is wrong" if sent else "a token is needed"
        hint = f"send `Authorization: Bearer TOKEN` with the token of {flag('admin_token')}"
        return Denial(OwnError.TOKEN, Problem("Authorization", what, hint))

    def _known(self, host: str) -> bool:
        """Whether a Host is an address, localhost, a name without dots (a neighbour's), or one that was allowed.

        A foreign site's name has dots: it may resolve to this machine, but it cannot change how it is called.
        """
        found = _HOST.fullmatch(host)
        if found is None:
            return False
        name = found["name"].lower()
        return name in self._hosts or _LABEL.fullmatch(name) is not None or _is_address(name)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name[1:-1] if name.startswith("[") else name)
    except ValueError:
        return False
    return True


def _opens(request: Request) -> bool:
    """Whether a browser opens the response as a page of its own, as it does for a link."""
    how = tuple((request.header(f"Sec-Fetch-{name}") or "").lower() for name in ("Mode", "Dest"))
    return how == ("navigate", "document") and request.method in ("GET", "HEAD")


def _authority(target: str) -> tuple[str, ...]:
    """The host that a target in absolute form names; it counts more than the header."""
    found = re.match(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)", target)
    return () if found is None else (found[1],)


def _origin_host(origin: str) -> str | None:
    """The host and port of an Origin, which a browser writes as it writes Host; None for `null` and other oddities."""
    try:
        controls = urlsplit(origin)
    except ValueError:
        return None
    return controls.netloc.lower() if controls.scheme in ("http", "https") and not controls.path else None
