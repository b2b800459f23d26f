"""One exchange: what was asked, what was answered, what a fault changed, and what the contract says of each field."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from mock_server.admin.exchanges import exchange_whole
from mock_server.api.contract import ContractField
from mock_server.api.exchange import Exchange
from mock_server.control.server import Controls
from mock_server.dashboard.address import REQUESTS
from mock_server.dashboard.links import task_page
from mock_server.dashboard.look.body import BodyLine, lines_of
from mock_server.dashboard.look.report import report
from mock_server.dashboard.look.snippets import Snippet, curl, repeated, snippets
from mock_server.dashboard.visit import Visit, link
from mock_server.engine.scenario import EXPIRED
from mock_server.journal.changes import is_unjudged
from mock_server.journal.journal import Entry

TABS = ("body", "raw", "fault")
_LONGEST = 200


class Piece(NamedTuple):
    """A piece of a word, and whether another word has it too."""

    same: bool
    text: str


class NearMiss(NamedTuple):
    """What was asked for and what is nearest, piece by piece, and how to ask for that. `scenario`: what is nearest."""

    asked: tuple[Piece, ...]
    nearest: tuple[Piece, ...]
    differs: str
    curl: str
    scenario: str


class ExchangeLook(NamedTuple):
    """One exchange as its panel shows it."""

    exchange: Exchange
    label: str
    task: str
    tab: str
    tabs: tuple[str, ...]
    lines: tuple[BodyLine, ...]
    contract: Mapping[str, ContractField]
    bad: str
    request_body: tuple[BodyLine, ...]
    snippets: tuple[Snippet, ...]
    miss: NearMiss | None
    unjudged: bool = False
    """Whether what arrived is not what was held against the contract."""
    why: str = ""
    """The key of the words that say why it is an error, where nothing else on the panel does."""


def exchange_look(visit: Visit, entry: Entry) -> ExchangeLook:
    """What the panel of an exchange shows at this address."""
    whole = exchange_whole(visit.controls, entry)
    tabs = TABS if whole.changes else TABS[:2]
    tab = visit.get("tab") or ("fault" if whole.changes else "body")
    address = visit.base + link(REQUESTS, n=entry.number)
    return ExchangeLook(
        whole,
        label_of(entry),
        task_page(entry.vendor, entry.id) if entry.vendor and entry.id and (entry.told or not entry.note) else "",
        tab if tab in tabs else "body",
        tabs,
        lines_of(entry.response.body),
        whole.contract or {},
        "" if whole.breach is None else whole.breach.path,
        lines_of(entry.request.body),
        (*snippets(whole, visit.vendors_base, address), Snippet("report", _report(visit, entry, whole, address))),
        _miss(visit, entry, whole) if entry.note and entry.told is None and not _is_dropped(entry) else None,
        is_unjudged(entry),
        _why(entry),
    )


def _why(entry: Entry) -> str:
    if _is_dropped(entry):
        return "why_dropped"
    if entry.step == EXPIRED and entry.state is None:
        return "why_expired"
    scripted = entry.poll and entry.state is None and entry.original is None
    return "why_step" if scripted and entry.step else ""


def _is_dropped(entry: Entry) -> bool:
    """Whether its task had to go: then the id that was asked for is right, and no other one is nearer."""
    return "was dropped to make room" in entry.note


def _report(visit: Visit, entry: Entry, whole: Exchange, address: str) -> str:
    return report(visit.controls, entry, whole, repeated(whole, visit.vendors_base), address)


def label_of(entry: Entry) -> str:
    """What an exchange is called: the number of its poll, or of its attempt to notify, or its method."""
    if entry.told is not None:
        return str(entry.told.attempt)
    return str(entry.asked) if entry.poll else "submit" if entry.submits else entry.request.method


def _miss(visit: Visit, entry: Entry, whole: Exchange) -> NearMiss | None:
    near = whole.near_miss
    if not near:
        return None
    nearest = near.nearest
    if nearest is None:
        return NearMiss((), (), near.differs, "", "")
    is_path = nearest.startswith("/")
    asked = entry.request.path if is_path else (entry.id or "").partition(".")[0]
    target = _corrected(visit.controls, entry, nearest)
    first, second = compared(asked[:_LONGEST], nearest[:_LONGEST])
    command = curl("GET", visit.vendors_base + target)
    known = nearest in visit.controls.server.catalogue.library.scenarios
    return NearMiss(first, second, near.differs, command, nearest if known and entry.vendor else "")


def _corrected(controls: Controls, entry: Entry, nearest: str) -> str:
    """The target that would have met something."""
    query = entry.request.target.partition("?")[2]
    if nearest.startswith("/") or entry.vendor is None:
        return nearest + (f"?{query}" if query else "")
    dot, suffix = (entry.id or "").partition(".")[1:]
    return controls.server.registry.dialect(entry.vendor).example(nearest + dot + suffix)


def compared(asked: str, nearest: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Two words piece by piece, with what they share marked as such."""
    codes = difflib.SequenceMatcher(None, asked, nearest, autojunk=False).get_opcodes()

    def pieces(of: int) -> Iterator[Piece]:
        for kind, start, end, low, high in codes:
            text = asked[start:end] if of == 0 else nearest[low:high]
            if text:
                yield Piece(kind == "equal", text)

    return tuple(pieces(0)), tuple(pieces(1))
