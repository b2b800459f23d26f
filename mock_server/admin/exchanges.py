"""Exchanges of the journal as the values of the API."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from mock_server.api import exchange as api
from mock_server.api.codec import Moment
from mock_server.api.contract import ContractField
from mock_server.api.values import PollAhead
from mock_server.control.server import Controls
from mock_server.engine.scenario import Scenario
from mock_server.http.message import Pairs, Response
from mock_server.http.responses import OFF_CONTRACT_HEADER
from mock_server.journal.changes import changes_of
from mock_server.journal.entry import Told
from mock_server.journal.gaps import Gap
from mock_server.journal.journal import Counters, Entry
from mock_server.journal.refusals import Refusal
from mock_server.journal.saw import has_error, saw_of
from mock_server.schema.validator import Validator
from mock_server.types import Json
from mock_server.vendors.contract_fields import FieldOfContract, contract_fields, paths_of

_NO_GAPS: Mapping[int, Gap] = MappingProxyType({})


def exchanges(
    controls: Controls, entries: Iterable[Entry], gaps: Mapping[int, Gap] = _NO_GAPS
) -> Iterator[api.Exchange]:
    """Exchanges, made one by one, with the gaps before them, by number, as far as they are given.

    Each has the names that the version it was played from gives its steps.
    """
    return (_exchange(controls, entry, gaps.get(entry.number)) for entry in entries)


def exchange_whole(controls: Controls, entry: Entry) -> api.Exchange:
    """One exchange with all that can be said of it."""
    found = _exchange(controls, entry, controls.requests.gaps([entry]).get(entry.number))
    changes = tuple(api.Line(*line) for line in changes_of(entry))
    whole = replace(found, changes=changes, contract=dict(_contract(controls, entry, found.profile)))
    if not entry.note or entry.told is not None:
        return whole
    miss = controls.requests.miss(entry)
    return replace(whole, near_miss=api.NearMiss(miss.nearest, miss.differs))


def poll_ahead(controls: Controls, entry: Entry, *, whole: bool) -> PollAhead:
    """A poll that was not made; `whole`: with its response."""
    scenario = controls.server.catalogue.library.versions.get(entry.scenario or "")
    saw = saw_of(entry)
    return PollAhead(
        saw=saw.word,
        status=saw.status,
        step=entry.step,
        faults=entry.faults,
        verdict=entry.verdict,
        glance=_glance(controls, entry, scenario),
        crossed=tuple(crossing(scenario, *each) for each in entry.crossed),
        response=_response(entry.response) if whole else UNSET,
    )


def _glance(controls: Controls, entry: Entry, scenario: Scenario | None) -> str:
    """The body of a status in short; nothing for any other body."""
    if entry.vendor is None or entry.state is None or saw_of(entry).word != entry.state.value:
        return ""
    try:
        body = json.loads(entry.response.body)
    except (ValueError, RecursionError):
        return ""
    dialect = controls.server.registry.dialect(entry.vendor, None if scenario is None else scenario.options)
    return dialect.glance(body) if isinstance(body, dict) else ""


def contract_field(field: FieldOfContract) -> ContractField:
    """What the vendor's document says of one field."""
    return ContractField(
        row=field.row,
        document=field.document,
        page=field.page,
        description=field.description,
        type=field.types,
        enum=field.values,
        required=field.required,
        ours=field.ours,
    )


def _exchange(controls: Controls, entry: Entry, gap: Gap | None) -> api.Exchange:
    scenario = controls.server.catalogue.library.versions.get(entry.scenario or "")
    profile = _profile(controls, entry, scenario)
    return api.Exchange(
        number=entry.number,
        at=Moment.of(entry.virtual),
        real=Moment.of(entry.real),
        kind=entry.kind,
        vendor=entry.vendor,
        id=entry.id,
        scenario=entry.scenario,
        step=entry.step,
        state=entry.state,
        asked=entry.asked,
        poll=entry.poll,
        verdict=entry.verdict,
        faults=entry.faults,
        crossed=tuple(crossing(scenario, *each) for each in entry.crossed),
        note=entry.note,
        request=api.Message(
            entry.request.method, entry.request.target, _headers(entry.request.headers), *_body(entry.request.body)
        ),
        response=_response(entry.response),
        original=None if entry.original is None else _response(entry.original),
        saw=saw_of(entry).word,
        gap_ms=None if gap is None else gap.virtual,
        real_gap_ms=None if gap is None else gap.real,
        breach=_breach(controls, entry, profile),
        struck=tuple(_struck(entry)),
        profile=profile,
        told=None if entry.told is None else _told(entry.told),
    )


def _told(told: Told) -> api.Told:
    due = None if told.next is None else Moment.of(told.next)
    signed = told.signed if told.key else "no"
    return api.Told(told.notice, told.item, told.attempt, told.key, signed, told.outcome, due)


def refusals(count: int, newest: Iterable[Refusal]) -> api.Refusals:
    """What was refused before it was a request."""
    found = [
        api.Refusal(
            number=each.number,
            real=Moment.of(each.real),
            status=each.error.status,
            error=each.error.short_name,
            message=each.message,
            start=each.start,
        )
        for each in newest
    ]
    return api.Refusals(count, tuple(found))


def counters(counters: Counters) -> api.JournalCounters:
    """The counts of the journal."""
    by_status = sorted(counters.by_status.items(), key=str)
    return api.JournalCounters(
        counters.exchanges,
        counters.polls,
        counters.evicted,
        counters.forgotten,
        tuple(api.StatusCount(vendor, status, count) for (vendor, status), count in by_status),
        counters.told,
    )


def crossing(scenario: Scenario | None, origin: int, to: int, at: int) -> api.Crossing:
    """A change of step, with the names of its steps."""
    names = [step.name for step in scenario.steps] if scenario is not None else []
    first, second = (names[step] if 0 <= step < len(names) else None for step in (origin, to))
    return api.Crossing(first, second, Moment.of(at))


def _breach(controls: Controls, entry: Entry, profile: str | None) -> api.Breach | None:
    """From the response itself: a declared breach stands in a header, any other in our own error.

    What an attempt would have told is checked again.
    """
    if entry.told is not None:
        notice = _notice(controls, entry, profile)
        breach = None if notice is None or entry.verdict == "fits" else notice.contract.check(notice.document)
        return None if breach is None else api.Breach(breach.path, breach.rule)
    if entry.verdict == "broken":
        found = json.loads(entry.response.body)
        return api.Breach(found["path"], found["rule"]) if "path" in found else None
    if entry.verdict == "off-contract":
        for response in (entry.response, entry.original):
            header = None if response is None else response.header(OFF_CONTRACT_HEADER)
            if header is not None:
                return api.Breach(*header.rsplit(": ", 1))
    return None


def _struck(entry: Entry) -> Iterator[api.Struck]:
    sources: Iterable[int] = entry.sources or [0] * len(entry.faults)
    for name, source in zip(entry.faults, sources, strict=True):
        yield api.Struck(name, ("armed" if source > 0 else "scenario") if source else None, abs(source) or None)


def _profile(controls: Controls, entry: Entry, scenario: Scenario | None) -> str | None:
    registry = controls.server.registry
    if entry.vendor is None or entry.vendor not in registry:
        return None
    return registry.dialect(entry.vendor, None if scenario is None else scenario.options).profile


class _Notice(NamedTuple):
    """What an attempt told, and its contract."""

    document: Json
    contract: Validator


def _notice(controls: Controls, entry: Entry, profile: str | None) -> _Notice | None:
    """What an attempt told, or would have; None: nothing that can be read."""
    if entry.vendor is None or profile is None:
        return None
    document = controls.server.registry.dialect(entry.vendor).read_notice(entry.request)
    contract = None if document is None else controls.server.renderer.contracts.notice(entry.vendor, profile)
    return None if contract is None else _Notice(document, contract)


def _contract(controls: Controls, entry: Entry, profile: str | None) -> Iterator[tuple[str, ContractField]]:
    """The contract of each field in the vendor's body: before faults, but for one that is an error of the vendor."""
    if entry.told is not None:
        notice = _notice(controls, entry, profile)
        if notice is not None:
            known = contract_fields(notice.contract.schema)
            yield from ((path, contract_field(known[path])) for path in paths_of(notice.document) if path in known)
        return
    if entry.vendor is None or profile is None or saw_of(entry).word == "answered":
        return
    contracts = controls.server.renderer.contracts
    refused = has_error(entry)
    if refused or (entry.state is None and not entry.submits):
        schema = contracts.error(entry.vendor)
    elif entry.submits:
        schema = contracts.other(entry.vendor, "submit")
    else:
        schema = contracts.status(entry.vendor, profile)
    fields = contract_fields(schema.schema)
    try:
        body = json.loads((entry.response if refused else entry.original or entry.response).body)
    except (ValueError, RecursionError):
        return
    yield from ((path, contract_field(fields[path])) for path in paths_of(body) if path in fields)


def _response(response: Response) -> api.Response:
    delivery = None if response.delivery is None else response.delivery.kind
    text, in_base64 = _body(response.body)
    headers = _headers(response.headers)
    return api.Response(response.status, response.reason, headers, text, in_base64, response.delay, delivery)


def _headers(pairs: Pairs) -> tuple[api.Header, ...]:
    return tuple([api.Header(name, value) for name, value in pairs])


def _body(body: bytes) -> tuple[str, bool]:
    """The body as text, or in base64 (True) where it is not UTF-8."""
    try:
        return body.decode("utf-8"), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode("ascii"), True
