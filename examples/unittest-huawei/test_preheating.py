"""Tests the client with unittest, against a server in this process. No test sleeps."""

from __future__ import annotations

import unittest
from datetime import timedelta

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkvod.v1 import VodClient
from preheating import PreheatingFailed, TookTooLong, wait_for

import mock_server

PROJECT = "0123456789abcdef0123456789abcdef"


def vod_at(url):
    """Huawei's own SDK, pointed at a mock server."""
    credentials = BasicCredentials("ak", "sk", PROJECT)
    return VodClient.new_builder().with_credentials(credentials).with_endpoint(url).build()


class Preheating(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """One server for all tests, on a free port."""
        cls.server = cls.enterClassContext(mock_server.serve(seed=7))
        cls.vod = vod_at(cls.server.url)

    def setUp(self):
        """No test sees what another did."""
        self.mock = self.server.client
        self.mock.reset()
        self.mock.clock.freeze()

    def sleep(self, seconds):
        """Advances the server's clock instead of sleeping."""
        self.mock.clock.advance(timedelta(seconds=seconds))

    def create(self, scenario):
        """The id of a new task that plays a scenario."""
        return self.mock.create("huawei", scenario).id

    def test_a_task_that_succeeds_returns_its_urls(self):
        task = self.create("happy-path")
        self.assertTrue(wait_for(self.vod, task, sleep=self.sleep))
        self.mock.verify(id=task, order=["waiting", "processing", "succeeded"])

    def test_a_task_that_fails_in_part_names_the_urls(self):
        task = self.create("partial-failure")
        with self.assertRaises(PreheatingFailed) as raised:
            wait_for(self.vod, task, sleep=self.sleep)
        results = self.mock.requests(id=task)[-1].response.json()["preheating_results"]
        self.assertEqual(raised.exception.urls, [each["url"] for each in results if each["status"] == "failed"])
        self.mock.verify(id=task, cadence={"polls_after_end": 0})

    def test_an_outage_is_waited_out(self):
        task = self.create("happy-path")
        self.mock.arm(id=task, error=500, times=2)
        self.assertTrue(wait_for(self.vod, task, sleep=self.sleep))
        self.mock.verify(id=task, statuses=[500, 500, 200])

    def test_upper_case_words_are_understood(self):
        with mock_server.serve(option=["huawei.casing=upper"]) as other:
            task = other.client.create("huawei", "partial-failure").id
            with self.assertRaises(PreheatingFailed):
                wait_for(vod_at(other.url), task, sleep=lambda _: None)
            other.client.verify(id=task, order=["waiting", "processing", "failed"])

    def test_the_client_does_not_wait_for_an_unknown_task(self):
        task = self.create("not-found")
        with self.assertRaisesRegex(LookupError, task):
            wait_for(self.vod, task, sleep=self.sleep)
        self.mock.verify(id=task, count=1)

    def test_the_pauses_are_ten_seconds_and_the_wait_ends(self):
        task = self.create("never-ends")
        with self.assertRaises(TookTooLong):
            wait_for(self.vod, task, polls=6, sleep=self.sleep)
        self.mock.verify(id=task, count=6, cadence={"clock": "virtual", "min_gap": "10s", "max_gap": "10s"})


if __name__ == "__main__":
    unittest.main()
