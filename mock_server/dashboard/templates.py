"""The templates: everything that they show is escaped, and characters that nobody sees are made visible.

Jinja2 is imported with this module, so at the first page.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mock_server.dashboard.words import Words
from mock_server.scenarios.timeline.signs import look_of, sign_of, sprite
from mock_server.scenarios.timeline.strip import Strip

FOLDER = Path(__file__).resolve().parent / "templates"
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


_GLANCE = re.compile(r"(?:(?P<code>[^\[]*) )?\[(?P<items>.*)\]", re.DOTALL)
_PLAIN = re.compile(r'"([A-Za-z_]+)"')


class Exact(str):
    """A text that is written as it is, escaped but with unseen characters: a value that a form sends back."""

    __slots__ = ()


_AS_THEY_ARE = (Markup, Exact)
"""Texts in which nothing is made visible."""


def environment() -> Environment:
    """The templates of the pages."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters["exact"] = _exact
    made.filters["brand"] = lambda name: name[:1].upper() + name[1:]
    made.globals["look_of"] = look_of
    made.globals["sign_of"] = sign_of
    made.globals["signs_of"] = _signs_of
    made.globals["glance_of"] = glance_of
    # It has no text of anybody's.
    made.globals["sprite"] = Markup(sprite())
    return made


def _signs_of(strip: Strip, words: Words) -> Markup:
    """A strip as markup. A list has hundreds of these signs, which a template takes three times as long to write."""
    said = [words(f"state.{mark.word}") for mark in strip.marks]
    label = ", ".join(
        f"{word} ×{mark.times}" if mark.times > 1 else word for mark, word in zip(strip.marks, said, strict=True)
    )
    before = f'<span class="quiet small">{escape(words("tasks.before", n=strip.before))}</span>' if strip.before else ""
    signs, last = [], ""
    for mark, word in zip(strip.marks, said, strict=True):
        turn = "" if mark.word == last else " turn"
        status = f" {mark.status}" if mark.status and mark.word in ("error", "unmatched") else ""
        bolt = '<svg class="bolt look-fault" aria-hidden="true"><use href="#sign-cut"/></svg>' if mark.bolt else ""
        counted = f'<span class="counted">{mark.counted}</span>' if mark.counted else ""
        last = mark.word
        signs.append(
            f'<span class="mark look-{mark.look}{turn}" title="{escape(word)}{status}">'
            f'<svg class="sign look-{mark.look}" aria-hidden="true"><use href="#sign-{mark.sign}"/></svg>'
            f"{bolt}{counted}</span>"
        )
    markup = f'<span class="strip" role="img" aria-label="{escape(label)}">{before}{"".join(signs)}</span>'
    return Markup(markup)  # what it was given is escaped


def glance_of(text: str, words: Words) -> str:
    """The codes of a body, as dialects write them (`2 [0, "done" x 2]`), as a reader says them.

    Text that could be a number stays in quotes, for a client tells them apart.
    """
    found = _GLANCE.fullmatch(text)
    if found is None or not found["items"]:
        return text
    items = _PLAIN.sub(r"\1", found["items"].replace(", ", " ").replace(" x ", " ×"))
    key = "task.glance_items" if found["code"] is None else "task.glance_both"
    return words(key, code=found["code"], items=items)


def visible(value: Any) -> Any:
    """A value as it is shown: `U+202E` in place of a character that nobody sees, or that turns the text around."""
    if not isinstance(value, str) or isinstance(value, _AS_THEY_ARE) or (value.isascii() and value.isprintable()):
        return value
    return _UNSEEN.sub(lambda found: f"U+{ord(found[0]):04X}", value) if _UNSEEN.search(value) else value


def _exact(value: object) -> Exact:
    return Exact(str(value).encode("utf-8", "replace").decode())
