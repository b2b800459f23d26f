"""Builds the site of these pages in `build/site`, in English and in `zh/` in Chinese. It is read without a network.

`python docs/website.py [FOLDER]` gathers the pages and runs mkdocs strictly for each language; then every link of what
came out is followed. A page of the repository that is no page of the site, and a file that a page links to, become
pages under `files/`. mkdocs checks the links inside a language; a link to the other one is written as a placeholder
first, for mkdocs knows only one.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # the tree need not be installed

from docs.site_links import broken  # noqa: E402 - the line above makes it importable

OUT = ROOT / "build" / "site"
ELSEWHERE = "https://other-language.invalid/"
"""What stands for the site's top in a link to the other language until mkdocs is done."""

Nav = list[Any]

ENGLISH_NAV: Nav = [
    {"Home": "index.md"},
    {
        "Start": [
            {"A team with docker-compose": "start-compose.md"},
            {"Tests in CI": "start-ci.md"},
            {"QA without code": "start-qa.md"},
        ]
    },
    {
        "Use": [
            {"How it works": "how-it-works.md"},
            {"Test a client": "testing.md"},
            {"SDKs": "sdks.md"},
            {"Recipes": "recipes.md"},
            {"Examples": "examples.md"},
            {"In containers": "docker.md"},
            {"Many replicas": "scaling.md"},
        ]
    },
    {
        "Scenarios": [
            {"Catalogue": "catalogue.md"},
            {"Scenario files": "scenarios.md"},
            {"Scenario reference": "scenario-reference.md"},
            {"Faults": "faults.md"},
        ]
    },
    {
        "Reference": [
            {"Commands and settings": "reference.md"},
            {"Admin API": "admin-api.md"},
            {"Contracts": "contract.md"},
            {"Limits": "limits.md"},
        ]
    },
    {"Run": [{"Security": "security.md"}, {"Scaling": "scaling.md"}, {"Speed": "benchmarks.md"}]},
    {
        "More": [
            {"Questions": "faq.md"},
            {"Adding a vendor": "adding-a-vendor.md"},
            {"Comparison": "comparison.md"},
            {"Contributing": "contributing.md"},
            {"Changelog": "changelog.md"},
        ]
    },
]
CHINESE_NAV: Nav = [
    {"首页": "index.md"},
    {
        "快速开始": [
            {"团队与 docker-compose": "start-compose.md"},
            {"CI 测试": "start-ci.md"},
            {"手工测试": "start-qa.md"},
        ]
    },
    {"SDK": "sdks.md"},
    {"情形手册": "recipes.md"},
    {"场景目录": "catalogue.md"},
]
PLACES: Mapping[str, str] = MappingProxyType(
    {
        "README.md": "index.md",
        "README.zh.md": "zh/index.md",
        "CONTRIBUTING.md": "contributing.md",
        "CHANGELOG.md": "changelog.md",
    }
)
"""Where pages from outside docs/ are in the site."""
BOOSTS: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys(("catalogue.md", "recipes.md"), 9),
        **dict.fromkeys(("start-ci.md", "start-compose.md", "start-qa.md", "faq.md"), 3),
        **dict.fromkeys(("admin-api.md", "changelog.md", "contract.md", "contributing.md", "limits.md"), 0.5),
    }
)
"""How much a word counts in a search where it is on a page that people look for first, or last; 1 for all others."""
FENCES: Mapping[str, str] = MappingProxyType(
    {".py": "python", ".json": "json", ".yaml": "yaml", ".yml": "yaml", ".js": "js", ".txt": "text", ".sh": "sh"}
)
"""Kinds of files that are shown as a page, and the language of their block; others are copied."""
_FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2 *$", re.M | re.S)
_CHINESE = "[\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]"
_CHINESE_LINES = re.compile(rf"(?<={_CHINESE})\n(?={_CHINESE})")
_LINK = re.compile(r"(?P<before>!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()(?P<to>[^)\s]+)(?P<after>\))")


class Language(NamedTuple):
    """One site of the two. `top`: its folder in the whole; the last four are what mkdocs and the theme are told."""

    name: str
    top: str
    nav: Nav
    other: str
    other_name: str
    description: str
    separator: str


LANGUAGES = (
    Language(
        "en",
        "",
        ENGLISH_NAV,
        "zh",
        "中文",
        "A local stand-in for the task-status APIs of Qiniu, Huawei Cloud VOD and Wangsu",
        r'[\s\-,:!=\[\]()"`/]+|\.(?!\d)|&[lg]t;',
    ),
    # Chinese has no blanks between words: each character is a term, and a query is looked up character by character.
    Language(
        "zh",
        "zh/",
        CHINESE_NAV,
        "en",
        "English",
        "七牛、华为云点播和网宿任务状态接口的本地替身",
        r'[\s\u200b\u3000\-,:!=\[\]()"`/、。，？！；：（）“”]+|\.(?!\d)|&[lg]t;|(?<=[\u4e00-\u9fff])|(?=[\u4e00-\u9fff])',
    ),
)


def place_of(path: str) -> str:
    """Where a file of the repository is in the whole site, as a source: `docs/faq.md` is `faq.md`."""
    if path in PLACES:
        return PLACES[path]
    inner = PurePosixPath(path)
    if inner.parts[0] == "docs":
        return str(PurePosixPath(*inner.parts[1:]))
    shown = inner.suffix in FENCES
    return f"files/{path}.md" if shown else f"files/{path}"


class Gathering:
    """The sources of one language, gathered in a folder."""

    def __init__(self, root: Path, language: Language, folder: Path) -> None:
        self._root, self._language, self._folder = root, language, folder
        self._done: set[str] = set()

    def page(self, path: str) -> None:
        """Adds a page of the repository, and all that it links to that is in no language's site by itself."""
        text = (self._root / path).read_text(encoding="utf-8")
        self._write(path, _outside_code(text, lambda part: _LINK.sub(lambda found: self._linked(path, found), part)))

    def _linked(self, path: str, found: re.Match[str]) -> str:
        target, _, anchor = found["to"].partition("#")
        if urlsplit(found["to"]).scheme or not target:
            return found[0]
        place = self._placed(os.path.normpath(os.path.join(os.path.dirname(path), target)))
        mine = place_of(path).removeprefix(self._language.top)
        if place.startswith("zh/") == bool(self._language.top):
            to = os.path.relpath(place.removeprefix(self._language.top), os.path.dirname(mine) or ".")
        else:
            to = ELSEWHERE + re.sub(r"\.md$", ".html", place)
        return f"{found['before']}{to}{f'#{anchor}' if anchor else ''}{found['after']}"

    def _placed(self, path: str) -> str:
        """Where a linked file is in the whole site; it is added where no navigation has it. OSError: it is nowhere."""
        source = self._root / path
        if source.is_dir():
            path, source = f"{path}/README.md", source / "README.md"
        place = place_of(path)
        # What both languages could have is in the English site alone.
        if place.startswith("zh/") == bool(self._language.top) and path not in self._done:
            self._done.add(path)
            if source.suffix == ".md":
                self.page(path)
            elif source.suffix in FENCES and place.startswith("files/"):
                block = f"~~~~~{FENCES[source.suffix]}\n{source.read_text(encoding='utf-8').rstrip()}\n~~~~~\n"
                self._write(path, f"# {source.name}\n\n`{path}`\n\n{block}", hidden=True)
            else:
                target = self._folder / place.removeprefix(self._language.top)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        return place

    def _write(self, path: str, text: str, *, hidden: bool = False) -> None:
        self._done.add(path)
        place = place_of(path)
        target = self._folder / place.removeprefix(self._language.top)
        target.parent.mkdir(parents=True, exist_ok=True)
        search = "exclude: true" if hidden else f"boost: {BOOSTS.get(place.removeprefix(self._language.top), 1)}"
        head = [f'twin: "{_twin(self._root, self._language, place)}"', f"search: {{{search}}}"]
        # A comment on the first line is for those who open the source.
        body = re.sub(r"\A<!--.*?-->\n+", "", text, flags=re.S)
        # A browser shows the end of a line as a blank, which Chinese text has none of.
        body = _outside_code(body, lambda part: _CHINESE_LINES.sub("", part))
        target.write_text(f"---\n{chr(10).join(head)}\n---\n{body}", encoding="utf-8")


def _twin(root: Path, language: Language, place: str) -> str:
    """The same page in the other language, from the top of this one's site; its first page where there is none."""
    inner = place.removeprefix(language.top)
    if language.top:
        return f"../{inner.removesuffix('.md')}.html"
    twin = inner if (root / "docs" / "zh" / inner).is_file() else "index.md"
    return f"zh/{twin.removesuffix('.md')}.html"


def _outside_code(text: str, change: Any) -> str:
    """The text with what is in no block of code changed."""
    parts, at = [], 0
    for fence in _FENCE.finditer(text):
        parts += [change(text[at : fence.start()]), fence[0]]
        at = fence.end()
    return "".join([*parts, change(text[at:])])


def _named(nav: Nav) -> Iterator[str]:
    for entry in nav:
        for value in [entry] if isinstance(entry, str) else entry.values():
            if isinstance(value, str):
                yield value
            else:
                yield from _named(value)


def navigation(root: Path, language: Language) -> Nav:
    """The pages of a language in order. One that nobody placed yet is under the last title, and not lost."""
    placed = set(_named(language.nav))
    found = sorted(path.name for path in (root / "docs" / language.top).glob("*.md") if path.name not in placed)
    if not found:
        return language.nav
    *before, last = language.nav
    ((title, pages),) = last.items()
    listed = pages if isinstance(pages, list) else [last]
    return [*before, {title: [*listed, *found]}]


def gather(root: Path, language: Language, folder: Path) -> None:
    """Writes the sources of one language into a folder. OSError: a page links to what does not exist."""
    sources = {place: path for path, place in PLACES.items()}
    gathering = Gathering(root, language, folder)
    for name in _named(navigation(root, language)):
        place = language.top + name
        gathering.page(sources.get(place, f"docs/{place}"))


def build(root: Path, out: Path) -> list[str]:
    """Builds both sites in a folder, which is emptied first; what is wrong with links of them, one sentence each.

    mkdocs.exceptions.Abort: mkdocs warned of something.
    """
    from mkdocs.commands.build import build as run  # only those who build a site have it
    from mkdocs.config import load_config

    shutil.rmtree(out, ignore_errors=True)
    for language in LANGUAGES:
        pages = out.parent / f"{out.name}-pages" / language.name
        shutil.rmtree(pages, ignore_errors=True)
        gather(root, language, pages)
        config = load_config(
            str(root / "docs" / "mkdocs.yml"),
            docs_dir=str(pages),
            site_dir=str(out / language.top),
            site_description=language.description,
            nav=navigation(root, language),
            plugins={"search": {"lang": "en", "separator": language.separator}, "offline": {}},
        )
        config.theme["language"] = language.name
        twin = "../index.html" if language.top else "zh/index.html"
        config.extra.update(
            alternate=True,  # for the header; with a list the theme would look for a sitemap, which a file has not
            other=language.other,
            other_name=language.other_name,
            twin=twin,
            polyfills=[*config.extra["polyfills"], *(["assets/chinese-search.js"] if language.top else [])],
        )
        run(config)
    for page in out.rglob("*.html"):
        up = os.path.relpath(out, page.parent)
        page.write_text(page.read_text("utf-8").replace(ELSEWHERE, f"{up}/"), "utf-8")
    return broken(out)


def main(arguments: list[str]) -> int:
    """Builds the site and says what is wrong with it; 1 if anything is."""
    if len(arguments) > 1:
        sys.stderr.write("usage: python docs/website.py [FOLDER]\n")
        return 2
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    out = Path(arguments[0]).resolve() if arguments else OUT
    found = build(ROOT, out)
    sys.stderr.write("".join(f"{each}\n" for each in found))
    if not found:
        sys.stdout.write(f"{out / 'index.html'} and {out / 'zh' / 'index.html'}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
