"""The journal: listed, verified, waited on, forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec import UNSET
from msgspec.structs import replace

from mock_server.admin import exchanges
from mock_server.admin.body import read_length
from mock_server.admin.route import Call, Result
from mock_server.api import exchange as api
from mock_server.api.questions import ExchangeFilter
from mock_server.control.requests import MOST_WAIT
from mock_server.control.server import Controls
from mock_server.errors import InvalidInput, Problem, unknown_scenario
from mock_server.journal.filter import Filter
from mock_server.journal.journal import Entry
from mock_server.journal.verify import question_of
from mock_server.types import Json

_DEFAULT_LIMIT = 1_000
_DEFAULT_WAIT = "10s"
_TOGETHER = 100


def list_requests(controls: Controls, call: Call) -> Result:
    """The exchanges that the query selects; of too many, the newest."""
    limit, total = call.query.get("limit", _DEFAULT_LIMIT), call.query.get("total", False)
    page = controls.requests.query(_filter(controls, call.query), limit, total=total)
    value = api.Exchanges((), exchanges.counters(page.counters), UNSET if page.total is None else page.total)
    return Result(value, rows={"requests": _rows(controls, page.entries)}, length=len(page.entries))


def read_request(controls: Controls, call: Call) -> Result:
    """One exchange with all that can be said of it."""
    return Result(exchanges.exchange_whole(controls, controls.requests.one(call.query["number"])))


def list_unmatched(controls: Controls, call: Call) -> Result:
    """The requests that met no task and no path, each with its near miss, and what was refused before."""
    misses = controls.requests.unmatched(_filter(controls, call.query), call.query.get("limit", _DEFAULT_LIMIT))
    found = _rows(controls, [miss.entry for miss in misses])
    rows = (
        replace(each, near_miss=api.NearMiss(miss.nearest, miss.differs))
        for each, miss in zip(found, misses, strict=True)
    )
    value = api.Unmatched((), exchanges.refusals(*controls.server.refusals.read()))
    return Result(value, rows={"requests": rows}, length=len(misses))


def verify_requests(controls: Controls, call: Call) -> Result:
    """The exchanges, if they are as expected. If not, the response is an error that shows those at fault."""
    _check_scenario(controls, call.body.get("where", {}), "$.where.scenario")
    answer = controls.requests.verify(question_of(call.body))
    rows = {"requests": _rows(controls, answer.entries)}
    return Result(api.Verified(True, len(answer.entries), ()), rows=rows, length=len(answer.entries))


def wait_for_requests(controls: Controls, call: Call) -> Result:
    """Waits for exchanges, in real time."""
    timeout = read_length({"timeout": _DEFAULT_WAIT, **call.query}, "timeout", query=True)
    if timeout > MOST_WAIT:
        raise InvalidInput([Problem("?timeout", f"nobody waits longer than {MOST_WAIT // 1000}s", "wait again")])
    wanted = _filter(controls, call.query)
    result = controls.requests.wait(wanted, call.query.get("count", 1), timeout, gone=call.gone)
    entries = controls.requests.query(wanted).entries if result.met else ()
    value = api.Waited(result.met, result.seen, result.retry, ())
    return Result(value, rows={"requests": _rows(controls, entries)}, length=len(entries))


def forget_requests(controls: Controls, call: Call) -> Result:
    """Forgets the exchanges that the query selects; without one, all. The counters stay as they are."""
    return Result(api.Forgotten(controls.requests.forget(_filter(controls, call.query))))


def _rows(controls: Controls, entries: Sequence[Entry]) -> Iterator[api.Exchange]:
    """Exchanges, each with the gap before it; of a long list no more at once than are encoded together."""
    for start in range(0, len(entries), _TOGETHER):
        some = entries[start : start + _TOGETHER]
        yield from exchanges.exchanges(controls, some, controls.requests.gaps(some))


def _filter(controls: Controls, query: Mapping[str, Json]) -> Filter:
    _check_scenario(controls, query, "?scenario")
    return Filter(**{name: value for name, value in query.items() if name in ExchangeFilter.__annotations__})


def _check_scenario(controls: Controls, wanted: Mapping[str, Json], where: str) -> None:
    """A misspelt scenario would select no exchange at all, which some questions take for a yes."""
    name = wanted.get("scenario")
    if name is None:
        return
    library = controls.server.catalogue.library
    # A version that nothing needs any more is forgotten, but the journal still tells of it.
    versions = {*library.versions, *(version for version, _ in controls.server.store.counters().seen)}
    known = versions if "@" in name else {version.partition("@")[0] for version in versions}
    if name not in known:
        raise InvalidInput([unknown_scenario(where, name, known)])
