"""What people mean by a word that is no command: another word for one, else a misspelling."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from mock_server.errors import nearest

OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    # the commands themselves
    "serve": ("run", "server", "start", "up"),
    "check": ("lint", "test", "validate", "verify"),
    "scenarios": ("catalogue", "list", "ls"),
    "play": ("poll", "preview", "simulate", "try"),
    "new": ("create", "init", "template"),
    "import": ("convert", "har"),
    "fixture": ("items", "pool"),
    "receive": ("callback", "listen", "sink", "webhook"),
    "intercept": ("mitm", "proxy"),
    "tasks": ("jobs", "status"),
    "requests": ("exchanges", "history", "journal", "log", "logs"),
    "faults": ("arm", "chaos", "disarm", "errors", "inject"),
    "rules": ("submits",),
    "notifications": ("attempts", "callbacks", "notices", "notify", "webhooks"),
    "clock": ("advance", "freeze", "resume", "time", "unfreeze"),
    "actions": ("audit", "hands"),
    "bundle": ("export", "load", "save", "snapshot"),
    "diff": ("compare",),
    "watch": ("follow", "tail", "top"),
    # those of the clock
    "freeze": ("halt", "hold", "lock", "pause", "stop", "unresume"),
    "resume": ("continue", "go", "play", "restart", "run", "start", "thaw", "unfreeze", "unlock", "unpause"),
    "advance": ("add", "forward", "jump", "move", "pass", "shift", "skip", "sleep", "tick", "travel", "wait"),
    "set": ("at", "goto", "to"),
    "speed": ("fast", "faster", "rate", "scale", "slow"),
    # those of tasks
    "create": ("add", "make", "new", "submit"),
    "next": ("advance", "forward", "skip", "step"),
    "goto": ("go", "jump", "move", "set", "to"),
    "fail": ("abort", "break", "cancel", "error"),
    "finish": ("complete", "done", "end", "succeed"),
    "shift": ("age", "pass", "sleep", "time", "wait"),
    # those of requests
    "unmatched": ("misses", "missing", "near", "unknown"),
    "verify": ("assert", "check", "count", "expect", "test"),
    "wait": ("await", "until"),
    # those of several
    "show": ("cat", "get", "info", "inspect", "one", "view"),
    "record": ("export", "save", "scenario"),
    "arm": ("add", "create", "inject", "make", "new", "set"),
    "add": ("create", "make", "new", "put", "set"),
    "upload": ("add", "create", "load", "new", "put", "save"),
    "send": ("add", "create", "notify", "push", "resend", "retry", "trigger"),
    "save": ("backup", "download", "dump", "export", "get", "write"),
    "load": ("import", "open", "put", "read", "restore", "upload"),
    "disarm": ("clear", "delete", "drop", "forget", "off", "remove", "reset", "rm", "stop", "unarm"),
    "drop": ("clear", "del", "delete", "forget", "remove", "reset", "rm"),
    "forget": ("clear", "del", "delete", "drop", "remove", "reset", "rm"),
    "remove": ("clear", "del", "delete", "drop", "forget", "rm"),
    "reset": ("clean", "clear", "flush"),
}
"""By command: words of other tools for it. A group takes those of the commands that it has."""
_REVERSALS = ("un", "de", "dis", "re")
"""What turns a word into its opposite, so that the word that is left is not what was meant."""


def meant(word: str, commands: Collection[str]) -> str | None:
    """The command that a word most likely means, if any does."""
    small = word.lower()
    known = next((name for name in commands if small == name or small in OTHER_WORDS.get(name, ())), None)
    if known is not None:
        return known
    opposites = [small.removeprefix(start) for start in _REVERSALS if small.startswith(start)]
    return nearest(small, [name for name in commands if name not in opposites])
