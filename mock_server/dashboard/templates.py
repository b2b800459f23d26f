"""The templates: everything that they show is escaped, and characters that nobody sees are made visible.

Jinja2 is imported with this module, so at the first page.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from mock_server.scenarios.timeline.signs import look_of, sign_of, sprite

FOLDER = Path(__file__).resolve().parent / "templates"
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


class Exact(str):
    """A text that is written as it is, escaped but with unseen characters: a value that a form sends back."""

    __slots__ = ()


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
    # It has no text of anybody's.
    made.globals["sprite"] = Markup(sprite())
    return made


def visible(value: Any) -> Any:
    """A value as it is shown: `U+202E` in place of a character that nobody sees, or that turns the text around."""
    if not isinstance(value, str) or isinstance(value, Markup | Exact):
        return value
    return _UNSEEN.sub(lambda found: f"U+{ord(found[0]):04X}", value) if _UNSEEN.search(value) else value


def _exact(value: object) -> Exact:
    return Exact(str(value).encode("utf-8", "replace").decode())
