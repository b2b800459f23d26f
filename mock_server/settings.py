"""All settings in one frozen value, read from flags and `MOCK_SERVER_*` variables."""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, NamedTuple

from mock_server.engine.durations import BadTime, length
from mock_server.errors import InvalidInput, Problem, did_you_mean
from mock_server.http.hosts import allowed_of
from mock_server.types import Bound

PREFIX = "MOCK_SERVER_"
URL, ADMIN_URL, CA = f"{PREFIX}URL", f"{PREFIX}ADMIN_URL", f"{PREFIX}CA"
KEEP_FAILED = f"{PREFIX}KEEP_FAILED"
"""Variables that are not settings: where a running server is, and the authorities to trust for its certificate."""

# Texts, which `re` compiles on their first use: most environments have no variable that is matched with them.
_INJECTED_NAME = rf"""(?xs) {PREFIX}([A-Z0-9_]+_)?(
        SERVICE_HOST | SERVICE_PORT(_[A-Z0-9_]+)?                                  # Kubernetes, for each Service
      | PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR|START|END|PORT_START|PORT_END))?  # that, and docker links
      | ENV_.+                                                                     # docker links: the other's variables
    )"""
_INJECTED_PORT = rf"{PREFIX}([A-Z0-9_]+_)?PORT"
_INJECTED_ADDRESS = r"(tcp|udp|sctp)://(\[[0-9A-Fa-f:.]+\]|[^\s/:\[\]]+):[0-9]{1,5}"
_LINK_NAME, _LINK = rf"{PREFIX}([A-Z0-9_]+_)?NAME", r"/[^/]+/[^/]+"

_ORIGIN = re.compile(r"\*|[a-z][a-z0-9+.-]*://(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")
_DEFAULT_PORT = re.compile(r"http://.*:80|https://.*:443")

MOST_NOTIFY_TIMEOUT = "60s"
LONGEST_PACE = "1d"
_LONGEST_NAME = 200
"""Characters of the name of an unknown variable that a message has."""
MOST_UNKNOWN = 20
"""Variables that are no settings and are named one by one; of the others, only how many there are."""
UNKNOWN = Bound(
    "Variables `MOCK_SERVER_…` that are no settings, each with the nearest that is one",
    MOST_UNKNOWN,
    "variables",
    "Of the others only the number is given. The command is refused anyway.",
)
_SHOWN = 100
"""Characters of a bad value that a message shows."""

Words = str | Sequence[str]
"""The text of a setting: one word, or several if it takes a list."""


class About(NamedTuple):
    """The help of a setting, and how its text is read. `parse` raises ValueError with what it expected."""

    help: str
    parse: Callable[[Words], Any]
    metavar: str = ""
    several: bool = False
    switch: bool = False
    secret: bool = False
    hidden: bool = False
    """Help and documentation leave it out: it changes nothing that a user could see."""


def _setting(default: Any, help: str, parse: Callable[[Words], Any], metavar: str = "", **kinds: bool) -> Any:
    about = About(help, parse, metavar, **kinds)
    return field(default=default, metadata={"about": about}, repr=not about.secret)


def _word(words: Words) -> str:
    return words if isinstance(words, str) else words[-1]


def _one_of(*known: str) -> Callable[[Words], str]:
    def parse(words: Words) -> str:
        word = _word(words)
        if word not in known:
            raise ValueError(f"one of {', '.join(known)}")
        return word

    return parse


def _whole(low: int, high: int) -> Callable[[Words], int]:
    def parse(words: Words) -> int:
        word = _word(words)
        if not (re.fullmatch(r"-?[0-9]{1,20}", word) and low <= int(word) <= high):
            raise ValueError(f"a whole number from {low} to {high}")
        return int(word)

    return parse


def _speed(words: Words) -> float:
    expected = "a number above 0 and at most 1000000"
    try:
        speed = float(_word(words))
    except ValueError:
        raise ValueError(expected) from None
    if not (math.isfinite(speed) and 0 < speed <= 1_000_000):
        raise ValueError(expected)
    return speed


def _url(words: Words) -> str:
    """An address without a slash at its end: a target is appended to it."""
    word = _word(words)
    if not re.fullmatch(r"https?://[A-Za-z0-9._~%\[\]:-]+(/[A-Za-z0-9._~%/-]*)?", word):
        raise ValueError("a URL such as http://127.0.0.1:9000")
    return word.rstrip("/")


def _switch(words: Words) -> bool:
    word = _word(words).lower()
    if word not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ValueError("true or false")
    return word in ("1", "true", "yes", "on")


def _text(words: Words) -> str:
    word = _word(words)
    if not word:
        raise ValueError("a word that is not empty")
    return word


def _store(words: Words) -> str:
    """Its parts are read when the store is opened: what is wrong there is told in more words."""
    word = _word(words)
    if not re.match(r"(?i)rediss?(\+[a-z]+)?://", word):
        raise ValueError("a URL such as redis://127.0.0.1:6379/0")
    return word


def _host(words: Words) -> str:
    word = _text(words)
    try:
        word.encode("idna")  # as the look-up of a name does
    except UnicodeError:
        word = ""
    if not word or re.search(r"[\s/]", word):
        raise ValueError("an address or a host name, without scheme and port")
    return word


def _path(words: Words) -> Path:
    return Path(_text(words))


def _paths(words: Words) -> tuple[Path, ...]:
    if isinstance(words, str):  # of a variable, where blanks between colons are common
        return tuple(Path(word) for word in words.split(os.pathsep) if word)
    if not all(words):
        raise ValueError("a folder or a file")
    return tuple(map(Path, words))


def _options(words: Words) -> tuple[tuple[str, str, str], ...]:
    """`vendor.knob=word` as (vendor, knob, word); the registry checks whether they exist."""
    listed = words.split(",") if isinstance(words, str) else words
    found = []
    for text in listed:
        name, equals, word = text.partition("=")
        vendor, dot, knob = name.strip().partition(".")
        if not (equals and dot and vendor and knob and word):
            raise ValueError("VENDOR.OPTION=WORD")
        found.append((vendor, knob, word.strip()))
    return tuple(found)


def _token(words: Words) -> str:
    word = _word(words)
    if not re.fullmatch(r"[!-~]+", word):
        raise ValueError("printable ASCII without blanks")
    return word


def _access_keys(words: Words) -> tuple[tuple[str, str], ...]:
    """Pairs of an access key and its secret key, the first first."""
    listed = words.split(",") if isinstance(words, str) else words
    found = [re.fullmatch(r"([!-+\--9;-~]+):([!-+\--~]+)", word.strip()) for word in listed]
    pairs = tuple((each[1], each[2]) for each in found if each)
    if not pairs or len(pairs) < len(found) or len(dict(pairs)) < len(pairs):
        raise ValueError("AK:SK, printable ASCII without blanks or commas, each access key once")
    return pairs


def _hosts(words: Words) -> tuple[str, ...]:
    listed = tuple(word.strip().lower() for word in (words.split(",") if isinstance(words, str) else words))
    if not all(re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", word) for word in listed):
        raise ValueError("a name such as mock.example.com, without scheme and port")
    return listed


def _receivers(words: Words) -> tuple[str, ...]:
    """Words that each name receivers of notifications; `http.hosts.allowed_of` takes them apart."""
    listed = tuple(word.strip().lower() for word in (words.split(",") if isinstance(words, str) else words))
    for word in listed:
        allowed_of(word)
    return listed


def _length_up_to(longest: str) -> Callable[[Words], str]:
    def parse(words: Words) -> str:
        try:
            if length(_word(words)) <= length(longest):
                return _word(words)
        except BadTime:
            pass
        raise ValueError(f"a length of time such as 5s, at most {longest}")

    return parse


def _origins(words: Words) -> tuple[str, ...]:
    """Origins as browsers send them (RFC 6454, section 6.1), or `*`."""
    listed = tuple(word.strip() for word in (words.split(",") if isinstance(words, str) else words))
    if not all(_ORIGIN.fullmatch(word) and not _DEFAULT_PORT.fullmatch(word) for word in listed):
        raise ValueError("an origin such as http://localhost:3000, in lower case, without path or default port; or *")
    return listed


@dataclass(frozen=True)
class Settings:
    """How a server runs. Each field is a flag (`--max-tasks`) and a variable (`MOCK_SERVER_MAX_TASKS`)."""

    host: str = _setting(
        "127.0.0.1",
        "The address or name to listen on; :: is every address of IPv6 and IPv4.",
        _host,
        "ADDRESS",
    )
    port: int = _setting(8080, "The port to listen on; 0 chooses a free one.", _whole(0, 65535), "PORT")
    public_url: str | None = _setting(
        None,
        "The URL that the server prints as its own, where clients reach it at another one: behind a published port.",
        _url,
        "URL",
    )
    server: Literal["wire", "flask"] = _setting(
        "wire",
        "The HTTP server: wire (delivers every fault), or flask (the reference; no faults of the connection).",
        _one_of("wire", "flask"),
        "SERVER",
    )
    tls_cert: Path | None = _setting(None, "Serve HTTPS with the certificate chain in this PEM file.", _path, "FILE")
    tls_key: Path | None = _setting(None, "The certificate's key, in a PEM file.", _path, "FILE")
    seed: int = _setting(0, "The seed of all random draws.", _whole(-(2**63), 2**63 - 1), "N")
    profile: Literal["document", "sdk", "live"] = _setting(
        "sdk",
        "The fields of bodies: document (as documented), sdk (and those that SDKs need), live (as in production).",
        _one_of("document", "sdk", "live"),
        "PROFILE",
    )
    scenarios: tuple[Path, ...] = _setting(
        (), "A folder of scenario files, or one file; can be repeated.", _paths, "DIR", several=True
    )
    no_builtin: bool = _setting(False, "Do not load the scenarios that come with mock-server.", _switch, switch=True)
    default_scenario: str | None = _setting(
        None, "The scenario for ids that no scenario claims; without it they get the vendor's 404.", _text, "NAME"
    )
    auth: Literal["off", "check"] = _setting(
        "off",
        "Whether credentials are checked: off, or check (submits must be signed, and polls where the vendor wants it).",
        _one_of("off", "check"),
        "WORD",
    )
    access_key: tuple[tuple[str, str], ...] = _setting(
        (("ak", "sk"),),
        "A pair of keys for signatures, by default ak:sk; can be repeated; better set by the variable.",
        _access_keys,
        "AK:SK",
        several=True,
        secret=True,
    )
    auth_token: str | None = _setting(
        None,
        "The token that X-Auth-Token may have in place of a signature; better set by the variable.",
        _token,
        "TOKEN",
        secret=True,
    )
    notify_allow: tuple[str, ...] = _setting(
        (),
        "A receiver of notifications besides loopback: a name, name:port, address or network; can be repeated.",
        _receivers,
        "HOST",
        several=True,
    )
    notify_timeout: str = _setting(
        "5s",
        f"The most real time that one attempt to notify takes, at most {MOST_NOTIFY_TIMEOUT}.",
        _length_up_to(MOST_NOTIFY_TIMEOUT),
        "LENGTH",
    )
    no_notify: bool = _setting(
        False, "Notify nobody: every notification is an attempt that is refused.", _switch, switch=True
    )
    pace: str = _setting(
        "3s",
        "What stands for a poll where a task with a notify address waits for polls, in case nobody polls it.",
        _length_up_to(LONGEST_PACE),
        "LENGTH",
    )
    speed: float = _setting(1.0, "How fast the virtual clock runs: 2 is twice as fast as real time.", _speed, "X")
    option: tuple[tuple[str, str, str], ...] = _setting(
        (), "An option of one vendor; can be repeated.", _options, "V.OPTION=WORD", several=True
    )
    no_reload: bool = _setting(False, "Do not watch the scenario files for changes.", _switch, switch=True)
    max_tasks: int = _setting(
        1_000_000, "The most tasks that are kept; ended ones make room for new ones.", _whole(1, 10**9), "N"
    )
    journal_entries: int = _setting(10_000, "The most exchanges that the journal keeps.", _whole(0, 10**7), "N")
    journal_bytes: int = _setting(64 << 20, "The most memory that the journal takes.", _whole(0, 2**40), "BYTES")
    store: str | None = _setting(
        None,
        "A store that several servers share, at redis://, rediss://, redis+sentinel:// or redis+cluster://.",
        _store,
        "URL",
        secret=True,
    )
    store_user: str | None = _setting(
        None, "The user of the store; better set by the variable.", _text, "NAME", secret=True
    )
    store_password: str | None = _setting(
        None, "The password of the store; better set by the variable.", _text, "PASSWORD", secret=True
    )
    admin_token: str | None = _setting(
        None,
        "The token that the admin API requires (`Authorization: Bearer TOKEN`); better set by the variable.",
        _token,
        "TOKEN",
        secret=True,
    )
    admin_host: tuple[str, ...] = _setting(
        (),
        "A host name with dots under which the admin API is served as well; can be repeated.",
        _hosts,
        "NAME",
        several=True,
    )
    admin_port: int | None = _setting(
        None,
        "A separate port for the admin API, which is then served nowhere else; 0 chooses a free one.",
        _whole(0, 65535),
        "PORT",
    )
    cors: tuple[str, ...] = _setting(
        (),
        "Let pages of this origin read the vendors' responses, or of any with *; never the admin API; can be repeated.",
        _origins,
        "ORIGIN",
        several=True,
    )
    log_format: Literal["text", "json"] = _setting(
        "text",
        "The format of the log and of all other lines that the command prints.",
        _one_of("text", "json"),
        "FORMAT",
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info",
        "The lowest level that is logged; debug shows every exchange.",
        _one_of("debug", "info", "warning", "error"),
        "LEVEL",
    )
    access_log: bool = _setting(False, "Log a line for every exchange, whatever the level.", _switch, switch=True)

    no_fast_path: bool = _setting(
        False, "Send every poll through all stages, for comparison.", _switch, switch=True, hidden=True
    )

    def options(self) -> dict[str, dict[str, str] | str]:
        """The profile and the vendors' options, as the registry takes them."""
        found: dict[str, dict[str, str] | str] = {"profile": self.profile}
        for vendor, knob, word in self.option:
            knobs = found.setdefault(vendor, {})
            if isinstance(knobs, dict):
                knobs[knob] = word
        return found


ABOUT: Mapping[str, About] = {item.name: item.metadata["about"] for item in fields(Settings)}
"""The help of each setting, in order."""


def flag(name: str) -> str:
    """The flag of a setting: `--journal-entries`."""
    return "--" + name.replace("_", "-")


def variable(name: str) -> str:
    """The environment variable of a setting: `MOCK_SERVER_JOURNAL_ENTRIES`."""
    return PREFIX + name.upper()


def settings_json(settings: Settings) -> dict[str, Any]:
    """Every setting as JSON has it; a secret is true if it is set."""
    return {
        name: (getattr(settings, name) is not None or None) if about.secret else setting_json(getattr(settings, name))
        for name, about in ABOUT.items()
    }


def setting_json(value: Any) -> Any:
    """The value of one setting as JSON has it."""
    if isinstance(value, tuple):
        return [setting_json(part) for part in value]
    return str(value) if isinstance(value, Path) else value


def settings_by_name(values: Mapping[str, Any]) -> Settings:
    """The settings from values by name, as Python has them: `{"seed": 7, "scenarios": ["mine"], "no_reload": True}`.

    None stands for the default. InvalidInput: names every setting that is unknown or cannot be read.
    """
    problems = [Problem(name, "no such setting", did_you_mean(name, ABOUT)) for name in values if name not in ABOUT]
    if problems:
        raise InvalidInput(problems)
    return settings_of({name: _words_of(name, value) for name, value in values.items() if value is not None}, {})


def _words_of(name: str, value: Any) -> Words:
    """A value as the text of a flag."""
    several = isinstance(value, Sequence) and not isinstance(value, str)
    words = [_text_of(each) for each in (value if several else [value])]
    return words if several or ABOUT[name].several else words[0]


def _text_of(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _short(name: str) -> str:
    """The name of a variable, so far as a message names it."""
    return name if len(name) <= _LONGEST_NAME else f"{name[:_LONGEST_NAME]}…"


def _unknown(environ: Mapping[str, str]) -> list[Problem]:
    """The problems of variables that are no settings, each with the closest one: the first `MOST_UNKNOWN`."""
    known = {*map(variable, ABOUT), URL, ADMIN_URL, CA, KEEP_FAILED}
    names = [name for name in environ if name.startswith(PREFIX) and name not in known]
    problems = [
        Problem(_short(name), "no such setting", did_you_mean(name.upper(), map(variable, ABOUT)))
        for name in names[:MOST_UNKNOWN]
    ]
    left = len(names) - len(problems)
    return [*problems, Problem("", f"and {left} more variables that are no settings")] if left else problems


def injected(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The variables with our prefix that no user wrote: platforms add them to a process beside a `mock-server`.

    Kubernetes does for each Service (`MOCK_SERVER_PORT=tcp://10.0.0.1:8080`), and docker links, which GitLab's runner
    uses for services, for each alias. They are passed over, even those that have the name of a setting.
    """
    return tuple(name for name, value in environ.items() if name.startswith(PREFIX) and _is_injected(name, value))


def _is_injected(name: str, value: str) -> bool:
    if re.fullmatch(_INJECTED_NAME, name):
        return True
    if re.fullmatch(_INJECTED_PORT, name):
        return re.fullmatch(_INJECTED_ADDRESS, value) is not None
    return re.fullmatch(_LINK_NAME, name) is not None and re.fullmatch(_LINK, value) is not None


def _quoted(words: Words) -> str:
    return _shown(words) if isinstance(words, str) else ", ".join(map(_shown, words[:3]))


def _shown(word: str) -> str:
    return repr(word if len(word) <= _SHOWN else f"{word[:_SHOWN]}…")


def settings_of(flags: Mapping[str, Words], environ: Mapping[str, str]) -> Settings:
    """The settings from flags (by field name), then from variables, then the defaults.

    Variables that platforms inject are passed over; `injected` names them.
    InvalidInput: names every flag or variable that is unknown or cannot be read, with what it takes.
    """
    others = set(injected(environ))
    environ = {name: value for name, value in environ.items() if name not in others}
    problems = _unknown(environ)
    values: dict[str, Any] = {}
    places: dict[str, str] = {}
    for name, about in ABOUT.items():
        if name in flags:
            where, words = flag(name), flags[name]
        elif environ.get(variable(name)):
            where, words = variable(name), environ[variable(name)]
        else:
            continue
        places[name] = where
        try:
            values[name] = about.parse(words)
        except ValueError as error:
            text = "its value" if about.secret else _quoted(words)
            problems.append(Problem(where, f"{text} will not do: it takes {error}"))
    if problems:
        raise InvalidInput(problems)
    settings = Settings(**values)
    if settings.admin_port == settings.port and settings.port:
        what = f"{settings.port} is the port of the vendors' paths too"
        hint = "choose another, or leave it out to serve both at one port"
        raise InvalidInput([Problem(places["admin_port"], what, hint)])
    return settings
