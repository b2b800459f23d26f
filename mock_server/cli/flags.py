"""Settings as flags of a command, made from the settings themselves: one list."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, TypeVar

import click

from mock_server.engine.durations import BadTime, length
from mock_server.settings import ABOUT, Settings, Words, flag, settings_of, variable

F = TypeVar("F", bound=Callable[..., Any])

LOADING = ("scenarios", "no_builtin", "profile", "option")
"""The settings that decide which scenarios there are and whether they are valid."""
PLAYING = (*LOADING, "seed")
"""The settings that decide how a task goes."""

_DEFAULTS: Mapping[str, Any] = {item.name: item.default for item in fields(Settings)}


class Whole(click.IntRange):
    """A whole number within bounds."""

    name = "whole number"


class Number(click.FloatRange):
    """A number within bounds. Click alone takes `nan` for one."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number. BadParameter: it is none, or beyond the bounds."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


class Seconds(Number):
    """Seconds within bounds: a number, or a length of time such as 250ms or 10s."""

    name = "seconds"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The seconds. BadParameter: the text is neither, or beyond the bounds."""
        if isinstance(value, str) and value[:1].isdigit() and value[-1:].isalpha():
            try:
                value = length(value) / 1_000
            except BadTime as error:
                self.fail(f"{value!r} will not do: {error}", param, ctx)
        return super().convert(value, param, ctx)


def settings_flags(*names: str) -> Callable[[F], F]:
    """Gives a command the flags of these settings, as arguments that are None or empty by default."""

    def decorate(command: F) -> F:
        for name in reversed(names):
            command = _option(name)(command)
        return command

    return decorate


def settings_from(options: Mapping[str, Words | None]) -> Settings:
    """The settings from these flags and the environment. InvalidInput: names each that cannot be read."""
    return settings_of(
        {name: words for name, words in options.items() if words is not None and words != ()}, os.environ
    )


def _option(name: str) -> Callable[[F], F]:
    about = ABOUT[name]
    default = _DEFAULTS[name]
    hidden = about.secret or default is None or default is False or default == ()
    shown = "" if hidden else f"; default {default}"
    text = f"{about.help} [{variable(name)}{shown}]"
    if about.switch:
        return click.option(flag(name), name, flag_value="true", help=text, hidden=about.hidden)
    return click.option(flag(name), name, metavar=about.metavar, multiple=about.several, help=text)
