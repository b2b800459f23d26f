"""The shipped scenarios that are about submits: what a submit gets that plays them, as `shipped.py` says."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import NamedTuple

import pytest

from mock_server.paths import data
from tests.support.emulators import World, shipped
from tests.support.shipped import ON_SUBMIT, Refused


class Job(NamedTuple):
    """A submit of a vendor whose key, or URL, is to be filled in."""

    target: str
    body: str

    def of(self, key: str) -> bytes:
        """The body with this key."""
        return self.body.replace("KEY", key).encode()


JOBS = {
    "qiniu": Job("/pfop", "bucket=b&key=KEY&fops=avthumb/mp4"),
    "huawei": Job("/v1.0/0123456789abcdef/asset/preheating", '{"asset_id": "KEY"}'),
    "wangsu": Job("/fmgr/setdeadline", "fops=bucket/Yg==/prefix/KEY/deadline/1"),
}
CASES = [(name, vendor) for name, vendors in ON_SUBMIT.items() for vendor in vendors]


def encoded(vendor: str, name: str) -> bytes:
    key = b64encode(name.encode()).decode() if vendor == "wangsu" else name
    return JOBS[vendor].of(key)


@pytest.mark.parametrize(("name", "vendor"), CASES)
def test_a_submit_that_plays_a_scenario_of_submits_gets_what_the_table_says(name: str, vendor: str) -> None:
    world = World(shipped(name))
    response = world.ask(JOBS[vendor].target, "POST", encoded(vendor, name))
    expected = ON_SUBMIT[name][vendor]
    tasks = [key for key, _ in world.store.scan()]
    if expected is None:
        assert response.delivery is not None
        assert (response.delivery.kind, len(tasks)) == ("reset", 1)
    else:
        code = json.loads(response.body)["error_code" if vendor == "huawei" else "code"]
        assert (Refused(response.status, str(code)), tasks) == (expected, [])


def test_every_shipped_scenario_with_a_fault_of_submits_is_in_the_table() -> None:
    found = {path.stem for path in data("scenarios").glob("*.yaml") if "submit: true" in path.read_text("utf-8")}
    assert found == set(ON_SUBMIT)
