"""The colours of the pages: every pair of text and ground that is used can be read, in both themes."""

from __future__ import annotations

import re

import pytest

from mock_server.dashboard.static_files import FOLDER

TOKENS = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", (FOLDER / "tokens.css").read_text())
COLOURS = {name: (light, dark) for name, light, dark in TOKENS}
GROUNDS = ("ground", "surface", "sunk", "hover", "selected")
STATES = ("waiting", "processing", "succeeded", "failed", "error", "fault")
PAIRS = [
    *((text, ground) for text in ("ink", "quiet", "faint", "accent", *STATES) for ground in GROUNDS[:2]),
    *((text, ground) for text in ("ink", "quiet", *STATES) for ground in GROUNDS),
    *((text, ground) for text in ("code-key", "code-string", "code-number") for ground in ("sunk", "selected")),
    *((state, f"{state}-soft") for state in STATES),
    *(("ink", f"{state}-soft") for state in STATES),
    ("on-accent", "accent"),
    ("accent", "accent-soft"),
    ("surface", "ink"),
    ("surface", "failed"),
]
"""What is written on what."""


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG defines it."""
    parts = [int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """How much two colours differ, from 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_ground(theme: int) -> None:
    pairs = {pair: contrast(COLOURS[pair[0]][theme], COLOURS[pair[1]][theme]) for pair in PAIRS}
    assert {pair: round(value, 2) for pair, value in pairs.items() if value < 4.5} == {}


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_edge_of_a_control_and_the_focus_can_be_seen(theme: int) -> None:
    for edge in ("line-strong", "focus"):
        for ground in ("ground", "surface"):
            assert contrast(COLOURS[edge][theme], COLOURS[ground][theme]) >= 3, (edge, ground)


def test_no_colour_stands_outside_the_tokens() -> None:
    for path in FOLDER.glob("*.css"):
        if path.name != "tokens.css":
            assert re.findall(r"#[0-9a-f]{3,8}\b(?![^{]*\{)", path.read_text("utf-8")) == [], path.name
