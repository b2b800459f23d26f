"""The catalogue of the shipped scenarios in English and Chinese, from the sentences that the server itself shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from mock_server.api.scenarios import GROUPS
from mock_server.dashboard.abouts import shipped_abouts
from mock_server.dashboard.words import words_of
from mock_server.engine.scenario import Scenario
from mock_server.scenarios import Loader
from mock_server.scenarios.shows import group_of
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import Registry

INTRO: Mapping[str, str] = {
    "en": """# The catalogue

Every scenario that comes with mock-server, by kind. A task whose id starts with the name plays it: `happy-path.1`. The
sentence says what happens and what it provokes in a client. `mock-server show NAME` describes a scenario step by step,
`mock-server play NAME` plays it, and `mock-server scenarios --find TEXT` searches them.""",
    "zh": """# 场景目录

mock-server 随附的全部场景，按类别排列。id 以场景名称开头的任务会播放该场景，例如
`happy-path.1`。说明一栏写明会发生什么，以及客户端可能因此出什么问题。`mock-server show NAME` 逐步描述一个场景，
`mock-server play NAME` 不启动服务器即可播放，`mock-server scenarios --find TEXT` 按英文说明查找。""",
}
HEADS: Mapping[str, tuple[str, str, str]] = {
    "en": ("scenario", "vendors", "what happens, and what for"),
    "zh": ("场景", "厂商", "会发生什么，用来检验什么"),
}
ALL: Mapping[str, str] = {"en": "all", "zh": "全部"}


class Shipped(NamedTuple):
    """A scenario of the tree, and the group it is in."""

    scenario: Scenario
    group: str


def shipped(root: Path) -> list[Shipped]:
    """The scenarios of the tree at `root`, by group and name."""
    registry = Registry()
    loader = Loader(registry, Contracts(root / "schemas"), Fixtures([root / "fixtures"]))
    found = loader.load((), root / "scenarios").scenarios
    grouped = [Shipped(one, group_of(one, len(registry.names), shipped=True)) for one in found]
    return sorted(grouped, key=lambda each: (GROUPS.index(each.group), each.scenario.name))


def abouts(root: Path, language: str) -> Mapping[str, str]:
    """The sentence of each shipped scenario in a language, by its name."""
    translated = shipped_abouts(language)
    return {each.name: translated.get(each.name, each.about) for each, _ in shipped(root)}


def sections(root: Path, language: str) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """The title of each group in a language, and its rows: name, vendors, sentence."""
    words, vendors = words_of(language), Registry().names
    every, said = shipped(root), abouts(root, language)
    for group in dict.fromkeys(each.group for each in every):
        rows = []
        for scenario in (each.scenario for each in every if each.group == group):
            served = ALL[language] if set(scenario.vendors) == set(vendors) else ", ".join(scenario.vendors)
            rows.append((f"`{scenario.name}`", served, said[scenario.name]))
        yield words(f"group.{group}"), rows
