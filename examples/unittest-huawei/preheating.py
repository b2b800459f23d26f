"""Waits for a preheating task of Huawei Cloud VOD, as a service does after it has asked for one."""

from __future__ import annotations

import time
from collections.abc import Callable

from huaweicloudsdkcore.exceptions.exceptions import RequestTimeoutException, ServiceResponseException
from huaweicloudsdkvod.v1 import ShowPreheatingAssetRequest, VodClient

PAUSE = 10.0
"""Seconds between two polls."""


class PreheatingFailed(Exception):
    """The task has ended, and some of its URLs were not preheated. `urls` are these."""

    def __init__(self, urls: list[str]) -> None:
        self.urls = urls
        super().__init__(", ".join(urls))


class TookTooLong(Exception):
    """The task did not end within the allowed number of polls."""


def wait_for(client: VodClient, task: str, polls: int = 30, sleep: Callable[[float], object] = time.sleep) -> list[str]:
    """The URLs that were preheated. Raises PreheatingFailed, TookTooLong, or LookupError if there is no such task."""
    for _ in range(polls):
        ended = _ended(client, task)
        if ended is not None:
            failed = [result.url for result in ended if result.status.lower() == "failed"]
            if failed:
                raise PreheatingFailed(failed)
            return [result.url for result in ended]
        sleep(PAUSE)
    raise TookTooLong(f"{task} did not end within {polls} polls")


def _ended(client: VodClient, task: str) -> list | None:
    """The results of a task that has ended; None if it goes on, or if this poll could not tell."""
    try:
        results = client.show_preheating_asset(ShowPreheatingAssetRequest(task_id=task)).preheating_results
    except ServiceResponseException as error:
        if error.status_code == 404:
            raise LookupError(f"{task}: {error.error_code} {error.error_msg}") from error
        if error.status_code == 429 or error.status_code >= 500:
            return None
        raise
    except RequestTimeoutException:
        return None
    # A body that the SDK cannot read leaves no results. The word may be in upper case: the SDK's own constants are.
    if not results or any(result.status.lower() == "processing" for result in results):
        return None
    return results
