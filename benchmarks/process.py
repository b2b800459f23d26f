"""A server under measurement as a process: started, asked what it takes of the machine, and ended."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_PAGE = os.sysconf("SC_PAGE_SIZE")
_TICK = os.sysconf("SC_CLK_TCK")
_PATIENCE = 60.0


class Process:
    """One server and whatever processes it started: they share a session."""

    def __init__(self, words: Sequence[str], folder: Path, log: Path, *modules: Path) -> None:
        """`modules`: folders in which Python looks for modules."""
        self._log = log
        with log.open("wb") as file:
            self.began = time.perf_counter()
            self._process = subprocess.Popen(
                words,
                cwd=folder,
                env=surroundings(*modules),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
            )

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def said(self) -> str:
        """The end of what it printed."""
        return self._log.read_text("utf-8", "replace")[-800:]

    def memory(self) -> float:
        """Resident megabytes, those of its children included."""
        return sum(int(_read(pid, "statm").split()[1]) for pid in self._pids()) * _PAGE / 1e6

    def cpu(self) -> float:
        """Seconds of processor time so far, those of its children included."""
        ticks = 0
        for pid in self._pids():
            fields = _read(pid, "stat").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:13]))
        return ticks / _TICK

    def end(self) -> None:
        """Ends it, at once if it does not end by itself within a few seconds."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._pids():
                _kill(pid, number)
            try:
                self._process.wait(timeout=5)
            except subprocess.TimeoutExpired:
                continue
        self._process.wait()

    def _pids(self) -> list[int]:
        """The processes of its session; only those, for the session was made for it."""
        found = []
        for entry in os.listdir("/proc"):
            if entry.isdecimal():
                stat = _read(int(entry), "stat").rpartition(")")[2].split()
                if len(stat) > 3 and int(stat[3]) == self._process.pid and stat[0] != "Z":
                    found.append(int(entry))
        return found


def surroundings(*more: Path) -> dict[str, str]:
    """The environment, but that Python keeps its bytecode, as it does where people use it.

    Its modules are looked for in `more` folders, too.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, more))} if more else kept


@contextmanager
def running(words: Sequence[str], folder: Path, log: Path, *modules: Path) -> Iterator[Process]:
    """A process that is ended when the block is left. Python also looks for its modules in `modules`."""
    process = Process(words, folder, log, *modules)
    try:
        yield process
    finally:
        process.end()


def free_port() -> int:
    """A port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(right: Callable[[], bool], process: Process, patience: float = _PATIENCE) -> float:
    """The seconds from the process's start until `right()`. RuntimeError: it ended before, or takes for ever."""
    while True:
        if right():
            return time.perf_counter() - process.began
        if not process.alive() or time.perf_counter() - process.began > patience:
            raise RuntimeError(process.said() or "it does not answer")
        time.sleep(0.001)  # real time is what is measured; asking without a pause would slow the start itself


def _read(pid: int, name: str) -> str:
    try:
        return Path(f"/proc/{pid}/{name}").read_text("utf-8", "replace")
    except OSError:
        return "0 0" if name == "statm" else ""


def _kill(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
