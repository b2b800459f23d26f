"""Settings made into running parts. Knows no Flask and no socket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mock_server import paths
from mock_server.emulator.commit import Ledger
from mock_server.emulator.credentials import Credentials
from mock_server.emulator.decide import Rules
from mock_server.emulator.emulator import Emulator
from mock_server.emulator.notifications import Notifications
from mock_server.engine.durations import length
from mock_server.engine.machine_clock import monotonic_ns, real_ns
from mock_server.engine.task import version_of
from mock_server.errors import InvalidInput, unknown_scenario
from mock_server.faults.armed import Armed
from mock_server.journal.actions import Actions
from mock_server.journal.refusals import Refusals
from mock_server.notify.guard import Guard
from mock_server.notify.look_up import is_here
from mock_server.notify.postman import Postman
from mock_server.scenarios import Loader
from mock_server.scenarios.catalogue.catalogue import Catalogue
from mock_server.scenarios.catalogue.versions import Held
from mock_server.scenarios.compiled import CompiledLibrary
from mock_server.scenarios.load import ShippedLibrary
from mock_server.scenarios.sharing import Sharing
from mock_server.settings import Settings, flag
from mock_server.store.open import open_store
from mock_server.store.outage import Outage
from mock_server.store.store import Store
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.credentials import keys_of
from mock_server.vendors.fixtures import Fixtures
from mock_server.vendors.registry import SHIPPED, Registry, Vendor, registry_of
from mock_server.vendors.render import Renderer


class Server(NamedTuple):
    """The parts of one server. Two of them in one process share nothing."""

    settings: Settings
    registry: Registry
    renderer: Renderer
    catalogue: Catalogue
    store: Store
    ledger: Ledger
    emulator: Emulator
    stopping: threading.Event
    """Set when the server is to end, so that nothing goes on waiting."""
    spare: threading.Event
    """Set by a server that has threads to spare: elsewhere a wait for requests holds none, lest it be the only one."""
    loader: Loader
    real: Callable[[], int]
    """The machine's time in milliseconds."""
    armed: tuple[Armed, ...]
    """The faults in force from the start."""
    forgets: list[Callable[[], None]]
    """What frees the memory of each thing that is remembered only to be faster. Whoever remembers such a thing adds to
    it; a reset of the tasks calls them all. Any thread may."""
    refusals: Refusals
    """What was refused before it was a request."""
    actions: Actions
    """What was done to the server."""
    notifications: Notifications
    """What its tasks owe, as attempts to be made."""
    postman: Postman
    """Who makes them."""
    outage: Outage
    """Since when the store is away, if it is."""


def assemble(
    settings: Settings,
    *,
    real_clock: Callable[[], int] | None = None,
    armed: Sequence[Armed] = (),
    vendors: Sequence[Vendor] = SHIPPED,
    contracts: Contracts | None = None,
    fixtures: Fixtures | None = None,
    shipped: ShippedLibrary | None = None,
) -> Server:
    """A server's parts, its scenarios loaded and checked. InvalidInput: every bad setting, or every bad file.

    `vendors`, `contracts` and `fixtures` are arguments so that another vendor or the reference validator can be put in;
    `shipped`, by default what the package was built with, so that who makes many servers need not load it for each.
    """
    now = real_clock or machine_clock()
    registry = registry_of(settings, vendors)
    # Compiled with these parts and no other; and without options, of which one vendor's may change what a file shows.
    as_built = vendors is SHIPPED and contracts is None and fixtures is None and not settings.option
    fixtures = fixtures or Fixtures([paths.data("fixtures")])
    contracts = contracts or Contracts()
    loader = Loader(registry, contracts, fixtures, (shipped or CompiledLibrary()) if as_built else None)
    opened = open_store(settings, now, armed)
    store, now = opened.store, real_clock or opened.real
    sharing = None if opened.texts is None else Sharing(store, opened.texts, loader)
    actions = Actions(now, lambda: store.control().clock, opened.actions)
    catalogue = Catalogue(
        loader,
        settings.scenarios,
        None if settings.no_builtin else paths.data("scenarios"),
        lambda: _held(store),
        lambda what: actions.add("reload", what),
        pace=length(settings.pace),
        sharing=sharing,
    )
    _check_default(settings, catalogue)
    renderer = Renderer(registry, contracts, fixtures)
    shared = None if sharing is None else catalogue
    ledger = Ledger(store, lambda: catalogue.library, now, actions, shared)
    keys = keys_of(settings)
    # A machine that slept is behind by the clock that never goes back, and the dates of signatures are not.
    real = real_clock or (lambda: real_ns() // 1_000_000)
    credentials = Credentials(keys, real) if settings.auth == "check" else None
    guard = Guard(settings, is_here)
    rules = Rules(renderer, settings.seed, settings.default_scenario, keys, guard.refusal)
    outage = Outage(now, opened.where, opened.check)
    emulator = Emulator(ledger, rules, credentials, outage)
    stopping = threading.Event()
    notifications = Notifications(ledger, rules, stats=emulator.stats)
    postman = Postman(notifications, ledger, settings, stopping, guard, shared=sharing is not None)
    store.stir = postman.stir
    opened.listen(stopping)
    if not settings.no_reload:
        catalogue.watch(stopping)
    return Server(
        settings,
        registry,
        renderer,
        catalogue,
        store,
        ledger,
        emulator,
        stopping,
        threading.Event(),
        loader,
        now,
        tuple(armed),
        [renderer.forget, emulator.ids.forget, ledger.given.forget],
        Refusals(now),
        actions,
        notifications,
        postman,
        outage,
    )


def _held(store: Store) -> Held:
    """Which versions the tasks of a store hold."""
    versions = {version_of(record) for _, record in store.scan()}
    return Held(versions, sum(store.counts().values()))


def machine_clock() -> Callable[[], int]:
    """The machine's time in whole milliseconds since 1970, which never goes back while the server runs."""
    offset = real_ns() - monotonic_ns()
    return lambda: (offset + monotonic_ns()) // 1_000_000


def _check_default(settings: Settings, catalogue: Catalogue) -> None:
    name, known = settings.default_scenario, catalogue.library.scenarios
    if name is not None and name not in known:
        raise InvalidInput([unknown_scenario(flag("default_scenario"), name, known)])
