"""The journal: looked through, questioned, waited on, forgotten."""

from __future__ import annotations

from collections.abc import Mapping

from mock_server.admin.check import read_length
from mock_server.admin.exchanges import shown
from mock_server.admin.route import Answer, Asked
from mock_server.control.requests import MOST_WAIT
from mock_server.control.server import Controls
from mock_server.errors import InvalidInput, Problem, unknown_scenario
from mock_server.journal.filter import Filter
from mock_server.journal.journal import Counters
from mock_server.journal.verify import question_of
from mock_server.types import Json

_DEFAULT_LIMIT = 1_000
_DEFAULT_WAIT = "10s"


def look(controls: Controls, asked: Asked) -> Answer:
    """The exchanges that are meant; of too many, the newest."""
    page = controls.requests.query(_filter(controls, asked.query), asked.query.get("limit", _DEFAULT_LIMIT))
    requests = shown(controls, page.entries)
    return Answer({"requests": requests, "total": page.total, "counters": _counters(page.counters)})


def unmatched(controls: Controls, asked: Asked) -> Answer:
    """The requests that met no task and no path, each with what it came closest to."""
    misses = controls.requests.unmatched(_filter(controls, asked.query), asked.query.get("limit", _DEFAULT_LIMIT))
    requests = shown(controls, [miss.entry for miss in misses])
    near = ({"near_miss": {"nearest": miss.nearest, "differs": miss.differs}} for miss in misses)
    return Answer({"requests": [request | more for request, more in zip(requests, near, strict=True)]})


def verify(controls: Controls, asked: Asked) -> Answer:
    """Whether the exchanges are as expected. They are, or the answer is a refusal that shows those at fault."""
    _judge_scenario(controls, asked.body.get("where", {}), "$.where.scenario")
    answer = controls.requests.verify(question_of(asked.body))
    return Answer({"met": True, "seen": len(answer.entries), "requests": shown(controls, answer.entries)})


def wait(controls: Controls, asked: Asked) -> Answer:
    """Waits for exchanges, in real time."""
    timeout = read_length({"timeout": _DEFAULT_WAIT, **asked.query}, "timeout", query=True)
    if timeout > MOST_WAIT:
        raise InvalidInput([Problem("?timeout", f"nobody waits longer than {MOST_WAIT // 1000}s", "wait again")])
    wanted = _filter(controls, asked.query)
    found = controls.requests.wait(wanted, asked.query.get("count", 1), timeout)
    requests = shown(controls, controls.requests.query(wanted).entries if found.met else ())
    return Answer({"met": found.met, "seen": found.seen, "retry": found.retry, "requests": requests})


def forget(controls: Controls, asked: Asked) -> Answer:
    """Forgets the exchanges that are meant; without a word, all. What was counted stays counted."""
    return Answer({"forgotten": controls.requests.forget(_filter(controls, asked.query))})


def _filter(controls: Controls, query: Mapping[str, Json]) -> Filter:
    _judge_scenario(controls, query, "?scenario")
    return Filter(**{name: value for name, value in query.items() if name in Filter._fields})


def _judge_scenario(controls: Controls, wanted: Mapping[str, Json], where: str) -> None:
    """A misspelt scenario would mean no exchange at all, which some questions take for a yes."""
    name = wanted.get("scenario")
    if name is None:
        return
    library = controls.server.catalogue.library
    names = {version.partition("@")[0] for version in library.versions}
    known = library.versions if "@" in name else names
    if name not in known:
        raise InvalidInput([unknown_scenario(where, name, known)])


def _counters(counters: Counters) -> Json:
    return {
        "exchanges": counters.exchanges,
        "polls": counters.polls,
        "evicted": counters.evicted,
        "forgotten": counters.forgotten,
        "by_status": [
            {"vendor": vendor, "status": status, "count": count}
            for (vendor, status), count in sorted(counters.by_status.items(), key=str)
        ],
    }
