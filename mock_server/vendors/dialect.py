"""What a vendor must define to be emulated: its routes, states, bodies and errors.

A dialect is a frozen value. Its fields are the profile and the vendor's options; its class holds the tables. It is
pure, and knows nothing of the order of a scenario's steps, of stores or of sockets. The functions here are what every
dialect would otherwise repeat.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import groupby
from typing import Literal, NamedTuple, Protocol
from urllib.parse import quote

from mock_server.engine.draws import Draws
from mock_server.engine.scenario import FAILURES, Profile, Shown, State
from mock_server.http.message import Pairs, Request
from mock_server.http.responses import reason_of
from mock_server.types import Bound, Json
from mock_server.vendors.credentials import Denied, Keys
from mock_server.vendors.notices import Notice, Post, Progress, Signer, Terms, target_and_host
from mock_server.vendors.submission import Asked, Illegal

MAX_ID = 512
"""Characters of the longest id served; a longer one is an illegal parameter."""
ID = Bound(
    "Id of a task",
    MAX_ID,
    "characters",
    "The vendor's 400, and 422 from the admin API. A scenario that claims a longer one is not loaded.",
)

ERROR_WORDS = ("unknown", "illegal", "unauthorized", "throttled")
"""The errors every vendor has, by neutral name; also `no_route` and `method`, which only routing needs."""


class Route(NamedTuple):
    """A path that a vendor serves by some methods. `<name>` in it stands for one segment of a request's path.

    `id` names what holds the task's id: a parameter of the query; a field of the query or, in a POST, of the form
    (`form`); or a segment of the path. Several routes may share a path with different methods; `name` is unique among
    the vendor's routes. `asks`: the status of a task; a job to be made (`submit`); or something that never changes
    (`lookup`). Only the first of these has an id.
    """

    name: str
    path: str
    methods: tuple[str, ...]
    id: str
    id_in: Literal["query", "form", "path"] = "query"
    asks: Literal["status", "submit", "lookup"] = "status"

    def match(self, path: str) -> Mapping[str, str] | None:
        """The named segments of a path that fits, else None."""
        if "<" not in self.path:
            return {} if path == self.path else None
        ours, theirs = self.path.split("/"), path.split("/")
        if len(ours) != len(theirs):
            return None
        named = {}
        for part, found in zip(ours, theirs, strict=True):
            if part.startswith("<") and found:
                named[part[1:-1]] = found
            elif part != found:
                return None
        return named

    def target(self, id: str, **segments: str) -> str:
        """The request target that names the task `id`; `segments` fill the rest of the path."""
        path, escaped = self.path, quote(id, safe="")
        if self.id_in == "path":
            segments = {**segments, self.id: escaped}
        for name, segment in segments.items():
            path = path.replace(f"<{name}>", segment)
        return path if self.id_in == "path" else f"{path}?{self.id}={escaped}"


class Unserved(NamedTuple):
    """A path that the vendor's SDKs call and that is not served: the refusal is the vendor's, and a note says `what`.

    `parameter`: two vendors have this path, and a request that has this parameter is for this one, unless it also has
    the id of a route. `method`: the path is served, but not by this method.
    """

    path: str
    what: str
    parameter: str = ""
    method: str = ""


class ItemView(NamedTuple):
    """One item as its object needs it: the state it shows, and the fields that the scenario or the submit request set.

    `sampled` is the item of the vendor's pool that supplies the other fields.
    """

    state: State
    reason: str | None
    fields: Mapping[str, Json]
    sampled: Mapping[str, Json]


Pool = tuple[Mapping[str, Json], ...]
"""Plausible items of a vendor, from `fixtures/<vendor>/items.json`; never empty."""


Words = Mapping[str, str]
"""What is drawn for one task, or for one item of it, by name."""


class ItemBody(NamedTuple):
    """An item's object, the same for every task. Its keys in `minted` hold "" until a task's words fill them."""

    layout: Json
    minted: tuple[str, ...] = ()


class View(NamedTuple):
    """A task as a body needs it: the objects of its items are complete, and `words` are drawn for it.

    `facts` is what was submitted of the job as a whole, by the names of the request's fields.
    """

    id: str
    state: State
    items: list[Json]
    words: Words
    facts: Mapping[str, Json] = {}


class Reading(NamedTuple):
    """What a status body says, in neutral words: the state of the whole, what each item shows, and its known fields.

    Where several states have one code, `state` is the one that fits the items.
    """

    state: State
    items: tuple[Shown, ...]
    fields: tuple[Mapping[str, Json], ...]


class RequestId(NamedTuple):
    """The header that tells one response from another, and how its value is drawn for each request of a task.

    It is `draws.text(alphabet, length, what, asked)`.
    """

    header: str
    alphabet: str
    length: int
    what: str = "reqid"


class ErrorRow(NamedTuple):
    """One row of a vendor's error table.

    `text` may hold `{field}`, the parameter at fault. `ours`: no document has the text, and it was not seen either.
    `source` is the document that has the status or code, or where they were seen; empty: nowhere.
    """

    status: int
    reason: str
    code: str
    text: str
    ours: bool = True
    source: str = ""


class Dialect(Protocol):
    """One vendor in one profile, with its options. A vendor's class derives from it, for the sake of its defaults."""

    @property
    def name(self) -> str:
        """The vendor's name, which is also its folder in `schemas/` and `fixtures/`."""

    @property
    def profile(self) -> Profile:
        """Which fields a body carries."""

    @property
    def routes(self) -> tuple[Route, ...]:
        """Every path and method it serves; the first is the one that `example` shows."""

    @property
    def segments(self) -> frozenset[str]:
        """The first path segments whose unknown paths this vendor answers in its own envelope."""

    @property
    def unserved(self) -> tuple[Unserved, ...]:
        """Paths that the vendor's SDKs call besides its routes, each with what it is for."""
        return ()

    @property
    def hosts(self) -> tuple[str, ...]:
        """The host names that its SDKs have built in; `docker-compose.yml` and `docs/docker.md` list them too."""
        return ()

    @property
    def states(self) -> frozenset[State]:
        """The states a step may show."""

    @property
    def item_states(self) -> frozenset[State]:
        """The states an item may show."""

    @property
    def has_whole(self) -> bool:
        """Whether a body has a state of the whole task, besides those of its items."""

    @property
    def item_fields(self) -> Mapping[str, Json]:
        """The fields an item may set, each with its JSON Schema."""

    @property
    def facts(self) -> Mapping[str, str]:
        """What a submit may say of the whole job: names, as the request's fields have them, with what each means."""
        return {}

    @property
    def submit_keys(self) -> Mapping[str, str]:
        """By what its submits can be told apart, each with what it means; `Submission.values` has them all."""
        return {}

    @property
    def submit_fields(self) -> Mapping[str, str]:
        """What is expected of the fields of a submit that may be refused, for people."""
        return {}

    @property
    def knobs(self) -> Mapping[str, tuple[str, ...]]:
        """Options besides the profile, each a field of the dialect, with the values it takes, the default first."""

    @property
    def errors(self) -> Mapping[str, ErrorRow]:
        """The error table: by word (`unknown`), by the vendor's code, and by status as text (`"404"`)."""

    @property
    def reasons(self) -> Mapping[int, str]:
        """The reason phrases of the vendor's statuses that are no errors and not HTTP's."""
        return {}

    def reason(self, status: int) -> str:
        """The reason phrase of a status: the vendor's, or the standard one."""
        row = self.errors.get(str(status))
        return self.reasons.get(status) or (reason_of(status) if row is None else row.reason)

    def derive(self, items: tuple[State, ...]) -> State:
        """The state of the whole where only items are scripted.

        By default: all waiting, waiting; any unfinished, processing; any failed, failed; else succeeded.
        """
        if all(state is State.WAITING for state in items):
            return State.WAITING
        if any(state in (State.WAITING, State.PROCESSING) for state in items):
            return State.PROCESSING
        return State.FAILED if FAILURES.intersection(items) else State.SUCCEEDED

    def item(self, item: ItemView) -> ItemBody:
        """The object of an item, its keys in the order of the vendor's document. It depends on nothing else."""

    def words(self, draws: Draws, born: int, pool: Pool) -> Words:
        """What every body of a task may need that is drawn for it. `born` is in virtual milliseconds."""
        return {}

    def item_words(self, draws: Draws, position: int, words: Words) -> Words:
        """What fills the `minted` keys of an item, given the words of its task. Asked only where there are any."""
        return {}

    def body(self, view: View) -> Json:
        """The body of a 200, its keys in the order of the vendor's document. It places words and draws none."""

    def error(self, error: str | int, field: str | None = None) -> tuple[ErrorRow, Json]:
        """The row and the body for an error step, a fault or a refusal. KeyError: no such word or code here."""

    @property
    def request_id(self) -> RequestId | None:
        """The header of the request id; None: `headers` has none that depends on the request alone."""
        return None

    def headers(self, draws: Draws, asked: int) -> Pairs:
        """The headers of every response, but Content-Length; request ids depend on (seed, id, asked) alone.

        By default: the type of JSON, and the request id.
        """
        kind = self.request_id
        assert kind is not None, "a vendor without a request id has headers of its own"
        header, alphabet, length, what = kind
        return (("Content-Type", "application/json"), (header, draws.text(alphabet, length, what, asked)))

    def new_id(self, draws: Draws) -> str:
        """An id in the vendor's form, for a task that is created without one."""

    def is_signed(self, route: Route) -> bool:
        """Whether requests by a route need credentials, where any are checked. By default submits do."""
        return route.asks == "submit"

    def judge(self, request: Request, keys: Keys, real: int) -> Denied | None:
        """Why a request's credentials are refused; None: they are right. `real` is the machine's time in milliseconds.

        By default there are no credentials.
        """
        return None

    def submission(self, route: Route, request: Request) -> Asked:
        """What a request by a route asks for that is not the status of a task. By default no such route is served."""
        return Illegal(route.name, "no_route")

    def accepted(self, id: str) -> tuple[int, Json]:
        """The status and the body of the response to a submit that made the task `id`."""
        return 200, {"id": id}

    @property
    def terms(self) -> Terms | None:
        """On which terms it notifies. None: it notifies nobody."""
        return None

    @property
    def may_tell_items(self) -> bool:
        """Whether it tells each item by itself for some submits."""
        return False

    def tells_items(self, facts: Mapping[str, Json]) -> bool:
        """Whether each item of a task with these facts is told by itself when it ends, in place of the whole."""
        return False

    def told(self, view: View, items: tuple[State, ...]) -> Json:
        """The body of a notification, like `body`. `items` are the states of the items that it shows.

        The state of the view is how the work ended, or stands; it is no notify word, nor is one of `items`.
        """
        return self.body(view)

    def post(self, notice: Notice, signer: Signer | None) -> Post:
        """A notification as it is sent, signed if there is a signer. By default nothing is."""
        _, host = target_and_host(notice.url)
        return Post(notice.url, (("Host", host), ("Content-Type", "application/json")), notice.body)

    def read_notice(self, request: Request) -> Json | None:
        """The document that a notification of this vendor tells; None: the request is no such notification."""
        return None

    def judge_notice(self, request: Request, keys: Keys, real: int) -> Denied | None:
        """Why the signature of a notification is wrong, like `judge`. By default there is none to be wrong."""
        return None

    def access_key(self, request: Request) -> str:
        """The access key by which a request says that it is signed, right or wrong; "" if it names none."""
        return ""

    def notified(self, state: State, progress: Progress) -> State:
        """The state of the whole that is laid over `state`, how the work ended, in a scenario with `status: real`."""
        return state

    def notified_item(self, state: State, progress: Progress) -> State:
        """As `notified`, of an item."""
        return state

    def example(self, id: str) -> str:
        """The target of a request for the status of `id`, for people to try."""
        return self.routes[0].target(id)

    def glance(self, body: Json) -> str:
        """A short summary of a status body, in the form of `codes`. A body that lacks the fields is no error."""

    def item_reasons(self, body: Json) -> tuple[tuple[int, str], ...]:
        """Why items failed: the position of each that says so in a status body, and its reason. By default none."""
        return ()

    def read_status(self, body: Json) -> Reading | None:
        """The states that a status body says, whatever its profile: the inverse of `body` as far as codes can tell.

        None: a code is missing or not the vendor's. By default no body can be read.
        """
        return None


def error_table(words: Mapping[str, ErrorRow], more: tuple[ErrorRow, ...] = ()) -> Mapping[str, ErrorRow]:
    """An error table from its rows by word. A row is also found by its code; the first of each status, by that."""
    table: dict[str, ErrorRow] = {}
    for row in (*words.values(), *more):
        table.setdefault(str(row.status), row)
        table.setdefault(row.code, row)
    return {**table, **words}


def row_of(errors: Mapping[str, ErrorRow], error: str | int, code: str = "{status}") -> ErrorRow:
    """The row of an error: by word, code or status.

    A status without a row gets one of its reason phrase, with a code made from `code`. KeyError: no such word or code.
    """
    row = errors.get(str(error))
    if row is not None:
        return row
    if not isinstance(error, int):
        raise KeyError(error)
    reason = reason_of(error)
    return ErrorRow(error, reason, code.format(status=error), reason)


def reasons_in(items: Json, field: str) -> tuple[tuple[int, str], ...]:
    """The positions of the items that have a text in `field`, each with that text."""
    listed = items if isinstance(items, list) else []
    texts = [(k, item.get(field)) for k, item in enumerate(listed) if isinstance(item, dict)]
    return tuple((k, text) for k, text in texts if isinstance(text, str) and text)


def read_items(
    items: Json, field: str, states: Mapping[Json, State], fields: Mapping[str, Json], reason: str = ""
) -> tuple[tuple[Shown, ...], tuple[Mapping[str, Json], ...]] | None:
    """What each item of a body shows by the code in `field`, and those of its `fields` that have a value.

    `reason` names where a failed item says why. None: an item has no code, or one that is not in `states`.
    """
    if not isinstance(items, list):
        return None
    shown, known = [], []
    for item in items:
        code = item.get(field) if isinstance(item, dict) else None
        state = states.get(code) if isinstance(code, str) or type(code) is int else None
        if state is None:
            return None
        why = item.get(reason) if state in FAILURES else None
        shown.append(Shown(state, why if isinstance(why, str) and why else None))
        known.append({name: item[name] for name in fields if item.get(name)})
    return tuple(shown), tuple(known)


def codes(whole: Json, items: Json, field: str) -> str:
    """`2 [0, 2 x 3]`: the code of the whole (None: the vendor has none), then each item's `field`, in runs."""
    listed = items if isinstance(items, list) else []
    each = [json.dumps(item.get(field), ensure_ascii=False) for item in listed if isinstance(item, dict)]
    runs = [(code, len(list(run))) for code, run in groupby(each)]
    text = ", ".join(code if count == 1 else f"{code} x {count}" for code, count in runs)
    return f"[{text}]" if whole is None else f"{json.dumps(whole, ensure_ascii=False)} [{text}]"
