"""The pools and samples in `fixtures/`, and the providers that made them."""

from __future__ import annotations

import json
import random
import re
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest

from mock_server.errors import InvalidInput
from mock_server.paths import data
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.pool import MOST, dump_items, make_items

PROVIDERS = {
    "qiniu": "mock_server.vendors.qiniu.provider:QiniuProvider",
    "huawei": "mock_server.vendors.huawei.provider:HuaweiProvider",
    "wangsu": "mock_server.vendors.wangsu.provider:WangsuProvider",
}

FIELDS: dict[str, dict[str, type]] = {
    "qiniu": {"cmd": str, "name": str, "reason": str},
    "huawei": {"url": str},
    "wangsu": {"cmd": str, "fsize": int, "key": str, "url": str, "reason": str},
}

SAMPLE_FIELDS = {
    "qiniu": ("cmd", "hash", "key"),
    "huawei": ("url",),
    "wangsu": ("cmd", "hash", "fsize", "key", "url", "decompresslist"),
}

BASE64 = r"[A-Za-z0-9_-]+={0,2}"
COMMANDS = {
    "qiniu": r"(avthumb|vframe|vsample|adapt|avconcat|mkzip|imageMogr2|imageView2)(/[A-Za-z0-9_.,:=-]+)+",
    "wangsu": rf"(fetchURL|resource)/{BASE64}/bucket/{BASE64}/key/{BASE64}(/md5/[0-9a-f]{{32}})?",
}
MEDIA_URL = r"/asset/[0-9a-f]{32}/(play_video/)?[0-9a-f]{32}(?(1)_H\.26[45]_\d+X\d+_HEAACV1_\d+\.mp4|\.[a-z0-9]{2,3})"

SCRIPTS = {
    "Latin": "[A-Za-z]",
    "Latin with accents": "[à-ÿ]",
    "Chinese": "[\u4e00-\u9fff]",
    "Japanese": "[\u3040-\u30ff]",
    "Arabic": "[\u0600-\u06ff]",
    "Cyrillic": "[\u0400-\u04ff]",
    "emoji": "[\U0001f300-\U0001faff]",
    "a blank": " ",
}

Items = list[dict[str, Any]]


@pytest.fixture(params=["committed", 1, 2], ids=str)
def seed(request: pytest.FixtureRequest) -> int | None:
    """None for the committed pool, else the seed of a fresh one: what holds for ours holds for a user's."""
    return None if request.param == "committed" else request.param


def pool(vendor: str, seed: int | None) -> Items:
    if seed is not None:
        return make_items(PROVIDERS[vendor], 200, seed)
    return [dict(item) for item in Fixtures([data("fixtures")]).items(vendor)]


def document(vendor: str, name: str) -> Any:
    return json.loads((data("fixtures") / vendor / f"{name}.json").read_bytes())


def decoded(command: str, word: str) -> str:
    """What the Base64 after one word of a command stands for."""
    parts = command.split("/")
    return urlsafe_b64decode(parts[parts.index(word) + 1]).decode()


@pytest.mark.parametrize("vendor", PROVIDERS)
def test_every_item_of_a_pool_has_the_fields_its_dialect_draws_from(vendor: str, seed: int | None) -> None:
    for item in pool(vendor, seed):
        assert {name: type(value) for name, value in item.items()} == FIELDS[vendor]
        assert all(item.values())


@pytest.mark.parametrize("vendor", PROVIDERS)
def test_no_two_items_of_a_pool_are_alike(vendor: str, seed: int | None) -> None:
    items = pool(vendor, seed)
    assert len({tuple(item.items()) for item in items}) == len(items) >= 64


@pytest.mark.parametrize("vendor", COMMANDS)
def test_every_command_is_one_the_vendor_has(vendor: str, seed: int | None) -> None:
    odd = [item["cmd"] for item in pool(vendor, seed) if not re.fullmatch(COMMANDS[vendor], item["cmd"])]
    assert odd == []


@pytest.mark.parametrize(("vendor", "field"), [("qiniu", "name"), ("wangsu", "key")])
@pytest.mark.parametrize("script", SCRIPTS)
def test_file_names_come_in_many_scripts(vendor: str, field: str, script: str, seed: int | None) -> None:
    assert any(re.search(SCRIPTS[script], item[field]) for item in pool(vendor, seed))


def test_media_urls_have_the_two_shapes_of_the_documents_sample(seed: int | None) -> None:
    paths = [urlsplit(item["url"]).path for item in pool("huawei", seed)]
    assert [path for path in paths if not re.fullmatch(MEDIA_URL, path)] == []
    assert {"/play_video/" in path for path in paths} == {True, False}


def test_the_documents_own_media_urls_have_the_shapes_the_pool_is_held_to() -> None:
    for item in document("huawei", "document-sample"):
        assert re.fullmatch(MEDIA_URL, urlsplit(item["url"]).path)


def test_a_file_tasks_command_key_and_url_name_the_same_file(seed: int | None) -> None:
    for item in pool("wangsu", seed):
        url = urlsplit(item["url"])
        assert decoded(item["cmd"], "key") == item["key"] == unquote(url.path)[1:]
        assert url.hostname == f"{decoded(item['cmd'], 'bucket')}.example.com"
        assert item["url"].isascii()
        assert " " not in item["url"]


def test_no_file_task_is_a_deletion_by_prefix(seed: int | None) -> None:
    assert not any(item["cmd"].startswith("deletePrefix") for item in pool("wangsu", seed))


@pytest.mark.parametrize("vendor", PROVIDERS)
def test_no_item_points_at_a_host_that_somebody_owns(vendor: str, seed: int | None) -> None:
    text = dump_items(pool(vendor, seed))
    readable = text + " ".join(urlsafe_b64decode(word).decode("utf-8", "replace") for word in hidden_urls(text))
    hosts = {urlsplit(url).hostname or "" for url in re.findall(r"https?://[^\s\"]+", readable)}
    assert hosts
    assert {host for host in hosts if not f".{host}".endswith(".example.com")} == set()


def hidden_urls(text: str) -> list[str]:
    """Base64 of `http:` or `https:`, wherever a command carries an address."""
    return re.findall(r"(?<=/)aHR0c[A-Za-z0-9_-]+={0,2}", text)


@pytest.mark.parametrize("vendor", PROVIDERS)
def test_the_committed_pool_is_what_its_command_makes(vendor: str) -> None:
    text = (data("fixtures") / vendor / "items.json").read_text(encoding="utf-8")
    assert text == dump_items(make_items(PROVIDERS[vendor], 64, 0))


@pytest.mark.parametrize("vendor", PROVIDERS)
def test_one_seed_makes_one_pool_and_another_seed_another(vendor: str) -> None:
    first, again, other = (make_items(PROVIDERS[vendor], 20, seed) for seed in (7, 7, 8))
    assert first == again != other


def test_making_a_pool_leaves_everybody_elses_randomness_alone() -> None:
    before = random.getstate()
    make_items(PROVIDERS["qiniu"], 5, 1)
    assert random.getstate() == before


def test_a_pool_is_written_as_readable_text_and_read_back_whole(tmp_path: Path) -> None:
    items = [{"name": "夏 🎬", "size": 3}]
    (tmp_path / "made").mkdir()
    (tmp_path / "made" / "items.json").write_text(dump_items(items), encoding="utf-8")
    assert dump_items(items) == '[\n  {\n    "name": "夏 🎬",\n    "size": 3\n  }\n]\n'
    assert Fixtures([tmp_path]).items("made") == tuple(items)


class OneWord:
    """A provider that has a single item."""

    def __init__(self, generator: object) -> None:
        self.generator = generator

    def item(self) -> dict[str, str]:
        return {"cmd": "only"}


@pytest.mark.parametrize("count", [0, -1, MOST + 1])
def test_a_pool_of_no_size_or_too_large_is_refused(count: int) -> None:
    with pytest.raises(InvalidInput, match=f"{count} items asked for, expected 1 to {MOST}"):
        make_items(PROVIDERS["huawei"], count, 0)


def test_a_provider_with_too_few_words_is_told_so() -> None:
    with pytest.raises(InvalidInput, match=r"OneWord has only 1 different items, not 2 \(ask for fewer"):
        make_items(f"{__name__}:OneWord", 2, 0)


@pytest.mark.parametrize(
    "provider", ["no_such_module:Provider", "mock_server.vendors.pool:Nobody", "mock_server.vendors.pool", ""]
)
def test_a_provider_that_does_not_load_is_named(provider: str) -> None:
    with pytest.raises(InvalidInput, match=rf"cannot load '{re.escape(provider)}'.*expected module:Class"):
        make_items(provider, 1, 0)


@pytest.mark.parametrize("vendor", PROVIDERS)
def test_a_documents_sample_items_are_those_of_its_response(vendor: str) -> None:
    response = document(vendor, "document/response")
    items = response["preheating_results" if vendor == "huawei" else "items"]
    wanted = [{field: item[field] for field in SAMPLE_FIELDS[vendor]} for item in items]
    assert list(Fixtures([data("fixtures")]).items(vendor, "document-sample")) == wanted


@pytest.mark.parametrize(
    ("vendor", "key", "count", "id"),
    [
        ("qiniu", "items", 4, "16864pauo1vc9nhp12"),
        ("huawei", "preheating_results", 3, None),
        ("wangsu", "items", 1, "ff80808149deceff014a7090b6700000"),
    ],
)
def test_a_documents_response_is_the_whole_of_its_sample(vendor: str, key: str, count: int, id: str | None) -> None:
    response = document(vendor, "document/response")
    assert (len(response[key]), response.get("id")) == (count, id)


def test_the_documents_media_sample_shows_its_three_states_in_order() -> None:
    results = document("huawei", "document/response")["preheating_results"]
    assert [result["status"] for result in results] == ["processing", "succeed", "failed"]


def test_the_filled_template_has_one_value_for_each_of_its_fields() -> None:
    response = document("wangsu", "document/response")
    assert list(response) == ["id", "code", "desc", "separate", "items"]
    assert list(response["items"][0]) == [
        "cmd", "code", "desc", "error", "hash", "fsize", "key", "url", "decompresslist",
    ]  # fmt: skip
    assert decoded(response["items"][0]["cmd"], "key") == response["items"][0]["key"]
