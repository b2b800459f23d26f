"""What a scenario is about, in the language of the page where the list of shipped sentences has it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from mock_server.dashboard.visit import Visit
from mock_server.dashboard.words import FOLDER
from mock_server.engine.scenario import Scenario

_HAN = re.compile("[\u3400-\u9fff]")


class About(NamedTuple):
    """A sentence, and the language that it is in, `en` or `zh`. Without one: an empty sentence."""

    text: str = ""
    language: str = "en"


def about_of(visit: Visit, scenario: Scenario) -> About:
    """What a scenario is about. The sentence of a user's scenario is as it is written, also under a shipped name."""
    text = shipped_abouts(visit.words.language).get(scenario.name)
    if text is not None and visit.controls.server.catalogue.is_shipped(scenario):
        return About(text, visit.words.language)
    return About(scenario.about, "zh" if _HAN.search(scenario.about) else "en")


@cache
def shipped_abouts(language: str) -> Mapping[str, str]:
    """By name, the sentences of the shipped scenarios; empty for the language that the files themselves are in."""
    path = FOLDER / f"scenarios.{language}.toml"
    return MappingProxyType(tomllib.loads(path.read_text("utf-8")) if path.is_file() else {})
