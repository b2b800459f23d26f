"""What an unmatched request came closest to, as text that a header can carry."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from urllib.parse import quote

from mock_server.engine.scenario import Scenario
from mock_server.errors import nearest
from mock_server.scenarios.library import Library
from mock_server.vendors.dialect import Route, Unserved
from mock_server.vendors.submission import Submission

_PLAIN = "".join(map(chr, range(0x20, 0x7F)))
"""The characters that a header carries as they are. Others in a claim are percent-encoded, as in a query."""


_WORDS = 16
"""Words of a submit that are compared with the names of scenarios."""

TUNNEL = "unmatched; not served: a tunnel for https; only http works through HTTP_PROXY, see mock-server intercept"
"""What a client gets that takes this server for a proxy and asks for an HTTPS host (RFC 9110, section 9.3.6)."""


class Unsearched(Exception):
    """What an id came closest to has to be looked for, which takes too long for a transaction: `of_id` does it."""

    def __init__(self, library: Library) -> None:
        self.library = library


def known_of_id(library: Library, vendor: str, id: str) -> str:
    """As `of_id`, in no time. Unsearched: it was not looked for yet, or that was long ago."""
    word = _word(id)
    named = word in library.scenarios or word in library.broken
    if not named and library.spellings(vendor).found(word.lower()) is None:
        raise Unsearched(library)
    return of_id(library, vendor, id)


def of_id(library: Library, vendor: str, id: str) -> str:
    """Why an id plays no scenario: what it names does not serve this vendor or has a bad file, or the nearest name."""
    named: Scenario | None = library.scenarios.get(_word(id))
    if named is not None:
        return f'unmatched; "{named.name}" does not serve {vendor}, only {", ".join(named.vendors)}'
    if _word(id) in library.broken:
        name = quote(_word(id), safe=_PLAIN, errors="replace")
        return f'unmatched; "{name}" is not in force: its file has problems, see /__admin/health or mock-server check'
    close = nearest_claim(library, vendor, id)
    return "unmatched" if close is None else f'unmatched; did you mean "{quote(close, safe=_PLAIN, errors="replace")}"'


def nearest_claim(library: Library, vendor: str, id: str) -> str | None:
    """The claim closest to what is before an id's first dot, if any is close."""
    return library.spellings(vendor).nearest(_word(id).lower())


def of_submit(library: Library, submission: Submission) -> str:
    """What a submit that names no scenario came closest to, among the first of its words; "" if nothing is close."""
    for word in islice(dict.fromkeys(submission.words()), _WORDS):
        named = library.scenarios.get(word)
        if named is not None:
            return f'"{named.name}" does not serve {submission.vendor}, only {", ".join(named.vendors)}'
        if word in library.broken:
            return f'"{word}" is not in force: its file has problems, see /__admin/health or mock-server check'
    for word in islice(dict.fromkeys(submission.words()), _WORDS):
        close = nearest_claim(library, submission.vendor, word)
        if close is not None:
            return f'did you mean "{quote(close, safe=_PLAIN, errors="replace")}"'
    return ""


def _word(id: str) -> str:
    return id.partition(".")[0]


def of_unserved(known: Unserved) -> str:
    """What a path that a vendor's SDKs call is for."""
    return f"unmatched; not served: {known.what}"


def of_path(routes: Sequence[Route], path: str) -> str:
    """The path that a request may have meant."""
    close = nearest(path[:200], [route.path for route in routes])
    return "unmatched" if close is None else f'unmatched; did you mean "{close}"'
