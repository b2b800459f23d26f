"""Scenarios, as the admin API shows them: in a list, whole, and checked."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from msgspec import Meta, Struct

from mock_server.api.timeline import ItemRun, Timeline
from mock_server.api.values import Problem
from mock_server.api.words import SawWord

Group = Literal["yours", "ends-well", "fails", "trouble", "odd-bodies", "odd-connections", "notifications", "special"]
"""What a scenario is about: the user's own, whatever it does; the work ends well, or fails; the service is in trouble
or never ends it; the response is not what the vendor documents; the connection is not what HTTP promises, or leads
elsewhere; notifications; a special case of one vendor."""
MOST_FIND = 200
"""Characters of a text that scenarios are looked for by."""
GROUPS: tuple[Group, ...] = get_args(Group)
Ending = Literal["end", "held", "limit"]
"""Why there are no more polls: the task has ended, only a person moves it on, or there may be no more."""


class WayShows(Struct, frozen=True):
    """A way to another step, by its position."""

    to: int
    share: Annotated[str, Meta(description="How likely it is: `90 %`, `manually`; empty where it is the only one.")]


class StepShows(Struct, frozen=True):
    """What a step shows, and how it is left."""

    name: str
    saw: Annotated[SawWord, Meta(description="What a client can read: the word of a state, or `error`.")]
    error: Annotated[str | None, Meta(description="The error's word, code or status; null for a state.")]
    items: Annotated[tuple[ItemRun, ...], Meta(description="What its items show, where it says so: the first runs.")]
    polls: Annotated[int | None, Meta(description="The polls after which it ends; null if they do not end it.")]
    lasts: Annotated[str | None, Meta(description="The time after which it ends, or a range of it.")]
    hold: Annotated[bool, Meta(description="Whether only a person moves it on.")]
    ways: tuple[WayShows, ...]


class ItemShows(Struct, frozen=True):
    """The steps of the items from `first` to `last`, which move on their own."""

    first: int
    last: int
    steps: tuple[StepShows, ...]


class FaultShows(Struct, frozen=True):
    """A scripted fault: when it applies, and what it does, in words."""

    when: str
    does: str


class Shows(Struct, frozen=True):
    """What polls see of a scenario, in signs: for a list of scenarios."""

    steps: Annotated[tuple[StepShows, ...], Meta(description="The steps of the task; empty where its items have some.")]
    items: Annotated[tuple[ItemShows, ...], Meta(description="The steps of items that move on their own.")]
    more: Annotated[int, Meta(description="Further items with other steps that are left out.")]
    faults: tuple[FaultShows, ...]
    expires: Annotated[str | None, Meta(description="How long after its birth the vendor forgets a task.")]


class ScenarioBrief(Struct, frozen=True):
    """A scenario in force."""

    name: str
    about: str
    version: str
    vendors: tuple[str, ...]
    ids: Annotated[
        tuple[str, ...], Meta(description="Ids it claims besides its name, and its name with a dot and anything.")
    ]
    steps: tuple[str, ...]
    source: str
    uploaded: bool
    group: Annotated[Group, Meta(description="What it is about.")]
    replaces: Annotated[
        str | None, Meta(description="The source of the scenario whose place it has, an upload's or a file's.")
    ]
    shows: Shows


class ScenarioWhole(ScenarioBrief, frozen=True):
    """A scenario in force with its text."""

    text: str
    examples: Annotated[dict[str, str], Meta(description="By vendor, a target to try.")]
    lists: Annotated[
        dict[str, tuple[dict[str, Any], ...]],
        Meta(description="By vendor, the list of items that the text names as its fixture."),
    ]


class Scenarios(Struct, frozen=True):
    """Every scenario in force, and what is wrong with files that were not loaded."""

    scenarios: tuple[ScenarioBrief, ...]
    problems: tuple[Problem, ...]


class Removed(Struct, frozen=True):
    """The name of the upload that was removed."""

    removed: str


class PollRun(Struct, frozen=True):
    """So many polls in a row that see the same."""

    at: Annotated[int, Meta(description="When the first of them comes, in milliseconds after the first poll of all.")]
    saw: Annotated[SawWord, Meta(description="What the client can read.")]
    status: Annotated[int | None, Meta(description="The status; null where no whole response arrives.")]
    text: Annotated[str, Meta(description="The codes of the task and its items, an error's status, or faults.")]
    times: int


class VendorPolls(Struct, frozen=True):
    """What polls of a new task see that come whenever something changes, and a second apart where polls move it on."""

    vendor: str
    runs: tuple[PollRun, ...]
    ending: Annotated[Ending, Meta(description="The task ended, only a person moves it on, or no more are played.")]


class Counted(Struct, frozen=True):
    """How much of a scenario was checked."""

    steps: int
    edges: int
    bodies: int


class Checked(ScenarioWhole, frozen=True):
    """A scenario as an upload would put it in force, how much of it was checked, and what clients would see."""

    checked: Counted
    timeline: Timeline
    polls: tuple[VendorPolls, ...]
