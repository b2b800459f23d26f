"""The sections of `reference.md`, one for each list that the program itself contains. `build.py` uses it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

import click

from mock_server.admin.metrics import ANSWER, ANSWER_HELP, FAMILIES
from mock_server.cli import COMMANDS, cli
from mock_server.engine.draws import Draws
from mock_server.engine.scenario import State
from mock_server.faults.kinds import FAULTS
from mock_server.http.errors import OwnError
from mock_server.scenarios.language.errors import error_words, errors_of
from mock_server.settings import ABOUT, Settings, flag, variable
from mock_server.vendors.dialect import Dialect, ItemView, Unserved, View
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import PROFILES, Registry

NOTHING = "–"


class Section(NamedTuple):
    """A heading, a few sentences, and a table."""

    title: str
    text: str
    heads: tuple[str, ...]
    rows: Iterable[tuple[str, ...]]


def sections(root: Path) -> Iterator[Section]:
    """The page's sections, in order, for the tree at `root`."""
    registry = Registry()
    yield _commands()
    yield _settings()
    yield _states(root, registry, items=False)
    yield _states(root, registry, items=True)
    yield _errors(registry)
    yield _unserved(registry)
    yield _faults()
    yield _item_fields(registry)
    yield _options(registry)
    yield _own_errors()
    yield _metrics()


def _commands() -> Section:
    text = "Each command also accepts those of the settings below that apply to it."
    ctx = click.Context(cli, info_name="mock-server")
    rows = []
    for name in COMMANDS:
        command = cli.get_command(ctx, name)
        assert command is not None
        rows.append((f"`mock-server {_usage(command, name)}`", command.get_short_help_str(limit=1000), _own(command)))
        for word, part in command.commands.items() if isinstance(command, click.Group) else ():
            usage, flags = _usage(part, f"{name} {word}"), _own(part, known=_flags(command))
            rows.append((f"`mock-server {usage}`", part.get_short_help_str(limit=1000), flags))
    return Section("Commands", text, ("command", "description", "own flags"), rows)


def _usage(command: click.Command, name: str) -> str:
    words = [param.make_metavar(click.Context(command)) for param in command.params if _is_argument(param)]
    return " ".join([name, *words])


def _own(command: click.Command, known: Collection[str] = ()) -> str:
    """The flags of a command, without settings and without those that are `known` from its group."""
    options = [param for param in command.params if isinstance(param, click.Option) and not _is_setting(param)]
    lines = (f"`{_flag(option)}` {option.help}" for option in options)
    return "<br>".join(line for line in lines if line not in known) or NOTHING


def _flags(command: click.Command) -> frozenset[str]:
    return frozenset(_own(command).split("<br>"))


def _flag(option: click.Option) -> str:
    name = max(option.opts, key=len)
    return name if option.is_flag or option.flag_value is True else f"{name} {option.metavar or 'N'}"


def _is_setting(option: click.Option) -> bool:
    """Whether the option is one of the settings, and not a flag that merely has the same name."""
    return option.name in ABOUT and variable(option.name) in (option.help or "")


def _is_argument(param: click.Parameter) -> bool:
    return isinstance(param, click.Argument)


def _settings() -> Section:
    text = (
        "A flag overrides its variable. An unknown variable that begins with `MOCK_SERVER_` is an error of every "
        "command that reads settings; those that only ask a running server ignore it."
    )
    defaults: dict[str, Any] = {item.name: item.default for item in fields(Settings)}
    rows = []
    for name, about in ABOUT.items():
        if about.hidden:
            continue
        default = defaults[name]
        hidden = about.secret or default is None or default is False or default == ()
        shown = NOTHING if hidden else f"`{default}`"
        words = flag(name) if about.switch else f"{flag(name)} {about.metavar}"
        rows.append((f"`{words}`", f"`{variable(name)}`", shown, about.help))
    return Section("Settings", text, ("flag", "variable", "default", "meaning"), rows)


def _states(root: Path, registry: Registry, *, items: bool) -> Section:
    """Each state with the code that the vendors' own bodies show for it."""
    pools = Fixtures([root / "fixtures"])
    rows = []
    for state in State:
        cells = [
            _code(dialect, state, pools, items=items) if state in _known(dialect, items=items) else NOTHING
            for dialect in registry.dialects()
        ]
        if set(cells) != {NOTHING}:
            rows.append((f"`{state}`", *cells))
    if items:
        return Section("States of an item", "The code of an item.", ("state", *registry.names), rows)
    text = "Each vendor's code for the task. A vendor without the state cannot serve a step that shows it."
    return Section("States of a step", text, ("state", *registry.names), rows)


def _known(dialect: Dialect, *, items: bool) -> frozenset[State]:
    return dialect.item_states if items else dialect.states


def _code(dialect: Dialect, state: State, pools: Fixtures, *, items: bool) -> str:
    pool = pools.items(dialect.name)
    shown = state if state in dialect.item_states else State.SUCCEEDED
    item = dialect.item(ItemView(shown, None, {}, pool[0])).layout
    whole = dialect.derive((shown,)) if items else state
    view = View("id", whole, [item], dialect.words(Draws(0, "id"), 0, pool))
    # `2 [2]`, or `["processing"]` for a vendor without a code for the task.
    code, _, inner = dialect.glance(dialect.body(view)).rstrip("]").partition("[")
    if items:
        return f"`{inner}`"
    return f"`{code.strip()}`" if code else f"items `{inner}`"


def _errors(registry: Registry) -> Section:
    text = (
        "An `error` is a status from 300 to 999, a word that every vendor has, or a code of one vendor. A status that "
        "a vendor does not list is sent with its standard reason phrase as text. [contract.md](contract.md) lists the "
        "texts and their sources."
    )
    rows = []
    statuses = {word for dialect in registry.dialects() for word in dialect.errors if word.isdigit()}
    for word in (*error_words(registry), *sorted(statuses)):
        cells = []
        for dialect in registry.dialects():
            row = dialect.errors[word] if word in statuses & dialect.errors.keys() | errors_of(dialect) else None
            cells.append(f"{row.status} `{row.code}`" if row is not None else NOTHING)
        rows.append((f"`{word}`", *cells))
    return Section("Errors", text, ("error", *registry.names), rows)


def _unserved(registry: Registry) -> Section:
    text = "The vendors' SDKs also call these. The response is the vendor's error, and `X-Mock-Server` has the hint."
    rows = [
        (dialect.name, f"`{known.method} {_path(known)}`".replace("` ", "`"), known.what)
        for dialect in registry.dialects()
        for known in dialect.unserved
    ]
    return Section("Paths that are not served", text, ("vendor", "path", "hint: not served"), rows)


def _path(known: Unserved) -> str:
    return f"{known.path}?{known.parameter}=" if known.parameter else known.path


def _faults() -> Section:
    text = (
        "Faults of the socket need a server that controls its sockets; on any other server the response is a 501 with "
        "`X-Mock-Server-Error: delivery`."
    )
    rows = []
    for name, kind in FAULTS.items():
        lasts = "" if kind.over is None else f" ({kind.over // 1000}s unless `over` is set)"
        seen = "no" if kind.destroys else "yes"
        rows.append((f"`{name}`", kind.about + lasts, "the response" if kind.apply else "the socket", seen))
    return Section("Faults", text, ("fault", "effect", "affects", "the client can read the body"), rows)


def _item_fields(registry: Registry) -> Section:
    rows = [
        (f"`{name}`", dialect.name, str(schema["description"]))
        for dialect in registry.dialects()
        for name, schema in dialect.item_fields.items()
    ]
    text = "The fields that an item of a scenario may set. Other fields are picked from the vendor's pool."
    return Section("Fields of an item", text, ("field", "vendor", "meaning"), rows)


def _options(registry: Registry) -> Section:
    rows = [("`profile`", "all", ", ".join(f"`{profile}`" for profile in PROFILES))]
    rows += [
        (f"`{knob}`", dialect.name, ", ".join(f"`{word}`" for word in words))
        for dialect in registry.dialects()
        for knob, words in dialect.knobs.items()
    ]
    text = (
        "Set them under `options` in a scenario, or for the whole server with `--profile` and `--option`. For a "
        f"vendor's own options the default comes first; the default profile is `{Settings().profile}`."
    )
    return Section("Options", text, ("option", "vendor", "values"), rows)


def _metrics() -> Section:
    text = (
        "`GET /__admin/metrics` returns them in the Prometheus text format. Counters start with the process: a reset "
        "of the server's state does not reset them, except those of the journal."
    )
    rows = [
        (f"`{family.name}`", ", ".join(f"`{label}`" for label in family.labels) or NOTHING, family.help)
        for family in FAMILIES
    ]
    histogram = (f"`{ANSWER}`", "`le`", ANSWER_HELP)
    return Section("Metrics", text, ("metric", "labels", "meaning"), [*rows, histogram])


def _own_errors() -> Section:
    text = (
        "An error of mock-server itself, as opposed to a vendor's, is JSON with `error`, a short name that the header "
        "`X-Mock-Server-Error` repeats, and `message`. The admin API lists every problem under `problems`."
    )
    rows = [(f"`{error.short_name}`", str(error.status), error.about) for error in OwnError]
    return Section("Errors of mock-server", text, ("error", "status", "meaning"), rows)
