"""Waits for one job with each vendor's Python SDK, as an application would. Exits with 0 if every job succeeds.

With MOCK_SERVER (`mock-server:8080`) the SDKs are pointed at that server. Without it, only the settings that an SDK
requires are set, and the SDKs use their vendors' hosts, which `mock-server intercept` replaces.
"""

from __future__ import annotations

import os
import secrets
import sys
import time
from collections.abc import Callable, Mapping

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkvod.v1 import ShowPreheatingAssetRequest, VodClient
from huaweicloudsdkvod.v1.region.vod_region import VodRegion
from qiniu import Auth, PersistentFop, set_default
from wcs.commons.config import Config
from wcs.services.client import Client

SERVER = os.environ.get("MOCK_SERVER", "")
SCENARIO = os.environ.get("SCENARIO", "happy-path")
REGION = os.environ.get("HUAWEI_REGION", "cn-north-4")
WANGSU_HOST = os.environ.get("WANGSU_HOST", SERVER)
WANGSU_HTTPS = os.environ.get("WANGSU_HTTPS", "") == "1"
TIMEOUT = 60
PAUSE = 0.2


def qiniu() -> Callable[[str], str]:
    """Polls a job with Qiniu's SDK, which uses api.qiniuapi.com over HTTP by default."""
    if SERVER:
        set_default(default_api_host=f"http://{SERVER}")
    fops = PersistentFop(Auth("ak", "sk"), "bucket")
    states = {0: "succeeded", 3: "failed", 4: "succeeded"}

    def poll(id: str) -> str:
        body, info = fops.get_status(id)
        return states.get(body["code"], "working") if body else f"status {info.status_code}"

    return poll


def huawei() -> Callable[[str], str]:
    """Polls a job with Huawei's SDK, which uses the host of its region over HTTPS by default."""
    credentials = BasicCredentials("ak", "sk", "0123456789abcdef0123456789abcdef")
    builder = VodClient.new_builder().with_credentials(credentials)
    client = (
        builder.with_endpoint(f"http://{SERVER}") if SERVER else builder.with_region(VodRegion.value_of(REGION))
    ).build()

    def poll(id: str) -> str:
        results = client.show_preheating_asset(ShowPreheatingAssetRequest(task_id=id)).preheating_results
        states = {result.status for result in results}
        return "working" if "processing" in states else "succeeded" if states == {"succeed"} else "failed"

    return poll


def wangsu() -> Callable[[str], str]:
    """Polls a job with Wangsu's SDK, which has no default host: it needs the domain of the user's account."""
    config = Config()
    config.access_key, config.secret_key, config.mgr_url, config.ishttps = "ak", "sk", WANGSU_HOST, WANGSU_HTTPS
    client = Client(config)

    def poll(id: str) -> str:
        status, body, _ = client.fmgr_status(id)
        if status != 200:
            return f"status {status}: {body}"
        if body["code"] not in (3, 4, 5, 6):
            return "working"
        return "succeeded" if {str(item["code"]) for item in body["items"]} == {"3"} else "failed"

    return poll


VENDORS: Mapping[str, Callable[[], Callable[[str], str]]] = {"qiniu": qiniu, "huawei": huawei, "wangsu": wangsu}


def wait(poll: Callable[[str], str], id: str) -> str:
    """The final state of the job, or its last state when the time is up."""
    until = time.monotonic() + TIMEOUT
    while (state := poll(id)) == "working" and time.monotonic() < until:
        time.sleep(PAUSE)
    return state


def main() -> int:
    """Exit code 0 if all jobs succeeded."""
    ends = {}
    for vendor in sys.argv[1:] or VENDORS:
        # The part after the dot makes the id unique, whoever else polls this server.
        id = f"{SCENARIO}.{secrets.token_hex(4)}"
        try:
            ends[vendor] = wait(VENDORS[vendor](), id)
        except Exception as error:
            ends[vendor] = f"{type(error).__name__}: {error}"
        print(f"{vendor}: {id} {ends[vendor]}")
    return 0 if set(ends.values()) == {"succeeded"} else 1


if __name__ == "__main__":
    sys.exit(main())
