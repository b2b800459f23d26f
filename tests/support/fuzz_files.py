"""Scenario files spoiled at random, from the largest there can be: each is loaded or refused in words, and in time.

`python -m tests.support.fuzz_files 400 0` tries so many files, from this seed.
"""

from __future__ import annotations

import gc
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import partial

from mock_server import paths
from mock_server.errors import InvalidInput
from mock_server.scenarios.source import LARGEST
from tests.support.loading import loader
from tests.support.sizes import FILES

MOST = 2.0
"""Seconds of processor time that a file may take on a busy machine; a second is what is promised."""
SIGNS = tuple("{}[]:,\"'#&*!|>%@`\t\r\n-?~0\x00\ufeffé")
WORDS = ("null", "true", "1e9", "&a", "*a", "{}", "[]", "<<", "...", "---", "9" * 30, "''", "x" * 3000, "..", "5s..1s")


def processor_time(action: Callable[[], object]) -> float:
    """The seconds of processor time that an action takes, by itself.

    Left out is what the process adds: the tracing of a coverage run, and garbage collections over all that earlier
    tests left, which took more than the action.
    """
    tracing = sys.gettrace()
    sys.settrace(None)
    gc.freeze()
    try:
        began = time.process_time()
        action()
        return time.process_time() - began
    finally:
        gc.unfreeze()
        sys.settrace(tracing)


def judged(text: str | bytes) -> str:
    """How the loader takes a text: loaded or refused. Any other exception is a defect, and gets out."""
    try:
        loader().load_text(text, "demo", "demo.yaml")
    except InvalidInput as error:
        problems = error.problems
    else:
        return "loaded"
    assert problems, "refused without a reason"
    assert all(len(problem.what) < 10_000 and "\n" not in problem.where for problem in problems)
    return "refused"


def spoiled(chance: random.Random) -> str:
    """A text that is large, or was right, with some changes."""
    shipped = sorted(paths.data("scenarios").glob("*.yaml"))
    if chance.random() < 0.5:
        text = chance.choice(list(FILES.values()))(chance.choice((0.01, 0.1, 0.5, 1)))
    else:
        text = chance.choice(shipped).read_text("utf-8")
    for _ in range(chance.randrange(4)):
        text = _changed(chance, text)
    return text[: LARGEST + 10]


def _changed(chance: random.Random, text: str) -> str:
    start = chance.randrange(len(text) + 1)
    end = min(len(text), start + chance.choice((0, 1, 5, 40)))
    lines = text.split("\n")
    k = chance.randrange(len(lines))
    ways: tuple[Callable[[], str], ...] = (
        lambda: text[:start] + text[end:],
        lambda: text[:start] + chance.choice(SIGNS) + text[end:],
        lambda: text[:start] + chance.choice(WORDS) + text[end:],
        lambda: text[:start] + text[start:end] * chance.choice((2, 50, 3_000)) + text[end:],
        lambda: "\n".join([*lines[:k], *lines[k : k + 1] * chance.choice((2, 30, 900)), *lines[k:]]),
        lambda: text.replace("1", str(chance.choice((0, 7, 1_000, 10**9))), chance.choice((1, 10_000))),
    )
    return chance.choice(ways)()


def _judge(text: str, found: list[str]) -> None:
    found.append(judged(text))


def fuzz(count: int, seed: int) -> Counter[str]:
    """Tries so many files; how many were loaded and how many refused."""
    counts: Counter[str] = Counter()
    for k in range(count):
        text = spoiled(random.Random(f"{seed}/{k}"))
        found: list[str] = []
        try:
            took = processor_time(partial(_judge, text, found))
        except Exception as error:
            raise AssertionError(f"file {k} of seed {seed}: {text[:300]!r}") from error
        counts.update(found)
        assert took < MOST, f"file {k} of seed {seed} takes {took:.1f} s: {text[:300]!r}"
    return counts


def main() -> None:
    """Runs as told on the command line, and says what became of the files."""
    count, seed = (int(word) for word in (sys.argv[1:] + ["2000", "0"][len(sys.argv) - 1 :]))
    print(f"{count} files, seed {seed}: {dict(fuzz(count, seed))}")


if __name__ == "__main__":
    main()
