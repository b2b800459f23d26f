"""`mock-server faults`: faults armed on a running server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import click

from mock_server.cli.remote import columns, moment, present, require_filter, with_client
from mock_server.cli.text import many
from mock_server.client import Client, Fault
from mock_server.errors import MockServerError

_LONGEST_NUMBER = 100
"""Digits of an error that is taken for a status."""

_LISTED = 20
"""Numbers of armed faults that a message lists."""


@click.group("faults", invoke_without_command=True)
@with_client
def command(client: Client) -> None:
    """List the faults armed on a running server.

    They apply in the order of the list. The commands below arm and disarm them.
    """
    found = client.faults()
    heads = ("NUMBER", "TASKS", "LASTS", "APPLIED", "EFFECT")
    click.echo("\n".join(columns([heads, *map(row, found)])) if found else "no faults")


def row(fault: Fault) -> tuple[str, ...]:
    """A fault as cells."""
    submits = fault.submit is True
    aim = [word for word in (fault.vendor, fault.id, "submits" if submits else None) if word is not None]
    tasks = " ".join(aim) or "all"
    lasts = [many(fault.times, "submit" if submits else "poll")] if fault.times is not None else []
    lasts += [f"daily at {fault.at} for {fault.lasts}"] if isinstance(fault.at, str) else []
    lasts += [f"until {moment(fault.until)}"] if fault.until is not None else []
    applied = f"{fault.struck} times" if fault.struck != 1 else "once"
    return (str(fault.number), tasks, ", ".join(lasts) or "until disarmed", applied, _effect(fault.effect))


@command.command("arm")
@click.option("--error", metavar="ERROR", help="Respond with this status, error word or code of the vendor.")
@click.option("--fault", metavar="NAME", help="Apply this fault to the response, such as `malformed` or `reset`.")
@click.option("--delay", metavar="TIME", help="Delay the response: 250ms, or 1s..3s.")
@click.option(
    "--header", "headers", metavar="NAME:VALUE", multiple=True, help="Set a header; without a value, remove it."
)
@click.option("--duration", "over", metavar="TIME", help="How long the fault takes, if it takes time.")
@click.option("--status", type=int, metavar="STATUS", help="Send another status.")
@click.option("--body", metavar="TEXT", help="Send this whole body.")
@click.option("--type", metavar="TYPE", help="The Content-Type of --body.")
@click.option("--length", type=int, metavar="N", help="Add N, which may be negative, to Content-Length.")
@click.option("--redirect", metavar="TO", help="Redirect to `self`, another scenario, or a path or URL.")
@click.option("--vendor", metavar="VENDOR", help="Apply only to tasks of this vendor.")
@click.option("--id", metavar="ID", help="Apply only to the task with this id; a final * makes it a prefix.")
@click.option("--submit", is_flag=True, help="Apply to submits, and to no poll; without --id.")
@click.option("--times", type=int, metavar="N", help="Apply to this many polls, or submits.")
@click.option("--for", "lasts", metavar="TIME", help="Apply for this long, by the server's clock.")
@click.option("--at", metavar="TIME", help="Apply every day from this time on, such as 02:00+08:00, with --for.")
@click.option("--dry-run", "dry", is_flag=True, help="Arm nothing; print how many tasks it would apply to.")
@with_client
def arm(
    client: Client, error: str | None, headers: tuple[str, ...], lasts: str | None, dry: bool, **fault: str | int | None
) -> None:
    """Arm a fault; prints its number."""
    is_status = error is not None and error.isascii() and error.isdecimal() and len(error) <= _LONGEST_NUMBER
    status = int(error or 0) if is_status else error
    fault |= {"submit": fault["submit"] or None, "error": status}
    more = present({**fault, "headers": _headers(headers) or None})
    armed = client.arm(lasts=lasts, dry=dry, **more)
    if armed.targets:
        click.echo(f"it would apply to {many(armed.targets.tasks, 'task')}, {armed.targets.at_work} of them at work")
    else:
        click.echo(armed.number)


@command.command("disarm")
@click.argument("number", type=int, required=False)
@click.option("--all", "everything", is_flag=True, help="Every armed fault.")
@click.option("--vendor", metavar="VENDOR", help="The faults for exactly this vendor.")
@click.option("--id", metavar="ID", help="The faults for exactly this id or prefix.")
@with_client
def disarm(client: Client, everything: bool, **where: int | str | None) -> None:
    """Disarm the fault with this NUMBER, or the matching ones. A number that none has is an error."""
    given = present(where)
    require_filter(everything, given, "faults")
    disarmed = client.disarm(**given)
    if not disarmed and "number" in given:
        raise MockServerError(_no_fault(given["number"], client.faults()))
    click.echo(f"{many(disarmed, 'fault')} disarmed")


def _no_fault(number: int, armed: Sequence[Fault]) -> str:
    if any(fault.number == number for fault in armed):
        return f"fault {number} is armed, but not for exactly this vendor and id; `mock-server faults` lists them"
    known = [str(fault.number) for fault in armed[:_LISTED]] + ["…"] * (len(armed) > _LISTED)
    there = f"only {', '.join(known)}" if known else "and no other is"
    return f"no fault {number} is armed, {there}; one that is used up or out of time is disarmed by itself"


def _effect(effect: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in effect.items()
    )


def _headers(texts: Sequence[str]) -> dict[str, str | None]:
    """Values by name, None for those without one. UsageError: no colon, or a name twice."""
    found: dict[str, str | None] = {}
    taken: set[str] = set()
    for text in texts:
        name, colon, value = text.partition(":")
        name = name.strip()
        if not colon:
            raise click.BadParameter(
                f"{text!r} is not NAME:VALUE, nor NAME: to leave a header out", param_hint="--header"
            )
        if name.lower() in taken:
            raise click.BadParameter(f"{name!r} is given twice", param_hint="--header")
        taken.add(name.lower())
        found[name] = value.strip() or None
    return found
