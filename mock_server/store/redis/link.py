"""Scripts and commands of one store, and what goes wrong with them, as `Away`."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha1
from importlib import resources
from typing import Any, Literal, TypeVar

import redis

from mock_server.store.redis.fibers import apart
from mock_server.store.redis.primary import Primary
from mock_server.store.store import Away

T = TypeVar("T")

ScriptName = Literal["read", "commit", "fence", "control", "journal", "copy", "actions"]
Word = bytes | str | int


Command = tuple[ScriptName, tuple[Word, ...]]
"""A script and its words."""
Steps = Generator[Command, Any, None]
"""What is done by commands: it gives them, and gets what each answers, or Away raised where it stands."""

_MOVING = ((redis.exceptions.AskError, "ASK "), (redis.exceptions.TryAgainError, "TRYAGAIN "))
"""What a node of a cluster answers while keys of the store are moved to another one. ASK is never followed: that node
would run the script on what it has so far."""
_ELSEWHERE = ((redis.exceptions.MovedError, "MOVED "), (redis.exceptions.ClusterDownError, "CLUSTERDOWN "))
"""What a node of a cluster answers that does not hold the store any more."""


def _says(error: Exception, kinds: Sequence[tuple[type[Exception], str]]) -> bool:
    """Whether an error is one of these. Older versions of redis-py have these classes for clients of clusters alone."""
    return any(isinstance(error, kind) or str(error).startswith(word) for kind, word in kinds)


@cache
def script_of(name: ScriptName) -> tuple[str, str]:
    """A script, and the name by which Redis knows it once it has it."""
    home = resources.files(__package__)
    parts = ("common", "log", name) if name in ("copy", "journal") else ("common", name)
    text = "\n".join((home / f"{part}.lua").read_text("utf-8") for part in parts)
    return text, sha1(text.encode(), usedforsecurity=False).hexdigest()


class Link:
    """The keys of a store on its primary. Any thread may call it. Nothing that writes is ever sent twice by itself."""

    def __init__(self, primary: Primary) -> None:
        self._primary = primary
        self.prefix = primary.url.prefix.encode()
        """How all keys begin."""

    @property
    def timeout(self) -> float:
        """Seconds after which an answer is not waited for any more."""
        return self._primary.url.timeout / 1000

    def _client(self) -> redis.Redis:
        return self._primary.client

    def run(self, name: ScriptName, *words: Word) -> Any:
        """What a script answers. Away: nobody knows whether it ran."""
        return apart(lambda: self._ran(name, *words))

    def _ran(self, name: ScriptName, *words: Word) -> Any:
        text, digest = script_of(name)
        with self._answered():
            try:
                return self._sent("EVALSHA", digest, 1, self.prefix, *words)
            except redis.exceptions.NoScriptError:  # it ran nothing
                return self._sent("EVAL", text, 1, self.prefix, *words)

    def drive(self, steps: Generator[Command, Any, T], failed: Away | None = None) -> T:
        """What comes of commands that are run one after the other; `failed` is what became of one that was begun."""
        try:
            name, words = next(steps) if failed is None else steps.throw(failed)
            while True:
                try:
                    answer = self.run(name, *words)
                except Away as error:
                    name, words = steps.throw(error)
                else:
                    name, words = steps.send(answer)
        except StopIteration as over:
            result: T = over.value
            return result

    def connection(self) -> Any:
        """A connection of its own, which no other command uses: redis-py's. It waits. Away: there is none."""
        with self._answered():
            made = self._client().connection_pool.make_connection()
            made.connect()  # type: ignore[no-untyped-call]  # redis-py leaves it so
            return made

    def failed(self, error: Exception) -> Away:
        """What a failed command is. It waits: who holds the store is looked up anew where another server may."""
        if _says(error, _ELSEWHERE) or not isinstance(error, redis.ResponseError):
            with suppress(Exception):  # it is away, and stays so
                self._primary.refresh()
        elif _says(error, _MOVING):
            return Away("the cluster is moving it to another node")
        # Of what Redis itself says, none holds a password; a failed connection names host and port.
        return Away(f"{type(error).__name__}: {error}")

    def ask(self, name: ScriptName, *words: Word) -> Any:
        """As `run`, for what changes nothing: asked again once if the connection was gone."""
        try:
            return self.run(name, *words)
        except Away:
            return self.run(name, *words)

    def listen(self, name: str) -> redis.client.PubSub:
        """A subscription to a channel of this store, on a connection of its own."""
        with self._answered():
            heard: redis.client.PubSub = self._client().pubsub(ignore_subscribe_messages=True)  # type: ignore[no-untyped-call]  # redis-py leaves it so
            heard.subscribe(self.prefix + name.encode())
        return heard

    def read(self, *commands: Sequence[Word]) -> list[Any]:
        """What commands answer that change nothing, all of one moment. After its name, each has a key of this store."""
        try:
            return apart(lambda: self._transaction(commands))
        except Away:
            return apart(lambda: self._transaction(commands))

    def write(self, commands: Sequence[Sequence[Word]]) -> None:
        """Commands that change what nobody else looks at, one after the other."""
        apart(lambda: self._written(commands))

    def _written(self, commands: Sequence[Sequence[Word]]) -> None:
        with self._answered(), self._client().pipeline(transaction=False) as pipeline:
            self._fill(pipeline, commands)
            pipeline.execute()

    def _sent(self, *words: Word) -> Any:
        return self._client().execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py leaves it so

    @contextmanager
    def _answered(self) -> Iterator[None]:
        """Whatever goes wrong with Redis in the block is Away, in words."""
        try:
            yield
        except redis.RedisError as error:
            raise self.failed(error) from error

    def _transaction(self, commands: Sequence[Sequence[Word]]) -> list[Any]:
        with self._answered(), self._client().pipeline(transaction=len(commands) > 1) as pipeline:
            self._fill(pipeline, commands)
            return pipeline.execute()

    def _fill(self, pipeline: Any, commands: Sequence[Sequence[Word]]) -> None:
        for name, key, *rest in commands:
            assert isinstance(key, str | bytes)
            own = self.prefix + (key if isinstance(key, bytes) else key.encode())
            pipeline.execute_command(name, own, *rest)
