"""Waits for one job with the Python SDK of each vendor, as an application would; ends well if every job did.

With MOCK_SERVER (`mock-server:8080`) the SDKs are pointed at it. Without, nothing is set but what each SDK insists on,
and they go where they always go: to their vendors' hosts, which `mock-server intercept` stands in for.
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
PATIENCE = 60
PAUSE = 0.2


def qiniu() -> Callable[[str], str]:
    """What Qiniu's SDK says of a job; it goes to api.qiniuapi.com over http unless it is told otherwise."""
    if SERVER:
        set_default(default_api_host=f"http://{SERVER}")
    fops = PersistentFop(Auth("ak", "sk"), "bucket")
    words = {0: "succeeded", 3: "failed", 4: "succeeded"}

    def ask(id: str) -> str:
        body, info = fops.get_status(id)
        return words.get(body["code"], "working") if body else f"status {info.status_code}"

    return ask


def huawei() -> Callable[[str], str]:
    """What Huawei's SDK says of a job; by default it goes to its region's host over https."""
    credentials = BasicCredentials("ak", "sk", "0123456789abcdef0123456789abcdef")
    builder = VodClient.new_builder().with_credentials(credentials)
    client = (
        builder.with_endpoint(f"http://{SERVER}") if SERVER else builder.with_region(VodRegion.value_of(REGION))
    ).build()

    def ask(id: str) -> str:
        results = client.show_preheating_asset(ShowPreheatingAssetRequest(task_id=id)).preheating_results
        states = {result.status for result in results}
        return "working" if "processing" in states else "succeeded" if states == {"succeed"} else "failed"

    return ask


def wangsu() -> Callable[[str], str]:
    """What Wangsu's SDK says of a job; it has no host of its own and is given the one of the user's account."""
    config = Config()
    config.access_key, config.secret_key, config.mgr_url, config.ishttps = "ak", "sk", WANGSU_HOST, WANGSU_HTTPS
    client = Client(config)

    def ask(id: str) -> str:
        status, body, _ = client.fmgr_status(id)
        if status != 200:
            return f"status {status}: {body}"
        if body["code"] not in (3, 4, 5, 6):
            return "working"
        return "succeeded" if {str(item["code"]) for item in body["items"]} == {"3"} else "failed"

    return ask


VENDORS: Mapping[str, Callable[[], Callable[[str], str]]] = {"qiniu": qiniu, "huawei": huawei, "wangsu": wangsu}


def wait(ask: Callable[[str], str], id: str) -> str:
    """How the job ended, or what it said when patience ran out."""
    until = time.monotonic() + PATIENCE
    while (said := ask(id)) == "working" and time.monotonic() < until:
        time.sleep(PAUSE)
    return said


def main() -> int:
    """0 if all jobs succeeded."""
    ends = {}
    for vendor in sys.argv[1:] or VENDORS:
        # What stands after the dot makes it a job of its own, whoever else polls this server.
        id = f"{SCENARIO}.{secrets.token_hex(4)}"
        try:
            ends[vendor] = wait(VENDORS[vendor](), id)
        except Exception as error:
            ends[vendor] = f"{type(error).__name__}: {error}"
        print(f"{vendor}: {id} {ends[vendor]}")
    return 0 if set(ends.values()) == {"succeeded"} else 1


if __name__ == "__main__":
    sys.exit(main())
