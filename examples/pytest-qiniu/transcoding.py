"""Waits for a transcoding job of Qiniu: what a service that has submitted one does next."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from qiniu import PersistentFop

SUCCEEDED, FAILED = 0, 3


class TranscodingFailed(Exception):
    """The job is over, and some of its operations failed. `reasons` has theirs, by command."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(f"{command}: {reason}" for command, reason in reasons.items()))


class TookTooLong(Exception):
    """The job is not over after as many looks as we allow it."""


class Backoff(NamedTuple):
    """Seconds between two looks: `first`, then `factor` times as many, at most `most`; and so many looks."""

    first: float = 1.0
    factor: float = 2.0
    most: float = 30.0
    looks: int = 10


def wait_for(
    fops: PersistentFop,
    job: str,
    backoff: Backoff = Backoff(),  # noqa: B008 - a value that nobody can change
    sleep: Callable[[float], object] = time.sleep,
) -> list[str]:
    """The keys of what the job made. TranscodingFailed: not all of it could be made. TookTooLong: see there."""
    pause = backoff.first
    for _ in range(backoff.looks):
        status, info = fops.get_status(job)
        if info.status_code == 200 and status:
            if status["code"] == SUCCEEDED:
                return [item["key"] for item in status["items"]]
            if status["code"] == FAILED:
                items = [item for item in status["items"] if item["code"] == FAILED]
                raise TranscodingFailed({item["cmd"]: item["error"] for item in items})
        elif 400 <= info.status_code < 500:
            raise LookupError(f"{job}: {info.status_code} {info.error}")
        # What is left will pass: the job is under way, or the service is down, or the response got lost or mangled.
        sleep(pause)
        pause = min(pause * backoff.factor, backoff.most)
    raise TookTooLong(f"{job} was not over after {backoff.looks} looks")
