"""Waits for a transcoding job of Qiniu, as a service does after it has submitted one."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from qiniu import PersistentFop

SUCCEEDED, FAILED = 0, 3


class TranscodingFailed(Exception):
    """The job has finished, and some of its operations failed. `reasons` maps their commands to the reasons."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        super().__init__("; ".join(f"{command}: {reason}" for command, reason in reasons.items()))


class TookTooLong(Exception):
    """The job did not finish within the allowed number of polls."""


class Backoff(NamedTuple):
    """The pauses between polls, in seconds, each `factor` times the last, up to `longest`; and the number of polls."""

    first: float = 1.0
    factor: float = 2.0
    longest: float = 30.0
    polls: int = 10


def wait_for(
    fops: PersistentFop,
    job: str,
    backoff: Backoff = Backoff(),  # noqa: B008 - immutable
    sleep: Callable[[float], object] = time.sleep,
) -> list[str]:
    """The keys of the files that the job created. Raises TranscodingFailed or TookTooLong."""
    pause = backoff.first
    for _ in range(backoff.polls):
        status, info = fops.get_status(job)
        if info.status_code == 200 and status:
            if status["code"] == SUCCEEDED:
                return [item["key"] for item in status["items"]]
            if status["code"] == FAILED:
                items = [item for item in status["items"] if item["code"] == FAILED]
                raise TranscodingFailed({item["cmd"]: item["error"] for item in items})
        elif 400 <= info.status_code < 500:
            raise LookupError(f"{job}: {info.status_code} {info.error}")
        # Anything else is temporary: the job is running, the service is down, or the response was lost or damaged.
        sleep(pause)
        pause = min(pause * backoff.factor, backoff.longest)
    raise TookTooLong(f"{job} did not finish within {backoff.polls} polls")
