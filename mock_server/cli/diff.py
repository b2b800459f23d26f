"""`mock-server diff A B`: two saved runs side by side, or one run and a scenario it is played again with."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from mock_server.api.exchange import Exchange
from mock_server.api.questions import TaskFilter
from mock_server.cli.flags import Whole
from mock_server.cli.remote import UNMET, flags_of, present
from mock_server.cli.replay import replayed
from mock_server.cli.runs import client_of_bundle, exchanges_of, is_bundle
from mock_server.cli.text import many, printable
from mock_server.client.compare import VOLATILE, Compared, Ignored, Pair, compare

_LONGEST = 80
"""Characters of a body in the line of an exchange."""
_HEADER = "Leave out this header; may be repeated."
_FIELD = "Leave out the fields of this name in bodies; may be repeated."
_MOST = "Print at most N tasks that differ."


@click.command("diff")
@click.argument("a", metavar="A", type=click.Path(path_type=Path))
@click.argument("b", metavar="B")
@flags_of(TaskFilter, ("vendor", "id"))
@click.option("--ignore-header", "headers", multiple=True, metavar="NAME", help=_HEADER)
@click.option("--ignore-field", "fields", multiple=True, metavar="NAME", help=_FIELD)
@click.option("--limit", type=Whole(1, 1_000_000), default=20, show_default=True, metavar="N", help=_MOST)
@click.option("--json", "as_json", is_flag=True, help="Print each task that differs as one line of JSON.")
def command(
    a: Path, b: str, *, headers: Sequence[str], fields: Sequence[str], limit: int, as_json: bool, **where: Any
) -> None:
    """Compare what clients asked and saw in two runs.

    A is a bundle. B is another bundle, or a scenario, by name or by file: then the requests of the tasks of A that play
    the scenario of this name are sent again, at the same moments, to a server that plays it as it is now.

    It compares poll by poll: the request, what the client could read, the status, the headers and the fields of the
    body; then attempt by attempt what its receiver was notified of, and what became of that. It leaves out times, the
    headers that carry them, and signatures. Exit code 1 if anything differs.
    """
    before: Sequence[Exchange] = exchanges_of(client_of_bundle(a), **present(where))
    if is_bundle(b):
        after: Sequence[Exchange] = exchanges_of(client_of_bundle(Path(b)), **present(where))
    else:
        before, after = replayed(a, b, before)
    ignored = Ignored(VOLATILE | {name.lower() for name in headers}, frozenset(fields))
    tasks = compare(before, after, ignored)
    differing = [task for task in tasks if not task.same]
    for task in differing[:limit]:
        click.echo(json.dumps(_plain(task), ensure_ascii=False) if as_json else "\n".join(lines(task)))
    if not as_json:
        hidden = f" ({len(differing) - limit} not shown: --limit)" if len(differing) > limit else ""
        known = sum(task.task.known for task in tasks)
        others = "" if known == len(tasks) else " and the requests without a task"
        click.echo(f"{many(known, 'task')}{others} compared, {len(differing)} with differences{hidden}")
    click.get_current_context().exit(UNMET if differing else 0)


def lines(task: Compared) -> Iterator[str]:
    """A task that differs: its runs of equal exchanges in one line each, the others in two, with what differs."""
    if task.only is not None:
        count = many(len(task.pairs), "exchange")
        yield printable(f"{task.task}: only in {task.only.upper()}, {count}")
        return
    yield printable(str(task.task))
    place = 1
    for same, group in groupby(task.pairs, key=lambda pair: pair.same):
        pairs = list(group)
        if same:
            yield f"    {_places(place, place + len(pairs) - 1)}: the same"
        else:
            for number, pair in enumerate(pairs, place):
                yield from _differing(number, pair)
        place += len(pairs)


def _places(first: int, last: int) -> str:
    return f"exchange {first}" if first == last else f"exchanges {first} to {last}"


def _differing(number: int, pair: Pair) -> Iterator[str]:
    for sign, each in (("-", pair.a), ("+", pair.b)):
        if each is not None:
            yield printable(f"  {sign} exchange {number}: {each.asked_and_answered(_LONGEST)}")
    yield from (printable(f"      {line}") for line in pair.differs)


def _plain(task: Compared) -> dict[str, Any]:
    """A task that differs, for programs."""
    pairs = [
        {"place": k, "a": _number(pair.a), "b": _number(pair.b), "differs": pair.differs}
        for k, pair in enumerate(task.pairs, 1)
        if not pair.same
    ]
    return {"vendor": task.task.vendor, "id": task.task.id, "only": task.only, "exchanges": pairs}


def _number(exchange: Exchange | None) -> int | None:
    return None if exchange is None else exchange.number
