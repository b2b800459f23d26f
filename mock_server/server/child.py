"""A server in a process of its own, for a process in which none can run: `python -m mock_server.server.child`.

It reads its settings from standard input, writes one line with its addresses or with what is wrong, and serves until
standard input ends, which it also does when the process that started it is gone.
"""

from __future__ import annotations

import base64
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from typing import Any, NamedTuple

from mock_server.errors import InvalidInput, Problem
from mock_server.settings import Settings

_CLOSING = 10
"""Seconds to wait for the process to end, which promises to within two."""


class ChildServer(NamedTuple):
    """A server in a process of its own: vendors' paths at `url`, the admin API at `admin_url`."""

    url: str
    admin_url: str
    process: subprocess.Popen[bytes]

    @property
    def local(self) -> None:
        """Nothing in this process answers for it."""
        return None

    def close(self) -> None:
        """Ends it, and waits until the responses in progress are out."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=_CLOSING)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()


def serve_in_child(settings: Settings) -> ChildServer:
    """Starts a server with these settings. InvalidInput: a setting, a scenario file or the address is bad."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path or os.getcwd() for path in sys.path)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(base64.b64encode(pickle.dumps(settings)) + b"\n")
    process.stdin.flush()
    line = process.stdout.readline()
    said: dict[str, Any] = json.loads(line) if line else {"problems": [["", "its process ended before it served", ""]]}
    if "problems" in said:
        ChildServer("", "", process).close()
        raise InvalidInput([Problem(*each) for each in said["problems"]])
    return ChildServer(said["url"], said["admin_url"], process)


def main() -> None:
    """Serves."""
    from mock_server.assembly import assemble
    from mock_server.server.servers import servers_of

    # Ctrl-C in a terminal is for the process that started this one.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    settings: Settings = pickle.loads(base64.b64decode(sys.stdin.buffer.readline()))
    try:
        servers = servers_of(assemble(settings))
    except InvalidInput as error:
        print(json.dumps({"problems": error.problems}), flush=True)
        return
    print(json.dumps({"url": servers.url, "admin_url": servers.admin_url}), flush=True)
    threading.Thread(target=lambda: (sys.stdin.buffer.read(), servers.close()), daemon=True).start()
    servers.run()


if __name__ == "__main__":
    main()
