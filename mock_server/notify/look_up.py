"""Looks names up without holding anything up: neither the event loop, nor the end of the process."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Sequence
from contextlib import closing, suppress

from mock_server.http.hosts import Address
from mock_server.types import Bound

LOOK_UPS = Bound(
    "Names of receivers that are looked up at once",
    64,
    "names",
    "The attempt fails, as if the name had no address. Only look-ups that hang become so many.",
)


def is_here(address: Address) -> bool:
    """Whether an address belongs to this machine: a socket can be bound to no other. Nothing is sent."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            probe.bind((str(address), 0))
    except OSError:
        return False
    return True


class Names:
    """Looks names up as the machine does, each in a thread that ends with the process if it hangs."""

    def __init__(self) -> None:
        self._under_way = 0

    async def find(self, name: str, port: int) -> Sequence[str]:
        """The addresses of a name. OSError: it has none, or too many names are being looked up."""
        if self._under_way >= LOOK_UPS.value:
            raise OSError(f"{LOOK_UPS.value} names are being looked up already")
        loop = asyncio.get_running_loop()
        found: asyncio.Future[Sequence[str]] = loop.create_future()
        self._under_way += 1

        def settle(addresses: Sequence[str], error: OSError | None) -> None:
            self._under_way -= 1
            if found.done():  # nobody waits any more
                return
            if error is None:
                found.set_result(addresses)
            else:
                found.set_exception(error)

        def look() -> None:
            addresses: Sequence[str] = ()
            failure: OSError | None = None
            try:
                rows = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
                addresses = [str(address[0]) for *_, address in rows]
            except OSError as error:
                failure = error
            except UnicodeError:
                failure = OSError("it is no name")
            with suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(settle, addresses, failure)

        threading.Thread(target=look, name="look-up", daemon=True).start()
        return await found
