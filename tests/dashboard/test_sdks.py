"""The snippets that pages show are those of the documentation, which the test suite runs."""

from __future__ import annotations

import re

import pytest

from mock_server.dashboard.sdks import SdkSnippet, sdk_snippets
from tests.support.documents import ROOT

BLOCKS = re.findall(r"```\w+\n(.*?)```", (ROOT / "docs" / "sdks.md").read_text("utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("snippet", sdk_snippets(), ids=lambda each: f"{each.vendor}-{each.language}")
def test_a_snippet_is_word_for_word_that_of_the_documentation(snippet: SdkSnippet) -> None:
    ids = {found for block in BLOCKS for found in re.findall(r"happy-path\.[a-z]+-[a-z]+", block)}
    assert [id for id in ids if snippet.at("http://127.0.0.1:8080", id) in BLOCKS]


def test_every_vendor_has_some_and_none_twice() -> None:
    keys = [(each.vendor, each.language) for each in sdk_snippets()]
    assert len(set(keys)) == len(keys)
    assert {vendor for vendor, _ in keys} == {"qiniu", "huawei", "wangsu"}
