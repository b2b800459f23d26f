"""How an SDK polls a task: the snippets of docs/sdks.md, with this server and this task in them."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).resolve().parent / "sdks.toml"


class SdkSnippet(NamedTuple):
    """How the SDK of a vendor in one language polls. The text has `{url}`, `{host}` and `{id}` in it."""

    vendor: str
    language: str
    text: str

    def at(self, url: str, id: str) -> str:
        """The text with the address of a server and the id of a task."""
        host = url.partition("://")[2]
        return self.text.replace("{url}", url).replace("{host}", host).replace("{id}", id)


@cache
def sdk_snippets() -> tuple[SdkSnippet, ...]:
    """All there are, vendor by vendor."""
    return tuple(SdkSnippet(**each) for each in tomllib.loads(FILE.read_text("utf-8"))["snippet"])
