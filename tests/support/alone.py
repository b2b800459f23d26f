"""Runs a function in a process of its own, where no thread of another test takes memory while it is measured."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def alone(act: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What a function of a module returns, or raises, in a new process; arguments and result are pickled."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(act, *args, **kwargs).result()
