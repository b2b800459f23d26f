"""Which steps and edges of the scenarios were entered, crossed and seen."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct, field


class StepCoverage(Struct, frozen=True):
    """How often a step was entered, and how many polls saw it."""

    name: str
    entered: int
    seen: int


class EdgeName(Struct, frozen=True):
    """A way from one step to another."""

    origin: str = field(name="from")
    to: str


class EdgeCoverage(Struct, frozen=True):
    """How often an edge was crossed. `by_hand`: it is never drawn, only taken manually."""

    origin: str = field(name="from")
    to: str
    crossed: int
    by_hand: bool


class ScenarioCoverage(Struct, frozen=True):
    """What the tasks of one scenario in force went through."""

    name: str
    version: str
    tasks: Annotated[int, Meta(description="How many tasks were born to it.")]
    steps: tuple[StepCoverage, ...]
    edges: tuple[EdgeCoverage, ...]
    leaps: Annotated[int, Meta(description="Manual changes of step along no edge.")]
    never_entered: tuple[str, ...]
    never_seen: tuple[str, ...]
    never_crossed: tuple[EdgeName, ...]


class Totals(Struct, frozen=True):
    """Sums over scenarios: how many steps and edges there are and were reached. Percentages are whole numbers."""

    steps: int
    entered: int
    seen: int
    edges: int
    crossed: int
    entered_percent: int
    seen_percent: int
    crossed_percent: int


class Coverage(Struct, frozen=True):
    """Every scenario in force, and the sums over all of them and over those that a task played."""

    scenarios: tuple[ScenarioCoverage, ...]
    all: Totals
    played: Totals
