"""What a client saw of one poll of a service, or would see of a response that is played."""

from __future__ import annotations

from typing import NamedTuple

from mock_server.faults.kinds import FAULTS, OFF_LENGTH
from mock_server.http.message import Pairs, Response
from mock_server.types import Bound

MOST_POLLS = 10_000
BODY = 1 << 20
MOST_BYTES = 64 << 20
POLLS = Bound(
    "Polls of one `mock-server record`",
    MOST_POLLS,
    "polls",
    "The recording ends, and what was recorded until then is written.",
)
ONE_BODY = Bound(
    "Body of a response that `mock-server record` reads",
    BODY,
    "bytes",
    "The body is not kept, and the scenario says so. A client of `--listen` gets a 502.",
)
BYTES = Bound(
    "Bodies of one `mock-server record`",
    MOST_BYTES,
    "bytes",
    "The recording ends, and what was recorded until then is written. Equal bodies count once.",
)


class Seen(NamedTuple):
    """One poll. `at` is when it was sent and `took` how long its response took, in milliseconds.

    `failure` is the fault of the connection for which the response could not be read, as the table of faults names it;
    `status` is then 0 unless the head arrived. `off`: how many bytes more than came the Content-Length said. `lost`:
    why the body is not kept, "" if it is.
    """

    at: int
    status: int = 0
    headers: Pairs = ()
    body: bytes = b""
    failure: str = ""
    took: int = 0
    off: int = 0
    lost: str = ""

    def header(self, name: str) -> str | None:
        """A header, case-insensitively; the values of a repeated one joined by commas."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return ", ".join(values) if values else None


def seen_of(response: Response, at: int) -> Seen:
    """What a client sees of a response that is sent at `at`."""
    status, _, headers, body, delay, delivery = response
    if delivery is None:
        return Seen(at, status, headers, body, took=delay)
    kind = FAULTS[delivery.kind]
    took = delay + (delivery.over or 0)
    if not kind.destroys:
        return Seen(at, status, headers, body, took=took)
    if delivery.kind != OFF_LENGTH:
        return Seen(at, 0 if kind.sends == "none" else status, failure=delivery.kind, took=took)
    length = response.header("Content-Length") or ""
    if not (length.isascii() and length.isdigit()) or int(length) == len(body):
        return Seen(at, status, failure=OFF_LENGTH, took=took)
    if int(length) < len(body):
        return Seen(at, status, headers, body[: int(length)], took=took)
    return Seen(at, status, failure=OFF_LENGTH, took=took, off=int(length) - len(body))
