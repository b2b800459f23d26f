"""The table of vendors, and the dialect of each under given options."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, get_args

from mock_server.engine.draws import Draws
from mock_server.engine.scenario import Profile
from mock_server.errors import InvalidInput, Problem, did_you_mean, unknown_vendor
from mock_server.settings import Settings, flag
from mock_server.vendors.dialect import Dialect, ErrorRow
from mock_server.vendors.huawei.status import Huawei
from mock_server.vendors.qiniu.status import Qiniu
from mock_server.vendors.wangsu.status import Wangsu

PROFILES: tuple[Profile, ...] = get_args(Profile)


class Vendor(NamedTuple):
    """Everything one vendor offers: one field for each API of it that is emulated, and what goes with them.

    `status` makes the dialect of its status API. `provider` is where its Faker provider is, as `module:Class`: Faker is
    slow to import, so that waits for its first use. Submits, signatures and notifications belong to the dialect, which
    has defaults for a vendor without them.
    """

    status: Callable[[], Dialect]
    provider: str


SHIPPED = (
    Vendor(Qiniu, "mock_server.vendors.qiniu.provider:QiniuProvider"),
    Vendor(Huawei, "mock_server.vendors.huawei.provider:HuaweiProvider"),
    Vendor(Wangsu, "mock_server.vendors.wangsu.provider:WangsuProvider"),
)
"""The vendors there are. Another one is a package, its folders of schemas and fixtures, and a line here."""

Options = Mapping[str, Mapping[str, str] | str]
"""`profile`, and per vendor its knobs: unchecked values, as a scenario or a setting has them."""


class Registry:
    """The vendors of one server, with the options its settings give. Immutable but for a cache of dialects."""

    def __init__(self, vendors: Sequence[Vendor] = SHIPPED, options: Options | None = None) -> None:
        self._plain = {dialect.name: dialect for dialect in (vendor.status() for vendor in vendors)}
        self._options: Options = options or {}
        self._cache: dict[tuple[object, ...], Dialect] = {}
        self._usual: dict[str, Dialect] = {}
        self.names: tuple[str, ...] = tuple(self._plain)

    def __contains__(self, vendor: str) -> bool:
        return vendor in self._plain

    def dialect(self, vendor: str, options: Options | None = None) -> Dialect:
        """A vendor's dialect under this server's options, overridden by a scenario's. `judge` was called on both."""
        if not options and vendor in self._usual:
            return self._usual[vendor]
        settings = {**self._fields(vendor, self._options), **self._fields(vendor, options or {})}
        key = (vendor, *sorted(settings.items()))
        if key not in self._cache:
            plain: Any = self._plain[vendor]
            self._cache[key] = dataclasses.replace(plain, **settings)
        if not options:
            self._usual[vendor] = self._cache[key]
        return self._cache[key]

    def dialects(self) -> tuple[Dialect, ...]:
        """Every vendor's dialect under this server's options."""
        return tuple(self.dialect(name) for name in self.names)

    def request_ids(self) -> frozenset[str]:
        """The names, in lower case, of the headers that every response of a vendor has besides those of its body."""
        draws = Draws(0, "")
        names = {name.lower() for dialect in self.dialects() for name, _ in dialect.headers(draws, 0)}
        return frozenset(name for name in names if not name.startswith("content-"))

    def judge(self, options: Options, where: str = "options") -> list[Problem]:
        """What is wrong with options: unknown vendors, knobs and values."""
        problems = []
        for key, value in options.items():
            if key == "profile":
                if value not in PROFILES:
                    problems.append(
                        Problem(f"{where}.profile", f"no profile {value!r}", did_you_mean(str(value), PROFILES))
                    )
            elif key not in self:
                problems.append(unknown_vendor(f"{where}.{key}", key, ("profile", *self.names)))
            elif isinstance(value, str):
                known = ", ".join(self._plain[key].knobs) or "none"
                problems.append(
                    Problem(f"{where}.{key}", f"expected options of {key}, found {value!r}", f"it has {known}")
                )
            else:
                problems.extend(self._judge_knobs(key, value, f"{where}.{key}"))
        return problems

    def error_rows(self) -> Mapping[str, Mapping[str, ErrorRow]]:
        """Each vendor's error table."""
        return {name: dialect.errors for name, dialect in self._plain.items()}

    def _judge_knobs(self, vendor: str, knobs: Mapping[str, str], where: str) -> list[Problem]:
        known = self._plain[vendor].knobs
        problems = []
        for knob, word in knobs.items():
            if knob not in known:
                problems.append(
                    Problem(f"{where}.{knob}", f"{vendor} has no option {knob!r}", did_you_mean(knob, known))
                )
            elif word not in known[knob]:
                problems.append(
                    Problem(f"{where}.{knob}", f"{word!r} is not a word of it", did_you_mean(word, known[knob]))
                )
        return problems

    @staticmethod
    def _fields(vendor: str, options: Options) -> dict[str, Any]:
        """The fields of a vendor's dialect that options set."""
        knobs = options.get(vendor, {})
        assert not isinstance(knobs, str)  # `judge` refuses a word where a vendor's knobs belong
        return {**({"profile": options["profile"]} if "profile" in options else {}), **knobs}


def registry_of(settings: Settings, vendors: Sequence[Vendor] = SHIPPED) -> Registry:
    """The vendors under these settings' options. InvalidInput: an option that no vendor has."""
    options = settings.options()
    problems = Registry(vendors).judge(options, flag("option"))
    if problems:
        raise InvalidInput(problems)
    return Registry(vendors, options)
