"""The pictures of the pages: all are shown, none is missing or large, and one command takes them."""

from __future__ import annotations

import re
import socket
import struct
import zlib
from pathlib import Path

import pytest

from tests.support.documents import PAGES
from tests.support.palette import COLOURS, png
from tests.support.pictures import FOLDER, free_or_any, shots

LARGEST = 80_000
"""Bytes of a picture."""
SHOWN = [
    (page, text, target)
    for page in PAGES
    for text, target in re.findall(r"!\[([^]]*)\]\(([^)#]+)\)", page.read_text("utf-8"))
    if not target.startswith("http")
]


@pytest.mark.parametrize(("page", "text", "target"), SHOWN, ids=lambda each: getattr(each, "name", str(each)[:40]))
def test_a_picture_that_a_page_shows_is_there_is_small_and_says_what_it_shows(
    page: Path, text: str, target: str
) -> None:
    file = page.parent / target
    assert file.is_file()
    assert file.stat().st_size <= LARGEST
    assert len(text.split()) > 2


def test_each_picture_is_shown_on_a_page_and_taken_by_the_command() -> None:
    there = {file.resolve() for file in FOLDER.iterdir()}
    assert there <= {(page.parent / target).resolve() for page, _, target in SHOWN}
    assert there == {FOLDER / f"{name}.png" for name in shots()}


def test_a_small_picture_keeps_the_frequent_colours_and_takes_the_nearest_for_others() -> None:
    greys = [bytes((k, k, k, 255)) for k in range(COLOURS)]
    rare = b"\xff\x00\x00\xff"
    pixels = b"".join([*greys, *greys, rare, rare[:1] + b"\x10\x00\xff"])
    made = png(514, 1, pixels)
    size, palette, data = (_chunk(made, name) for name in (b"IHDR", b"PLTE", b"IDAT"))
    assert struct.unpack(">II", size[:8]) == (514, 1)
    drawn = zlib.decompress(data)[1:]
    found = [palette[3 * each : 3 * each + 3] for each in drawn]
    assert found[:512] == [grey[:3] for grey in greys + greys]
    assert found[512] == b"\x55\x55\x55"


def _chunk(picture: bytes, name: bytes) -> bytes:
    at = picture.index(name)
    (length,) = struct.unpack(">I", picture[at - 4 : at])
    return picture[at + 4 : at + 4 + length]


def test_pictures_are_taken_though_their_port_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert free_or_any(port) == 0
        assert f"Port {port} is taken" in capsys.readouterr().err
    assert free_or_any(port) == port
