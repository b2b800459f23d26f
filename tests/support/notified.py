"""A whole server and a receiver that it notifies, both on real sockets; the server's clock stands still."""

from __future__ import annotations

import json
import threading
import urllib.request
from base64 import urlsafe_b64encode
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

from mock_server.assembly import Server, assemble
from mock_server.client import Client
from mock_server.journal.entry import Entry
from mock_server.settings import Settings
from tests.support.harness import PATIENCE, target_of
from tests.support.live import LiveServer, serving_parts
from tests.support.receivers import Receiver, Temper, receiving
from tests.support.wire_kit import until

ENDED = "about: Ends at once.\nsteps: [{state: succeeded}]\n"
TIMED = "about: Slow.\nsteps: [{state: waiting, for: 10s}, {state: processing, for: 20s}, {state: succeeded}]\n"
_NO_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def ask(url: str, body: bytes | None = None, **headers: str) -> Any:
    """The JSON that a server answers, whatever the status is."""
    request = urllib.request.Request(url, body, headers)
    try:
        with _NO_PROXY.open(request, timeout=PATIENCE) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.load(error)


class Notified(NamedTuple):
    """A running server, its client, and the receiver."""

    live: LiveServer
    client: Client
    receiver: Receiver

    @property
    def parts(self) -> Server:
        """The server's parts."""
        return self.live.parts

    def submit(self, scenario: str = "ended", url: str = "", vendor: str = "qiniu", **headers: str) -> str:
        """Submits a job that plays a scenario and notifies the receiver, or `url`; the id of its task."""
        notify = url or self.receiver.url()
        if vendor == "qiniu":
            body = f"bucket=b&key={scenario}&fops=avthumb/mp4&notifyURL={quote(notify, safe='')}"
            path = "/pfop"
        else:
            fops = f"bucket/{_coded('b')}/key/{_coded(scenario)}"
            path, body = "/fmgr/delete", f"fops={fops}&notifyURL={_coded(notify)}"
        return str(ask(self.live.url + path, body.encode(), **headers)["persistentId"])

    def poll(self, id: str, vendor: str = "qiniu") -> Any:
        """The body of one poll."""
        return ask(self.live.url + target_of(vendor, id))

    def attempts(self, id: str | None = None) -> list[Entry]:
        """The attempts that were made, oldest first; with an id, those of that task."""
        entries, _ = self.parts.store.entries()
        return [entry for entry in entries if entry.told is not None and id in (None, entry.id)]

    def outcomes(self, id: str | None = None) -> list[str]:
        """What became of them."""
        return [entry.told.outcome for entry in self.attempts(id) if entry.told is not None]

    def seconds(self, id: str) -> list[int]:
        """When the attempts of a task were made, in seconds after its birth."""
        return [(entry.virtual - (entry.born or 0)) // 1_000 for entry in self.attempts(id)]

    def wait(self, count: int) -> list[Entry]:
        """The attempts, once so many were settled."""
        until(lambda: len(self.attempts()) >= count, f"{count} attempts")
        return self.attempts()


def _coded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


@contextmanager
def telling(
    folder: Path,
    temper: Temper | None = None,
    *,
    flask: bool = False,
    frozen: bool = True,
    scenarios: dict[str, str] | None = None,
    real_clock: Callable[[], int] | None = None,
    **settings: Any,
) -> Iterator[Notified]:
    """A server with two scenarios of its own, `ended` and `timed`, and a receiver."""
    for name, text in {"ended": ENDED, "timed": TIMED, **(scenarios or {})}.items():
        (folder / f"{name}.yaml").write_text(text)
    chosen = Settings(no_reload=True, no_builtin=True, scenarios=(folder,), **settings)
    parts = assemble(chosen, real_clock=real_clock)
    with receiving(temper) as receiver:
        with serving_parts(parts, flask=flask) as live:
            client = Client(live.url)
            if frozen:
                client.clock.freeze()
            yield Notified(live, client, receiver)
        parts.postman.close()


def postmen() -> list[threading.Thread]:
    """The threads of this process that make attempts."""
    return [thread for thread in threading.enumerate() if thread.name == "postman"]


def left_since(before: Collection[threading.Thread]) -> list[threading.Thread]:
    """Which of the threads that make attempts began since, and do not end.

    One that is told to end may take its time on a busy machine, and those of before may end meanwhile.
    """
    begun = [thread for thread in postmen() if thread not in before]
    for thread in begun:
        thread.join(PATIENCE)
    return [thread for thread in begun if thread.is_alive()]
