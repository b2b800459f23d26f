"""A small service as an application has it: it submits a job with Qiniu's SDK, and is told by callback how it ended.

    POST /orders/NAME     submits a transcoding of the video NAME; 201
    GET /orders/NAME      {"state": "working"}, or "done" or "failed" once the callback came; 404 for an unknown name
    POST /callback        Qiniu's notification; 401 if its signature is wrong

It never polls. The vendor is at MOCK_SERVER (`mock-server:8080`), and reaches this service at PUBLIC_URL.
"""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from qiniu import Auth, PersistentFop, set_default

PUBLIC_URL = os.environ.get("PUBLIC_URL", "http://orders:8000")
CALLBACK = f"{PUBLIC_URL}/callback"
STATES = {0: "done", 3: "failed"}


class Orders:
    """The orders of this service, and the jobs that are made for them."""

    def __init__(self) -> None:
        self._auth = Auth("ak", "sk")
        self._jobs = PersistentFop(self._auth, "videos", notify_url=CALLBACK)
        self._lock = threading.Lock()
        self._state: dict[str, str] = {}
        self._names: dict[str, str] = {}

    def submit(self, name: str) -> bool:
        """Submits the job of an order. Whether the vendor took it."""
        # The notification may come before the response to the submit: it waits for the lock.
        with self._lock:
            body, info = self._jobs.execute(name, ["avthumb/mp4"])
            if info.status_code != 200:
                return False
            self._names[body["persistentId"]] = name
            self._state[name] = "working"
        return True

    def told(self, authorization: str, type: str, body: bytes) -> bool:
        """Takes a notification. Whether it is the vendor's."""
        headers = {"Content-Type": type, "Host": CALLBACK.split("/")[2]}
        text = body.decode()
        if not self._auth.verify_callback(authorization, CALLBACK, text, type, "POST", headers):
            return False
        job = json.loads(text)
        with self._lock:
            name = self._names.get(job["id"])
            if name is not None:  # it may come twice, which changes nothing
                self._state[name] = STATES.get(job["code"], "failed")
        return True

    def state(self, name: str) -> str | None:
        """The state of an order."""
        with self._lock:
            return self._state.get(name)


ORDERS = Orders()


class Handler(BaseHTTPRequestHandler):
    """The HTTP interface."""

    def do_GET(self) -> None:
        """The state of an order."""
        state = ORDERS.state(self.path.removeprefix("/orders/"))
        self.answer(404 if state is None else 200, {"state": state})

    def do_POST(self) -> None:
        """A new order, or a notification."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == "/callback":
            known = ORDERS.told(self.headers.get("Authorization", ""), self.headers.get("Content-Type", ""), body)
            self.answer(200 if known else 401, {"taken": known})
        else:
            submitted = ORDERS.submit(self.path.removeprefix("/orders/"))
            self.answer(201 if submitted else 502, {"submitted": submitted})

    def answer(self, status: int, value: object) -> None:
        """Sends JSON."""
        text = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


if __name__ == "__main__":
    set_default(default_api_host=f"http://{os.environ.get('MOCK_SERVER', 'mock-server:8080')}")
    ThreadingHTTPServer(("", 8000), Handler).serve_forever()
