"""Notifications: how many attempts a second reach a receiver on this machine, and what one costs."""

from __future__ import annotations

import http.client
import json
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.interpreter import python
from benchmarks.places import BUILD
from benchmarks.plan import Plan, Row, ours_up, started
from benchmarks.process import free_port, wait_until
from benchmarks.servers import OURS

_BARE = Path(__file__).resolve().parent / "bare.py"
_SCENARIO = "about: Ends after an hour.\nsteps: [{state: waiting, for: 1h}, {state: succeeded}]\n"
_SHARE = 100
"""One attempt for so many responses of the part `memory`."""


def notify(plan: Plan) -> list[Row]:
    """Attempts to a receiver that answers at once, all owed at one moment of the virtual clock."""
    rates, costs = [], []
    with tempfile.TemporaryDirectory(dir=BUILD) as name:
        folder = Path(name)
        (folder / "body").write_bytes(b"ok")
        (folder / "notified.yaml").write_text(_SCENARIO, "utf-8")
        port = free_port()
        words = (python().path, str(_BARE), str(port), str(folder / "body"))
        with started(words, folder, False) as receiver:
            wait_until(lambda: _said(port, "GET", "/") == b"ok", receiver)
            for _ in range(plan.rounds):
                with ours_up(plan, scenarios=folder, id="notified.first") as each:
                    count = max(20, plan.responses // _SHARE)
                    _owe(each.port, f"http://127.0.0.1:{port}/", count)
                    cpu, began = each.process.cpu(), time.perf_counter()
                    _said(each.port, "POST", "/__admin/clock", {"advance": "2h"})
                    rates.append(count / (time.perf_counter() - began))
                    costs.append(1e6 * (each.process.cpu() - cpu) / count)
                    plan.say(f"notify: {rates[-1]:,.0f} attempts/s")
    return [
        Row("notify", OURS, "attempts", "/s", tuple(rates)),
        Row("notify", OURS, "processor time", "us/attempt", tuple(costs)),
    ]


def _owe(port: int, receiver: str, count: int) -> None:
    """Submits so many jobs that all end at one moment. RuntimeError: one of them is refused."""
    _said(port, "POST", "/__admin/clock", {"freeze": True})
    body = urlencode({"bucket": "b", "key": "notified", "fops": "avthumb/mp4", "notifyURL": receiver})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    for _ in range(count):
        connection.request("POST", "/pfop", body)
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"a submit was answered with {response.status}")
    connection.close()
    # The first attempt takes a third of a second more, for then its client is imported.
    connection.request("POST", "/pfop", body)
    id = json.loads(connection.getresponse().read())["persistentId"]
    connection.close()
    _said(port, "POST", "/__admin/tasks/shift", {"vendor": "qiniu", "id": id, "by": "2h"})


def _said(port: int, method: str, path: str, body: object = None) -> bytes:
    """The body of a response; nothing where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    headers = {} if body is None else {"Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        return connection.getresponse().read()
    except (OSError, http.client.HTTPException):
        return b""
    finally:
        connection.close()
