"""Replicas of the server on one store, as processes that can be killed and started again at the same port."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.support.redis_servers import PATIENCE, free_port


class Replica:
    """One `mock-server serve`."""

    def __init__(self, url: str, *flags: str) -> None:
        self.port = free_port()
        self._words = (sys.executable, "-m", "mock_server", "serve", "--store", url, "--port", str(self.port), *flags)
        self.log: deque[str] = deque(maxlen=500)
        self._process: subprocess.Popen[str] | None = None
        self.launch()

    def launch(self) -> None:
        """Starts it; `wait` says when it answers."""
        self._process = subprocess.Popen(
            self._words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, bufsize=1
        )
        self._ready = threading.Event()
        threading.Thread(target=self._read, args=(self._process, self._ready), daemon=True).start()

    @property
    def is_up(self) -> bool:
        """Whether it answers."""
        return self._ready.is_set() and not self.has_ended

    @property
    def has_ended(self) -> bool:
        """Whether its process is gone, as where it found no store at its start."""
        return self._process is None or self._process.poll() is not None

    def wait(self) -> None:
        """Until it answers."""
        assert self._ready.wait(PATIENCE), "\n".join(self.log)
        assert self._process is not None
        assert self._process.poll() is None, "\n".join(self.log)

    def kill(self) -> None:
        """Ends it at once, by SIGKILL."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> int:
        """Ends it as a rolling update does, by SIGTERM; its exit code."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(PATIENCE)

    def _read(self, process: subprocess.Popen[str], ready: threading.Event) -> None:
        assert process.stdout is not None
        with process.stdout:
            for line in process.stdout:
                self.log.append(line.rstrip())
                if re.search(r" on https?://", line):
                    ready.set()
        ready.set()


@contextmanager
def replicas(url: str, count: int, *flags: str, folders: Sequence[Path] = ()) -> Iterator[tuple[Replica, ...]]:
    """So many replicas that answer, with these scenarios alone if folders are named."""
    own = [word for folder in folders for word in ("--scenarios", str(folder))] + ["--no-builtin"] * bool(folders)
    started = tuple(Replica(url, *own, *flags) for _ in range(count))
    try:
        for each in started:
            each.wait()
        yield started
    finally:
        for each in started:
            each.kill()
