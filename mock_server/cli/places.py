"""Where a problem of the admin API is on the command line: `--by` or `BY` in place of `$.by`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from mock_server.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from mock_server.client import AdminError

_OTHER_NAMES: Mapping[str, str] = {"for": "lasts", "advance": "by", "set": "to", "speed": "times"}
"""Fields of the admin API that the commands' own parameters call by another name."""
_CONTAINERS = ("where", "cadence")
"""Objects in a body whose fields are flags."""
_PATH = re.compile(r"[$?]\.?(?P<keys>.*)", re.DOTALL)
_QUOTED = re.compile(r"`(\w+)`")


def told_in_flags(error: AdminError | InvalidInput, command: click.Command) -> str:
    """The text of an error, each problem at the flag or the argument that it is about."""
    words = _words(command)
    problems = [_told(Problem(each.where, each.what, each.hint), words) for each in error.problems]
    if isinstance(error, InvalidInput):
        return "\n".join(map(str, problems))
    repeated = any(each.what.rstrip(".") in error.message for each in error.problems)
    if len(problems) == 1:
        return str(problems[0]) if repeated else f"{error.message}: {problems[0]}"
    if not problems:
        return _in_flags(error.message, words)
    return "\n".join([*(() if repeated else (_in_flags(error.message, words),)), *map(str, problems)])


def _words(command: click.Command) -> Mapping[str, str]:
    """By the name of a field: the flag or the argument that it is given as."""
    params = {param.name: _word(param) for param in command.params if param.name}
    return params | {field: params[name] for field, name in _OTHER_NAMES.items() if name in params}


def _word(param: click.Parameter) -> str:
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.name or "").upper()


def _told(problem: Problem, words: Mapping[str, str]) -> Problem:
    where, what = _place(problem.where, words), _in_flags(problem.what, words)
    # A text that begins with the flag needs no place before it.
    return Problem("" if where and what.startswith(f"{where} ") else where, what, _in_flags(problem.hint, words))


def _place(where: str, words: Mapping[str, str]) -> str:
    found = _PATH.fullmatch(where)
    if found is None:
        return where
    keys = [key for key in re.split(r"[.\[]", found["keys"]) if key]
    if keys and keys[0] in _CONTAINERS:
        del keys[0]
    if not keys:
        return ""
    if keys[0] not in words:
        return where
    # A key below the flag's own is what stands before the colon of `--header NAME:VALUE`.
    return " ".join([words[keys[0]], *(key for key in keys[1:] if not key.endswith("]"))])


def _in_flags(text: str, words: Mapping[str, str]) -> str:
    """A text with flags in place of the fields that it quotes."""
    return _QUOTED.sub(lambda found: words.get(found[1], found[0]), text)
