"""The scenario of a recording: steps by time, what their bodies have besides, and faults by the number of the poll.

Each part is found by playing what is known so far at the moments of the polls, and looking at how that differs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple

from mock_server.control.recorded_text import Parts, by_polls
from mock_server.control.recording.headers import Apart, header_faults, moving
from mock_server.control.recording.places import Changes, canonical, changes
from mock_server.control.recording.prove import Unlike, played, unlike
from mock_server.control.recording.seen import Seen
from mock_server.control.recording.spans import Group, admitted, groups_of, lasting
from mock_server.control.recording.told import LONG, Told, effects_of, told_of
from mock_server.emulator.playback import Playback
from mock_server.engine.durations import length_text
from mock_server.engine.scenario import State
from mock_server.engine.task import Key
from mock_server.errors import InvalidInput, Problem
from mock_server.scenarios.load import Loader
from mock_server.schema.validator import Validator
from mock_server.types import Json
from mock_server.vendors.dialect import Dialect
from mock_server.vendors.registry import PROFILES
from mock_server.vendors.render import Renderer


class Recording(NamedTuple):
    """What was recorded of the task `key`: its polls, without secrets, in their order, and what was removed of them.

    `name` is that of the scenario to be made.
    """

    key: Key
    name: str
    polls: tuple[Seen, ...]
    removed: tuple[str, ...] = ()


class Written(NamedTuple):
    """The text of a scenario, what could not be told, and where a client of it sees something else."""

    text: str
    lost: tuple[str, ...]
    unlike: tuple[Unlike, ...]


class _Draft(NamedTuple):
    """What a file says so far."""

    groups: Sequence[Group]
    options: Mapping[str, Json]
    items: Sequence[Mapping[str, Json]]
    more: Sequence[Mapping[str, Json]]
    faults: Sequence[Mapping[str, Json]] = ()


class Writer:
    """Writes the scenarios of recordings, checked by the loader and played by the renderer of the same registry."""

    def __init__(self, loader: Loader, renderer: Renderer) -> None:
        self._loader = loader
        self._renderer = renderer

    def written(self, recording: Recording) -> Written:
        """The scenario of a recording, which has at least one poll, and its proof.

        InvalidInput: no scenario can hold it.
        """
        dialect = self._renderer.registry.dialect(recording.key.vendor)
        told = told_of(recording.polls, dialect)
        try:
            return self._written(recording, told, [])
        except InvalidInput as error:
            if not any(told):
                raise
            why = f"the states of the bodies, as no step may show them: {error.problems[0]}"
        # A body of a fault may be any text.
        return self._written(recording, [None] * len(told), [why])

    def _written(self, recording: Recording, told: Sequence[Told | None], lost: list[str]) -> Written:
        dialect = self._renderer.registry.dialect(recording.key.vendor)
        groups = admitted(groups_of(recording.polls, told), dialect)
        draft = min(self._drafts(recording, groups), key=_weight)
        draft = draft._replace(faults=list(_odd(recording, told, groups, lost)))
        bare = self._played(recording, draft)
        ids = self._renderer.registry.request_ids()
        volatile = moving(recording.polls, ids)
        lost += [f"the header {name}, which changes with every response" for name in sorted(volatile)]
        heads = header_faults(recording.polls, bare, Apart(ids, volatile), lost)
        draft = draft._replace(faults=[*draft.faults, *_always(by_polls(heads), len(recording.polls))])
        differing = unlike(recording.polls, self._played(recording, draft), Apart(ids, volatile))
        if groups and _goes_on(groups[-1]):
            lost.append(f"what follows the last step, which was still {groups[-1].word} when the recording ended")
        if not dialect.has_whole and any(group.word == State.PROCESSING.value for group in groups):
            lost.append("whether an item waited or was worked on, for which this vendor has one word")
        if len(groups) > 1:
            lost.append("whether time or polls ended a step, so time does, within what was seen")
        notes = tuple(dict.fromkeys(lost))
        return Written(_text(recording, draft, notes), notes, tuple(differing))

    def _drafts(self, recording: Recording, groups: Sequence[Group]) -> Iterator[_Draft]:
        """A draft for each profile and option, with all that the bodies of the steps have besides."""
        vendor = recording.key.vendor
        plain = self._renderer.registry.dialect(vendor)
        first = [plain.profile, *(profile for profile in PROFILES if profile != plain.profile)]
        for profile, *words in product(first if groups else first[:1], *plain.knobs.values()):
            pairs = zip(plain.knobs, words, strict=True)
            knobs = {knob: word for knob, word in pairs if word != getattr(plain, knob)}
            options: dict[str, Json] = {} if profile == plain.profile else {"profile": profile}
            options |= {vendor: knobs} if knobs else {}
            dialect = self._renderer.registry.dialect(vendor, options)
            draft = _Draft(groups, options, _fields(groups, dialect), [_more(group) for group in groups])
            bodies = self._played(recording, draft)
            more = [
                {**known, **self._besides(group, bodies[group.polls[0]].body, dialect)}
                for group, known in zip(groups, draft.more, strict=True)
            ]
            yield draft._replace(more=more)

    def _besides(self, group: Group, body: bytes, dialect: Dialect) -> dict[str, Json]:
        """What a step overrides, so that `body` becomes the one that was seen. InvalidInput: no override can."""
        found = changes(json.loads(body), group.told.body)
        if found is None:
            raise InvalidInput([Problem("", "a body differs in a key that no place can name")])
        if found == Changes({}, []):
            return {}
        step: dict[str, Json] = {}
        if found.put:
            step["with"] = {dialect.name: found.put}
        if found.drop:
            step["without"] = {dialect.name: found.drop}
        contracts = self._renderer.contracts
        of_error = group.told.reading is None
        contract = contracts.error(dialect.name) if of_error else contracts.status(dialect.name, dialect.profile)
        return step if contract.check(group.told.body, floats=True) is None else {**step, "off_contract": True}

    def _played(self, recording: Recording, draft: _Draft) -> list[Seen]:
        """What polls of a draft see at the moments of the recording."""
        loaded = self._loader.load_text(_text(recording, draft, ()), recording.name, f"{recording.name}.yaml")
        start = recording.polls[0].at
        playback = Playback(self._renderer, loaded.scenario, recording.key, 0, start)
        return played(playback, [poll.at for poll in recording.polls])


def _more(group: Group) -> dict[str, Json]:
    """What a step says besides what it shows, before its body is looked at."""
    of_state = group.told.reading is not None
    return {"status": group.told.status} if of_state and group.told.status != 200 else {}


def _weight(draft: _Draft) -> int:
    """How much the steps of a draft override; fewer is better, and of two the first one."""
    return sum(len(canonical(dict(more))) for more in draft.more)


def _fields(groups: Sequence[Group], dialect: Dialect) -> list[dict[str, Json]]:
    """The fields of each item, each as it was first seen; those that a file may not have are left to overrides."""
    readings = [group.told.reading for group in groups if group.told.reading is not None]
    if not readings:
        return [{}]
    items: list[dict[str, Json]] = [{} for _ in readings[0].items]
    allowed = {name: Validator(schema) for name, schema in dialect.item_fields.items()}
    for reading in readings:
        for item, fields in zip(items, reading.fields, strict=True):
            for name, value in fields.items():
                if name not in item and allowed[name].check(value, floats=True) is None:
                    item[name] = value
    return items


def _odd(
    recording: Recording, told: Sequence[Told | None], groups: Sequence[Group], lost: list[str]
) -> Iterator[dict[str, Json]]:
    """The faults of the polls that no step explains, and the delays of all."""
    found: list[tuple[int, dict[str, Json]]] = []
    group = 0
    for k, poll in enumerate(recording.polls):
        while group + 1 < len(groups) and groups[group + 1].polls[0] <= k:
            group += 1
        if told[k] is None:
            effect = effects_of(poll, k + 1, groups[group].told.status if groups else 200, lost)
            found += [(k + 1, effect)] if effect else []
        if poll.took >= LONG and poll.failure not in ("hang", "empty"):
            found.append((k + 1, {"delay": length_text(poll.took)}))
    return by_polls(found)


def _always(faults: Iterator[dict[str, Json]], count: int) -> Iterator[dict[str, Json]]:
    """The faults; those that struck every poll apply without a condition."""
    for fault in faults:
        every = [1] if count == 1 else [f"1..{count}"]
        yield {key: value for key, value in fault.items() if key != "when" or value["polls"] != every}


def _goes_on(group: Group) -> bool:
    state = group.told.showed.state
    return state in (State.WAITING, State.PROCESSING)


def claim(name: str, id: str) -> dict[str, Json]:
    """The key by which a scenario claims an id besides those that begin with its name; nothing for the name itself."""
    return {} if id == name else {"ids": [f"{id[:-1]}\\*" if id.endswith("*") else id]}


def _text(recording: Recording, draft: _Draft, notes: Sequence[str]) -> str:
    """The file that a draft stands for."""
    vendor, id = recording.key
    steps, remarks = [], []
    for group, more, lasts in zip(draft.groups, draft.more, lasting(draft.groups, recording.polls), strict=True):
        steps.append(group.told.showed.step({**lasts.keys, **more}))
        remarks.append(lasts.remark)
    if not steps:
        steps, remarks = [{"state": "processing", "hold": True}], ["no response said a state"]
    head: dict[str, Json] = {"vendors": [vendor], **claim(recording.name, id)}
    head |= {"options": dict(draft.options)} if draft.options else {}
    count = len(recording.polls)
    about = f"What {vendor} answered to {count} {'poll' if count == 1 else 'polls'} of {id}, recorded."
    parts = Parts(about, head, draft.items, steps, draft.faults, None, remarks)
    removed = [f"# Removed: {each}.\n" for each in recording.removed]
    return "".join(removed) + parts.text(notes)
