"""The log's own thread: it writes in order, loses what nobody reads, and tells how much."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterator

import pytest

from mock_server.cli import log_writer
from mock_server.cli.log_writer import LogWriter

PATIENCE = 20


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    reads, writes = os.pipe()
    yield reads, writes
    for each in (reads, writes):
        os.close(each)


def writer_on(descriptor: int) -> LogWriter:
    writer = LogWriter(descriptor, lambda count: f"lost {count}")
    writer.setFormatter(logging.Formatter("%(message)s"))
    return writer


def say(writer: LogWriter, text: str) -> None:
    writer.emit(logging.LogRecord("x", logging.INFO, "", 0, text, None, None))


def read_all(descriptor: int, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += os.read(descriptor, 1 << 16)
    return data


def test_lines_are_written_in_order(pipe: tuple[int, int]) -> None:
    writer = writer_on(pipe[1])
    for k in range(100):
        say(writer, f"{k} 任\ud800")
    writer.close()
    expected = "".join(f"{k} 任\\ud800\n" for k in range(100)).encode()
    assert read_all(pipe[0], len(expected)) == expected


@pytest.mark.parametrize("size", [10, 5_000])
def test_a_reader_that_does_not_read_costs_lines_and_no_time(pipe: tuple[int, int], size: int) -> None:
    writer = writer_on(pipe[1])
    count = 3 * log_writer.MOST_LINES
    for k in range(count):
        say(writer, f"{k}".rjust(size))
    assert 0 < writer.lost < count
    waiting = sum(map(len, writer._lines))
    assert len(writer._lines) <= log_writer.MOST_LINES
    assert waiting <= log_writer.MOST_BYTES
    lost = writer.lost
    data = b""
    while b"lost" not in data[-200:]:
        data += os.read(pipe[0], 1 << 16)
    kept = [each for each in data.decode().splitlines() if not each.startswith("lost")]
    told = [int(each.split()[1]) for each in data.decode().splitlines() if each.startswith("lost")]
    assert sum(told) == lost
    assert [int(each) for each in kept] == sorted(map(int, kept))
    assert len(kept) == count - lost
    say(writer, "again")
    assert read_all(pipe[0], 6) == b"again\n"
    writer.close()


def test_closing_does_not_wait_for_a_reader_that_does_not_read(pipe: tuple[int, int]) -> None:
    writer = writer_on(pipe[1])
    for _ in range(1_000):
        say(writer, "x" * 200)
    closing = threading.Thread(target=writer.close)
    closing.start()
    closing.join(PATIENCE)
    assert not closing.is_alive()
    assert read_all(pipe[0], 201_000).endswith(b"x\n")  # the thread goes on as long as somebody reads


def test_a_reader_that_is_gone_is_nothing() -> None:
    reads, writes = os.pipe()
    os.close(reads)
    writer = writer_on(writes)
    say(writer, "a")
    writer.flush()
    assert writer.lost == 1
    writer.close()
    os.close(writes)


def test_a_descriptor_that_does_not_block_is_waited_for(pipe: tuple[int, int]) -> None:
    os.set_blocking(pipe[1], False)
    writer = writer_on(pipe[1])
    for _ in range(1_000):
        say(writer, "x" * 200)
    assert len(read_all(pipe[0], 201_000)) == 201_000
    assert writer.lost == 0
    writer.close()
