"""What the pages must contain, and must not invent: keys, flags, links, modules; and the words they avoid."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import pytest

from mock_server.cli import COMMANDS, cli
from mock_server.engine.scenario import State
from mock_server.faults.kinds import FAULTS
from mock_server.scenarios.language.errors import error_words
from mock_server.scenarios.language.schema import scenario_schema
from mock_server.settings import ABOUT, ADMIN_URL, CA, KEEP_FAILED, URL, flag, injected, variable
from mock_server.vendors.registry import Registry
from tests.support.documents import PAGES, ROOT

GUIDE = ROOT / "CONTRIBUTING.md"
CHINESE = (ROOT / "README.zh.md", *sorted((ROOT / "docs" / "zh").glob("*.md")))
READ = (*PAGES, GUIDE, *sorted(ROOT.glob("examples/*/README.md")), ROOT / "benchmarks" / "README.md")
"""Every page that is written for people, the generated ones included."""

AVOIDED: Mapping[str, str] = {
    "reply": r"repl(?:y|ies|ied)",
    "door": r"doors?",
    "rooms for stages": r"rooms|room [1-4]",
    "by hand": r"by hand|in a hand|hands?(?= (?:lets|moves|that))",
    "task's hand": r"(?:task's|its|a) hand",
    "strike": r"str(?:ikes?|uck)",
    "spoil": r"spoil(?:s|ed|t)?",
    "told": r"(?<![-`])told(?![-`=])",  # a filter, and scenarios such as `told-twice`, are named so
    "desk": r"desks?",
    "shelf": r"shel(?:f|ves)",
    "anew": r"anew",
    "for ever": r"for ever",
    "least and most for a range": r"least and (?:the |its )?most",
}
"""Private or archaic words, each with its pattern. Say: response, server, stage, manually, handle, apply, range."""


def named(page: Path) -> str:
    """A page's path in the repository."""
    return str(page.relative_to(ROOT))


def code_of(page: Path) -> list[str]:
    """The inline code of a page, without blocks."""
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"`[^`\n]+`", text)


SETTINGS = [name for name, about in ABOUT.items() if not about.hidden]
CODE = "\n".join(word for page in PAGES for word in code_of(page))
WORDS = [
    *(flag(name) for name in SETTINGS),
    *(f"`{variable(name)}`" for name in SETTINGS),
    *(f"`mock-server {name}" for name in COMMANDS),
    *(f"`{name}`" for name in FAULTS),
    *(f"`{path.stem}`" for path in sorted((ROOT / "scenarios").glob("*.yaml"))),
    *(f"`{word}`" for word in error_words(Registry())),
    *(f"`{state}`" for state in State),
]


@pytest.mark.parametrize("word", WORDS)
def test_every_name_is_documented(word: str) -> None:
    assert word in CODE


def keys_of(schema: object) -> Iterator[str]:
    """Every key of the scenario language, except the fields of items and the names of vendors."""
    if isinstance(schema, list):
        for part in schema:
            yield from keys_of(part)
    elif isinstance(schema, dict):
        named = schema.get("properties", {})
        yield from (key for key, value in named.items() if "description" in value)
        for part in schema.values():
            yield from keys_of(part)


def language_keys() -> list[str]:
    registry = Registry()
    fields = {field for dialect in registry.dialects() for field in dialect.item_fields}
    known = {*map(str, State), *registry.names, *fields}
    return sorted(set(keys_of(scenario_schema(registry))) - known)


@pytest.mark.parametrize("key", language_keys())
def test_every_key_of_the_language_is_documented_on_its_page(key: str) -> None:
    page = ROOT / "docs" / "scenarios.md"
    assert [word for word in code_of(page) if re.search(rf"\b{key}\b", word)], f"{page.name} does not say what it is"


@pytest.mark.parametrize("page", ["docs/catalogue.md", "docs/zh/catalogue.md"])
def test_a_catalogue_has_a_row_with_a_sentence_for_each_shipped_scenario(page: str) -> None:
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| [^|]+ \| .{5,} \|$", (ROOT / page).read_text(encoding="utf-8"), re.M)
    assert sorted(rows) == sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))


PLUGIN_FLAGS = frozenset(f"--mock-server-{word}" for word in ("url", "admin-url", "token", "ca", "run"))
NO_SETTINGS = frozenset({URL, ADMIN_URL, CA, KEEP_FAILED})
"""What the plugin adds to pytest's own; tests/pytest_plugin/test_plugin.py uses each."""


COMPOSE_FLAGS = frozenset({"--detach", "--exit-code-from", "--profile", "--rm"})
"""Flags of `docker compose`; tests/docker uses each."""


def known_flags() -> set[str]:
    """Every flag of our commands, and the flags of Flask, pytest and compose that the pages name."""
    ctx = click.Context(cli)
    known = {"--help", "--version", "--app"}
    for name in COMMANDS:
        command = cli.get_command(ctx, name)
        assert command is not None
        parts = command.commands.values() if isinstance(command, click.Group) else ()
        known.update(word for each in (command, *parts) for param in each.params for word in param.opts)
    return known | PLUGIN_FLAGS | COMPOSE_FLAGS


@pytest.mark.parametrize("page", [*PAGES, *CHINESE], ids=named)
def test_a_page_names_no_flag_variable_or_command_that_does_not_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert set(re.findall(r"(?<![\w!<-])--[a-z][a-z-]*", text)) <= known_flags()
    variables = set(re.findall(r"\bMOCK_SERVER_[A-Z_]*[A-Z]\b", text))
    assert variables - set(injected(dict.fromkeys(variables, ""))) <= {*map(variable, ABOUT), *NO_SETTINGS}
    assert set(re.findall(r"(?:`|\$ )mock-server ([a-z]+)", text)) <= set(COMMANDS)


def anchors_of(page: Path) -> set[str]:
    """The anchors of a page's headings, as hosting sites generate them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*READ, *CHINESE, ROOT / "CHANGELOG.md"], ids=named)
def test_every_link_leads_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors_of(target), link


def prose(page: Path) -> str:
    """A page's text. Of the one made from the OpenAPI document without fields and shapes, which keep their names."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"`[^`\n]+`|\[\w+\]\(#\w+\)|^### \w+$", "", text, flags=re.M) if page.name == "admin-api.md" else text


@pytest.mark.parametrize("page", READ, ids=named)
def test_a_page_uses_the_terms_of_the_field(page: Path) -> None:
    found = [
        f"line {number}: {word}"
        for number, line in enumerate(prose(page).splitlines(), 1)
        for word, pattern in AVOIDED.items()
        if re.search(rf"\b(?:{pattern})\b", line, re.I)
    ]
    assert not found


@pytest.mark.parametrize(
    ("sentence", "word"),
    [
        ("Moved by hand, if at all.", "by hand"),
        ("a task's hand", "task's hand"),
        ("Replies are kept.", "reply"),
        ("The fault struck.", "strike"),
        ("there is no room for another task, on the other hand", None),
        ("a task handle; the client handles errors; outdoors", None),
    ],
)
def test_words_to_avoid_are_found_as_whole_words(sentence: str, word: str | None) -> None:
    found = [name for name, pattern in AVOIDED.items() if re.search(rf"\b(?:{pattern})\b", sentence, re.I)]
    assert found == ([] if word is None else [word])


def paths_in(page: Path) -> set[str]:
    """The paths in this repository that a page names in backquotes; patterns such as `schemas/<name>/` are none."""
    return {code for code in re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8")) if re.fullmatch(PATH, code)}


PATH = r"[\w.-]+(?:/[\w.-]+)*(?:/|\.(?:py|yaml|md|txt|svg))|[a-z_]+(?:/[a-z_]+)+"


def exists(path: str) -> bool:
    """Whether a path leads somewhere, from the top or from the package; a module needs no suffix."""
    places = (ROOT / path, ROOT / "mock_server" / path, ROOT / "mock_server" / f"{path}.py")
    return any(place.exists() for place in places)


@pytest.mark.parametrize("page", [ROOT / "docs" / "how-it-works.md", GUIDE], ids=named)
def test_every_module_that_a_guide_names_exists(page: Path) -> None:
    made = {"mock_server/_data/", "scenarios/NAME.yaml", "docs/NAME.md", "status.py", "items.py", "provider.py"}
    made |= {"build/site", "submit.py", "signing.py", "notify.py"}
    paths = paths_in(page) - made
    assert len(paths) > 20
    assert sorted(path for path in paths if not exists(path)) == []


def test_every_module_in_the_drawing_exists() -> None:
    drawing = (ROOT / "docs" / "how-it-works.svg").read_text(encoding="utf-8")
    paths = re.findall(r'<text class="path"[^>]*>([a-z_/]+)</text>', drawing)
    assert len(paths) > 10
    assert [path for path in paths if not exists(path)] == []


def test_the_map_shows_only_what_exists() -> None:
    chart = GUIDE.read_text("utf-8").partition("## The map")[2].partition("## Style")[0]
    first = [line.split("|")[1] for line in chart.splitlines() if line.startswith("| `")]
    named = re.findall(r"`([a-z_]+/?)`", " ".join(first))
    assert len(named) > 20
    assert [name for name in named if not exists(name)] == []
