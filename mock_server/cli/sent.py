"""`mock-server play --notify-url`: when a task would notify its address, and how."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from mock_server.emulator.playback import Playback
from mock_server.emulator.sent import Sent
from mock_server.engine.pace import paced
from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios.timeline.phrases import moment

_ADDRESS = re.compile(r"https?://[!-~]+")


def with_address(playing: Iterable[Playback], url: str, pace: int) -> list[Playback]:
    """The same tasks with a notify address. InvalidInput: the text is none."""
    if not _ADDRESS.fullmatch(url):
        raise InvalidInput([Problem("--notify-url", f"{url!r} is no URL", "such as http://127.0.0.1:9000/callback")])
    return [each._replace(notify=url, scenario=paced(each.scenario, pace)) for each in playing]


def sent_line(sent: Sent, playing: Sequence[Playback]) -> str:
    """`# tells http://127.0.0.1:9000/callback at 4s`: one notification. `playing` are the tasks beside each other."""
    first = playing[0]
    words = [] if len(sent.vendors) == len(playing) else [", ".join(sent.vendors)]
    words += [] if sent.item is None else [f"item {sent.item}"]
    sending = first.scenario.notify.send[sent.sending]
    if sending.shows is not None:
        words.append(f"with the body of {first.scenario.steps[sending.shows].name}")
    if sending.signed != "right":
        words.append("signed with another secret" if sending.signed == "wrong" else "not signed")
    more = f" ({'; '.join(words)})" if words else ""
    return f"# tells {first.notify} at {moment(sent.at - first.start)}{more}"


def silence(playing: Sequence[Playback], sent: Sequence[Sent]) -> Iterator[str]:
    """Says of tasks with an address that notify nobody why they do not."""
    if not playing[0].notify:
        return
    silent = [
        each.key.vendor
        for each in playing
        if each.renderer.registry.dialect(each.key.vendor, each.scenario.options).terms is None
    ]
    if silent:
        yield f"# {', '.join(silent)}: this vendor sends no notifications"
    if not sent and len(silent) < len(playing):
        yield "# nothing is sent to the address by then"
