"""One attempt to notify: looked up once, judged, connected, sent and read, all within one limit of real time.

The timeouts of other clients start anew with each byte, so a receiver that drips its response would hold an attempt for
hours. Here one limit is over everything. Nothing of the environment has a part in it: no proxy, no `.netrc`, no
cookies; no redirect is followed, and no name is looked up a second time.
"""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from mock_server.emulator.notifications import Result
from mock_server.engine.durations import length_text
from mock_server.http.hosts import Address
from mock_server.http.message import Pairs
from mock_server.notify.guard import Guard, Refused, Target, resolved
from mock_server.notify.metered import RECEIVED, Meter
from mock_server.types import Bound
from mock_server.vendors.notices import Post

if TYPE_CHECKING:
    from aiohttp import ClientResponse

LookUp = Callable[[str, int], Awaitable[Sequence[str]]]
"""Looks the addresses of a name up, for a port. OSError: it has none."""

READ = Bound(
    "Response of a receiver of notifications",
    4 << 10,
    "bytes",
    "Of a body no more is read, and of headers no more are kept. A line of a head that is longer is no response.",
)
_NO_RECORD = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
"""How versions of OpenSSL call bytes that are no record of TLS."""
_OURS = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
"""Headers that the client would add by itself."""


class Pinned(NamedTuple):
    """Stands for a resolver of the client: whatever name it asks for, these are its addresses."""

    addresses: Sequence[Address]

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[dict[str, Any]]:
        """The addresses in the form that aiohttp wants."""
        families = {4: socket.AF_INET, 6: socket.AF_INET6}
        return [
            {
                "hostname": host,
                "host": str(each),
                "port": port,
                "family": families[each.version],
                "proto": socket.IPPROTO_TCP,
                "flags": socket.AI_NUMERICHOST,
            }
            for each in self.addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class Sender:
    """Makes attempts, each on a connection of its own. It belongs to one event loop."""

    def __init__(self, guard: Guard, limit: int, look_up: LookUp) -> None:
        """`limit` is in real milliseconds."""
        self._guard = guard
        self._limit = limit
        self._look_up = look_up
        self._trust: ssl.SSLContext | None = None

    async def send(self, post: Post, page: str = "") -> Result:
        """What became of one attempt. `page`: the web page that submitted the job, "" if none did."""
        target = self._guard.begin(post.url, page)
        if isinstance(target, Refused):
            return _refused(target)
        import aiohttp  # noqa: F401 - on first use, and before its limit begins: that takes a third of a second

        try:
            async with asyncio.timeout(self._limit / 1_000):
                return await self._send(target, post)
        except TimeoutError:
            why = f"no whole response within {length_text(self._limit)} (--notify-timeout)"
            return failed(why)._replace(late=True)

    async def _send(self, target: Target, post: Post) -> Result:
        addresses: Sequence[Address] = [target.address] if target.address is not None else ()
        if not addresses:
            try:
                addresses = resolved(await self._look_up(target.host, target.port))
            except OSError as error:
                return self._unresolved(target, error.strerror or str(error))
            if not addresses:
                return self._unresolved(target, "it has no address")
        refused = self._guard.judge(target, addresses)
        if refused is not None:
            return _refused(refused)
        meter = Meter()
        result = await self._exchange(target, addresses, post, meter)
        return failed(_too_much()) if meter.spent and not result.status else result

    def _unresolved(self, target: Target, why: str) -> Result:
        """An attempt whose name has no address, and whether it would be refused if it had one."""
        also = self._guard.foresee(target)
        return failed(f"{target.host} does not resolve: {why}{f'; {also}' if also else ''}")._replace(unresolved=True)

    async def _exchange(self, target: Target, addresses: Sequence[Address], post: Post, meter: Meter) -> Result:
        """Connects to one of these addresses, sends, and reads what comes as far as `meter` allows."""
        import aiohttp
        from yarl import URL

        try:
            trust = self._trusted() if target.scheme == "https" else True
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(
                        resolver=cast(Any, Pinned(addresses)),
                        use_dns_cache=False,
                        force_close=True,
                        ssl=trust,
                        socket_factory=meter.open,
                    ),
                    cookie_jar=aiohttp.DummyCookieJar(),
                    timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
                    auto_decompress=False,
                    skip_auto_headers=_OURS,
                    read_bufsize=READ.value,
                    max_line_size=READ.value,
                    max_field_size=READ.value,
                ) as session,
                session.post(
                    URL(target.url, encoded=True), data=post.body, headers=post.headers, allow_redirects=False
                ) as response,
            ):
                return await _read(response)
        except aiohttp.ClientConnectorCertificateError as error:
            return failed(_untrusted(target, error.certificate_error))
        except aiohttp.ClientConnectorSSLError as error:
            return failed(_no_tls(target, error))
        except aiohttp.ClientConnectorError as error:
            return failed(f"cannot connect to {target.authority}: {_reason(error.os_error)}")
        except aiohttp.ClientResponseError as error:
            return failed(f"what came is no HTTP response: {_line(error.message)}")
        except aiohttp.ClientPayloadError:
            return failed("the connection ended within the response")
        except aiohttp.ServerDisconnectedError:
            return failed("the connection ended before a response")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return failed(f"the connection broke: {_reason(error)}")

    def _trusted(self) -> ssl.SSLContext:
        """What the machine trusts: OpenSSL's store, which the variables SSL_CERT_FILE and SSL_CERT_DIR replace."""
        if self._trust is None:
            self._trust = ssl.create_default_context()
        return self._trust


def failed(why: str) -> Result:
    """An attempt that nothing answered, or nothing that is a response."""
    return Result(0, "", (), b"", why)


def _too_much() -> str:
    return f"more than {RECEIVED.value >> 10} KiB came, and among that no whole response"


def _refused(refused: Refused) -> Result:
    return Result(0, "", (), b"", refused.why, refused=True)


async def _read(response: ClientResponse) -> Result:
    """The response, of its body the first bytes."""
    body = b""
    while len(body) < READ.value and (part := await response.content.read(READ.value - len(body))):
        body += part
    return Result(response.status, _line(response.reason or ""), _headers(response), body, "")


def _headers(response: ClientResponse) -> Pairs:
    """The first headers, as they came."""
    found, size = [], 0
    for name, value in response.raw_headers:
        size += len(name) + len(value)
        if size > READ.value:
            break
        found.append((name.decode("latin-1"), value.decode("utf-8", "replace")))
    return tuple(found)


def _reason(error: Exception) -> str:
    """What the machine says of an error, else what its maker says."""
    # The number of an error of TLS is one of OpenSSL, not of the machine.
    number = error.errno if isinstance(error, OSError) and not isinstance(error, ssl.SSLError) else None
    return os.strerror(number) if number else _line(str(error) or type(error).__name__)


def _line(text: str) -> str:
    """A text of a receiver in one short line that can be written anywhere."""
    plain = text.encode("utf-8", "replace").decode("utf-8", "replace")
    return " ".join("".join(each if each.isprintable() else " " for each in plain).split())[:200]


def _no_tls(target: Target, error: Exception) -> str:
    """Why no TLS connection came about. What a port of plain HTTP says to a client hello is no record of TLS."""
    cause = error.__cause__
    reason = (cause.reason if isinstance(cause, ssl.SSLError) else "") or ""
    if reason in _NO_RECORD:
        return f"{target.authority} speaks no TLS: receive by https there, or name an http address"
    return f"the TLS handshake with {target.authority} failed: {_line(reason.lower().replace('_', ' ') or str(error))}"


def _untrusted(target: Target, error: Exception) -> str:
    what = _line(str(getattr(error, "verify_message", "") or error))
    return (
        f"the certificate of {target.authority} is not trusted: {what} (start mock-server with SSL_CERT_FILE naming "
        "a file of the authority, or receive by http)"
    )
