"""A submit: which scenario its task plays, which id it gets, and what the vendor answers. Pure but for `Ids`."""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

from mock_server.emulator import near_miss
from mock_server.emulator.commit import Decide, Instant, moved, outbox_at_birth
from mock_server.emulator.decide import Answer, Rules, checked, faulty, location
from mock_server.engine.cursor import born
from mock_server.engine.draws import Draws
from mock_server.engine.run import Run, birth
from mock_server.engine.scenario import Scenario
from mock_server.engine.task import Key, Task, given_text, new_task
from mock_server.faults.choose import UNHARMED, Chosen, choose
from mock_server.http.errors import OwnError
from mock_server.http.message import Request
from mock_server.http.responses import NOTE_HEADER, own_response
from mock_server.journal.journal import Entry
from mock_server.scenarios.library import Library
from mock_server.store.store import Change
from mock_server.types import Bound
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.render import Renderer
from mock_server.vendors.submission import Lookup, Submission

BY_DEFAULT = "by default"
USUAL = "happy-path"
"""What a submit plays that names no scenario, where no `--default-scenario` serves its vendor."""
_NOBODY = "; a web page submitted it, so nobody is notified"
_LONGEST_PAGE = 200
"""Characters of a header that are kept of the web page that submitted a task."""
_LONGEST_WHY = 400
"""Characters that the response to a submit says of why its address will not be notified."""
DIFFERENT = Bound(
    "Different submits whose repetitions are counted",
    100_000,
    "submits",
    "Those made first are forgotten. A submit that was forgotten gets the first id again that no task has.",
)


class Taken(Exception):
    """There is a task of this id, or there was one that had to go."""


class Choice(NamedTuple):
    """The scenario that a submit plays, and why, for people; `rule`: the number of the rule that says so, else 0."""

    scenario: Scenario
    why: str
    rule: int = 0


class Ids:
    """Makes the ids of submitted tasks. They follow from what is submitted, not from what else goes on meanwhile."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._made: OrderedDict[bytes, int] = OrderedDict()

    def next(self, dialect: Dialect, request: Request) -> str:
        """The next id for requests with this path and body: the n-th such request gets the n-th id of its own row."""
        digest = blake2b(request.path.encode("utf-8", "replace") + b"\n" + request.body, digest_size=16)
        with self._lock:
            made = self._made[digest.digest()] = self._made.pop(digest.digest(), 0) + 1
            if len(self._made) > DIFFERENT.value:
                self._made.popitem(last=False)
        return dialect.new_id(Draws(self._seed, f"submit {made} {digest.hexdigest()}"))

    def export(self) -> list[tuple[str, int]]:
        """How often each submit was made, those made first first."""
        with self._lock:
            return [(digest.hex(), made) for digest, made in self._made.items()]

    def replace(self, counted: Iterable[tuple[str, int]]) -> None:
        """Goes on from what another server exported."""
        with self._lock:
            self._made = OrderedDict((bytes.fromhex(digest), made) for digest, made in counted)

    def forget(self) -> None:
        """Begins every row anew."""
        with self._lock:
            self._made.clear()


def choose_scenario(at: Instant, submission: Submission, default: str | None) -> Choice | None:
    """What a submit plays: the scenario of the oldest rule that it fits, else what it plays without rules."""

    def serves(name: str) -> bool:
        return _serving(at.library, submission, name) is not None

    rule = at.control.rules.find(submission.vendor, submission.values, at.now, serves)
    if rule is not None:
        return Choice(at.library.scenarios[rule.scenario], f"by rule {rule.number}", rule.number)
    return choose_without_rules(at.library, submission, default)


def choose_without_rules(library: Library, submission: Submission, default: str | None) -> Choice | None:
    """The scenario whose `submits` a submit fits, else the one that it names, else the default, else `happy-path`.

    None: there is none.
    """
    entry = library.choose_submit(submission.vendor, submission.values)
    if entry is not None:
        return Choice(entry.scenario, f"by entry {entry.number} of its submits")
    for word in submission.words():
        named = _serving(library, submission, word)
        if named is not None:
            return Choice(named, f'named by "{word}"')
    usual = _serving(library, submission, default or USUAL) or _serving(library, submission, USUAL)
    return None if usual is None else Choice(usual, BY_DEFAULT)


def _serving(library: Library, submission: Submission, name: str) -> Scenario | None:
    """The scenario of this name, if it serves the submit's vendor."""
    scenario = library.scenarios.get(name)
    return scenario if scenario is not None and submission.vendor in scenario.vendors else None


def near_to(library: Library, submission: Submission, default: str | None) -> str:
    """What a submit that plays a scenario by default came closest to; "" if it names one, or if nothing is close."""
    choice = choose_without_rules(library, submission, default)
    return near_miss.of_submit(library, submission) if choice is not None and choice.why == BY_DEFAULT else ""


def decide_submit(rules: Rules, submission: Submission, key: Key, request: Request, near: str = "") -> Decide:
    """How to make the task `key` of a submit, and what to answer. Taken: the id is not free.

    `near` is what it came closest to, if it names no scenario. The submit is no poll: the task was never asked for. A
    response that breaks its contract makes no task, nor does an error that a fault gives; any other fault leaves the
    task made, and changes what the client sees.
    """

    def decide(run: Run | None, at: Instant) -> Change:
        if run is not None or at.dropped:
            raise Taken
        choice = choose_scenario(at, submission, rules.default_scenario)
        if choice is None:
            return Change(_without_scenario(request, key.vendor, at))
        task = _new_task(rules, submission, request, choice.scenario, at)
        made = birth(at.library.played(task), key, task)
        answer = checked(rules.renderer.accepted(key, made.draws))
        chosen = UNHARMED
        if answer.verdict != "broken":
            note = _note(choice, len(submission.items), len(made.items), near) + _silence(rules, task)
            answer = answer._replace(response=answer.response.with_header(NOTE_HEADER, note))
            chosen = choose(made, at.control.armed.on_submits(key.vendor, at.now), made.step.name, submit=True)[0]
            answer = _struck(rules.renderer, made, answer, chosen, Asked(request, at.real))
        entry = _entry(request, at, answer, made)._replace(faults=chosen.names, sources=chosen.sources)
        if answer.verdict == "broken" or chosen.error is not None:
            return Change(entry._replace(id=None), spent=chosen.spent, rule=choice.rule)
        return moved(made, entry=entry, spent=chosen.spent)._replace(rule=choice.rule)

    return decide


class Asked(NamedTuple):
    """A submit, and when it came by the machine's clock."""

    request: Request
    real: int


def _struck(renderer: Renderer, made: Run, answer: Answer, chosen: Chosen, asked: Asked) -> Answer:
    """The response as the faults leave it. An error keeps the note on what would have been played."""
    if not chosen.names:
        return answer
    if chosen.redirect is not None:
        chosen = chosen._replace(redirect=location(renderer, made, asked.request, chosen.redirect))
    struck = faulty(renderer, made, answer, chosen, asked.real)
    note = answer.response.header(NOTE_HEADER)
    if chosen.error is None or note is None or struck.verdict == "broken":
        return struck
    return struck._replace(response=struck.response.with_header(NOTE_HEADER, f"{note}; refused by a fault"))


def _new_task(rules: Rules, submission: Submission, request: Request, scenario: Scenario, at: Instant) -> Task:
    """The task that a submit makes."""
    dialect = rules.renderer.registry.dialect(submission.vendor, scenario.options)
    page, signer = (_page(request), _signer(rules, submission.vendor, request)) if submission.notify else ("", "")
    given = given_text(submission.items, submission.facts, page, signer)
    outbox = outbox_at_birth(dialect, submission.facts, submission.notify)
    return new_task(scenario, rules.seed, born(at.now), given=given, notify=submission.notify, outbox=outbox)


def _entry(request: Request, at: Instant, answer: Answer, made: Run) -> Entry:
    return Entry(
        at.real,
        at.now,
        request,
        answer.response,
        answer.verdict,
        vendor=made.key.vendor,
        id=made.key.id,
        scenario=made.scenario.version,
        original=answer.original,
        born=made.cursor.born,
    )


def decide_lookup(renderer: Renderer, lookup: Lookup, seed: int, request: Request, at: Instant) -> Change:
    """The vendor's answer to a question that touches no task."""
    response, verdict, original = checked(renderer.lookup(lookup, Draws(seed, request.target)))
    entry = Entry(at.real, at.now, request, response, verdict, vendor=lookup.vendor, original=original)
    return Change(entry)


def _note(choice: Choice, submitted: int, played: int, near: str) -> str:
    """What the task plays, why, and how many items of those that were submitted."""
    note = f"plays {choice.scenario.name}; {choice.why}"
    if near and choice.why == BY_DEFAULT:
        note = f"{note}; {near}"
    if submitted in (0, played):
        return note
    return f"{note}; {played} items of {submitted}; {_others(submitted, played)}"


def _others(submitted: int, played: int) -> str:
    """What becomes of the items that only one of the two has: the submit, or the scenario with its own `items`."""
    count = abs(submitted - played)
    which = "the last one" if count == 1 else f"the last {count}"
    if submitted > played:
        return f"{which} of the submit {'is' if count == 1 else 'are'} left out, as the scenario has {played}"
    return f"{which} {'is' if count == 1 else 'are'} made up, as the scenario has {played}"


def _silence(rules: Rules, task: Task) -> str:
    """Why a task that was submitted with an address will not notify it, as the end of a note; "" if it may."""
    if not task.notify:
        return ""
    if task.page():
        return _NOBODY
    why = rules.refusal(task.notify)
    return f"; its notifications will be refused: {_plain(why, _LONGEST_WHY)}" if why else ""


def _plain(text: str, longest: int) -> str:
    """The beginning of a text in printable ASCII, as headers and records take it."""
    return re.sub("[^ -~]", "?", text[:longest])


def _signer(rules: Rules, vendor: str, request: Request) -> str:
    """The access key that a submit names as its signer, if it is one of the server's; "" if it is none."""
    named = rules.renderer.registry.dialect(vendor).access_key(request)
    return named if named in rules.keys.secrets else ""


def _page(request: Request) -> str:
    """The web page that makes a request, "" if none does (https://www.w3.org/TR/fetch-metadata/): in printable ASCII.

    A page may post any form to loopback. Were its address notified, it could post JSON there too.
    """
    origin, site = request.header("Origin"), (request.header("Sec-Fetch-Site") or "none").lower()
    if origin is None and site == "none":
        return ""
    text = f"Origin: {origin}" if origin is not None else f"Sec-Fetch-Site: {site}"
    return _plain(text, _LONGEST_PAGE)


def _without_scenario(request: Request, vendor: str, at: Instant) -> Entry:
    what = f"no scenario is in force that a submit to {vendor} could play: {USUAL} is not, and no --default-scenario"
    response = own_response(OwnError.SCENARIO, what)
    return Entry(at.real, at.now, request, response, "ours", vendor=vendor, note=what)
