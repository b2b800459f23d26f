"""The pages that people read, as blocks that can be run, and how each kind of block is run."""

from __future__ import annotations

import json
import os
import queue
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from mock_server.engine.durations import length
from mock_server.engine.scenario import Scenario
from mock_server.journal.journal import Entry
from mock_server.scenarios.timeline.phrases import length as length_in_words
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.registry import Registry
from tests.support.curl import curl as curl
from tests.support.emulators import World
from tests.support.live import LiveServer

ROOT = Path(__file__).resolve().parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
ADDRESS = "127.0.0.1:8080"
"""Where the pages say the server is."""
RECEIVER = "127.0.0.1:8081"
"""Where the pages say `mock-server receive` is."""
UNNAMED = "my-job"
LONGEST = 60
"""Seconds after which a command that hangs is ended, so that its test fails."""

_MARK = re.compile(r"<!-- (.+) -->")
_NAME = re.compile(r"# ([a-z0-9-]+)\.yaml\n")


class Block(NamedTuple):
    """A fenced block: where it stands, its comment just above (`mark`), and the table just below, by rows of cells."""

    page: str
    line: int
    language: str
    mark: str
    text: str
    table: tuple[tuple[str, ...], ...] = ()

    @property
    def where(self) -> str:
        """`README.md:12`, as an editor opens it."""
        return f"{self.page}:{self.line}"

    @property
    def name(self) -> str:
        """The name of the scenario in it: its first line says `# name.yaml`."""
        found = _NAME.match(self.text)
        return found[1] if found else UNNAMED


class Command(NamedTuple):
    """One line after `$` in a console block, and the lines that it is shown to print."""

    words: tuple[str, ...]
    shown: str


def blocks_of(page: Path) -> Iterator[Block]:
    """Every fenced block of a page, in order."""
    lines = page.read_text(encoding="utf-8").splitlines()
    fences = [k for k, line in enumerate(lines) if line.startswith("```")]
    for start, end in zip(fences[::2], fences[1::2], strict=True):
        mark = _MARK.fullmatch(lines[start - 1])
        text = "".join(f"{line}\n" for line in lines[start + 1 : end])
        yield Block(
            page.name, start + 1, lines[start][3:], mark[1] if mark else "", text, tuple(_table(lines, end + 1))
        )


def _table(lines: Sequence[str], start: int) -> Iterator[tuple[str, ...]]:
    while start < len(lines) and not lines[start]:
        start += 1
    for line in lines[start:]:
        if not line.startswith("|"):
            return
        cells = tuple(cell.strip() for cell in line.strip("|").split("|"))
        if not set("".join(cells)) <= {"-"}:
            yield cells


def blocks(*languages: str) -> list[Block]:
    """The blocks of all pages that are in one of these languages."""
    return [block for page in PAGES for block in blocks_of(page) if block.language in languages]


def is_scenario(block: Block) -> bool:
    """Whether it is a scenario that is to load."""
    return (
        block.language == "yaml"
        and block.mark != "refused"
        and not re.search("^(services|apiVersion):", block.text, re.M)
    )


def write_scenarios(page: str, folder: Path) -> Path:
    """A folder of all the scenarios on one page."""
    folder.mkdir()
    for block in blocks("yaml"):
        if block.page == page and is_scenario(block):
            path = folder / f"{block.name}.yaml"
            assert not path.exists(), f"{block.where}: another scenario of this page is called {block.name} too"
            path.write_text(block.text, encoding="utf-8")
    return folder


def commands_of(block: Block) -> Iterator[Command]:
    """The commands of a console block."""
    starts = [found.start() for found in re.finditer(r"^\$ ", block.text, re.M)]
    assert starts[:1] == [0], f"{block.where}: a console block begins with a command after `$ `"
    for start, end in pairwise((*starts, len(block.text))):
        line, _, shown = block.text[start + 2 : end].partition("\n")
        yield Command(tuple(shlex.split(line)), shown)


def shows(shown: str, printed: str) -> bool:
    """Whether what is shown is what was printed: `…` stands for anything in a line, alone for any number of lines."""
    pattern = ""
    for line in shown.splitlines():
        pattern += r"(?:.*\n)*" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"[ \t\r]*\n"
    return re.fullmatch(pattern, printed) is not None


def on_the_server(text: str, server: LiveServer) -> str:
    """Text with the live server's address in place of the pages'."""
    return text.replace(ADDRESS, server.host)


def environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of ours, for a command that finds the package from anywhere."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("MOCK_SERVER_")}
    return {**kept, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **more}


def run(words: Sequence[str], folder: Path, **more: str) -> str:
    """What a command that must end well prints."""
    ended = subprocess.run(
        words, cwd=folder, env=environment(**more), capture_output=True, text=True, timeout=LONGEST, check=False
    )
    assert ended.returncode == 0, f"{shlex.join(words)}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def mock_server(*words: str) -> tuple[str, ...]:
    """Our own command, whichever way it was installed."""
    return (sys.executable, "-m", "mock_server", *words)


def serve(words: Sequence[str], shown: str, folder: Path) -> str:
    """What a server prints until it has printed what is shown, or ended; then it is ended."""
    command = subprocess.Popen(
        mock_server(*words), cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    watch = threading.Timer(LONGEST, command.kill)
    watch.start()
    printed = ""
    try:
        assert command.stdout is not None
        for line in command.stdout:
            printed += line
            if shows(shown, printed):
                break
    finally:
        watch.cancel()
        command.terminate()
        command.communicate(timeout=LONGEST)
    return printed


class Background:
    """A command that runs beside others, and what it prints. It listens on a port of its own."""

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._command = subprocess.Popen(
            mock_server(*words, "--port", "0"),
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self._first = self._lines.get(timeout=LONGEST)
        self.host = re.findall(r"http://([^ ]+)", self._first)[0]

    def _read(self) -> None:
        assert self._command.stdout is not None
        for line in self._command.stdout:
            self._lines.put(line)

    def after(self, printed: str, shown: str) -> str:
        """What was printed, and what this prints then: until that is what is shown, or nothing more comes."""
        printed, self._first = printed + self._first, ""
        with suppress(queue.Empty):
            while not shows(shown, printed):
                printed += self._lines.get(timeout=LONGEST)
        return printed

    def close(self) -> None:
        """Ends it."""
        self._command.terminate()
        self._command.wait(timeout=LONGEST)
        self._reader.join()
        assert self._command.stdout is not None
        self._command.stdout.close()


def cell_of(entry: Entry, dialect: Dialect) -> str:
    """What a poll saw, as the tables of the pages say it."""
    response = entry.response
    said = f"`{response.status}`"
    if response.status == 200:
        try:
            said = f"`{dialect.glance(json.loads(response.body))}`"
        except ValueError:
            return ", ".join(entry.faults)
    return said + (f", {length_in_words(response.delay)} late" if response.delay else "")


def played(scenario: Scenario, vendor: str, moments: Sequence[str]) -> list[str]:
    """What polls see that come so long after the first one."""
    world = World(scenario)
    dialect = Registry().dialect(vendor, scenario.options)
    start = world.now.ms
    cells = []
    for moment in moments:
        world.now.ms = start + (0 if moment == "0s" else length(moment))
        world.poll(f"{scenario.name}.t", vendor)
        cells.append(cell_of(world.last(), dialect))
    return cells
