"""A scenario as people read it: its steps, how each is left, what every vendor shows there, and its faults.

One value for the terminal, the drawings, the admin API and the pages.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from mock_server.api.words import SawWord

Axis = Literal["time", "polls"]
"""What moves items: time, in milliseconds, or polls."""


class Range(Struct, frozen=True):
    """Milliseconds or polls since the birth of the task: a number, or the bounds of one that is drawn."""

    low: int
    high: int


class VendorResponse(Struct, frozen=True):
    """What one vendor shows."""

    vendor: str
    status: int
    text: Annotated[str, Meta(description="In short: the codes of the task and its items, or the error.")]
    ours: Annotated[bool, Meta(description="No document of the vendor has these words.")]
    body: Annotated[Any, Meta(description="The whole body, if asked for.")] | UnsetType = UNSET


class Transition(Struct, frozen=True):
    """A way to another step of the track: its position, and how likely it is."""

    to: int
    share: Annotated[str, Meta(description="In words: `90 %`, `manually`; empty where there is no other way.")]
    part: Annotated[float | None, Meta(description="From 0 to 1; null for one that only a person takes.")]


class ItemRun(Struct, frozen=True):
    """So many items in a row that show the same."""

    saw: SawWord
    times: int


class Stretch(Struct, frozen=True):
    """One step: its name, what it shows, how long it holds, where it leads, and what the vendors respond."""

    name: str
    saw: Annotated[SawWord, Meta(description="What a client can read: the word of a state, or `error`.")]
    shows: Annotated[str, Meta(description="The state, or the error with its word or status.")]
    stay: Annotated[str, Meta(description="How long it holds, in words.")]
    items: Annotated[tuple[ItemRun, ...], Meta(description="What its items show, where it says so.")]
    transitions: tuple[Transition, ...]
    responses: tuple[VendorResponse, ...]
    begins: Annotated[Range | None, Meta(description="When an item enters it; null for a step of the task.")] = None
    ends: Annotated[Range | None, Meta(description="When an item leaves it; null if it does not.")] = None


class Track(Struct, frozen=True):
    """Steps in order: those of the task (`first` null), or those of the items from `first` to `last`, from 0."""

    title: str
    first: int | None
    last: int | None
    axis: Annotated[Axis | None, Meta(description="What moves these items; null for the task, or for none.")]
    stretches: tuple[Stretch, ...]


class WholeVendor(Struct, frozen=True):
    """What the whole task shows to polls of one vendor, while its items walk alone."""

    vendor: str
    saw: Annotated[tuple[SawWord, ...], Meta(description="The states it may have; more than one where chance decides.")]
    text: Annotated[str, Meta(description="The codes, in short; empty where chance decides.")]


class WholeMoment(Struct, frozen=True):
    """What the whole task shows from a moment on, at the latest."""

    at: Range
    vendors: tuple[WholeVendor, ...]


class TimelineFault(Struct, frozen=True):
    """A scripted fault in words, and what the vendors respond if it is an error."""

    when: str
    does: str
    step: Annotated[str | None, Meta(description="The step it is bound to.")]
    responses: tuple[VendorResponse, ...]


class TimelineNotify(Struct, frozen=True):
    """What a task of the scenario notifies, if it has an address, in words."""

    vendors: Annotated[tuple[str, ...], Meta(description="Those of the scenario's vendors that notify.")]
    sends: Annotated[tuple[str, ...], Meta(description="Each notification: when it is sent, and how; empty: none.")]
    real: Annotated[bool, Meta(description="Whether polls see what became of the notification.")]
    written: Annotated[bool, Meta(description="Whether the scenario has a `notify`; else it sends one at the end.")]
    paced: Annotated[
        tuple[str, ...], Meta(description="What ends without polls too, and after how long, where it waits for polls.")
    ]


class Timeline(Struct, frozen=True):
    """A scenario for people. `whole` is empty unless its items walk alone, all moved by time or all by polls."""

    name: str
    about: str
    source: str
    vendors: tuple[str, ...]
    tracks: tuple[Track, ...]
    whole: tuple[WholeMoment, ...]
    more: Annotated[int, Meta(description="Further moments of the whole that are left out.")]
    faults: tuple[TimelineFault, ...]
    expires: Annotated[str, Meta(description="How long after its birth the vendor forgets a task; empty: never.")]
    submits: Annotated[
        tuple[str, ...], Meta(description="The submits whose tasks play it, with the vendors that have such.")
    ] = ()
    notify: Annotated[
        TimelineNotify | None, Meta(description="What its tasks notify; null where none of its vendors does.")
    ] = None
