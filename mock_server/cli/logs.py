"""How the commands write the log: one line per event, as text for people or as JSON for machines."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from mock_server.cli.log_writer import LogWriter
from mock_server.engine import machine_clock
from mock_server.engine.timestamps import moment_text
from mock_server.errors import InvalidInput, MockServerError
from mock_server.journal.access_log import ACCESS as ACCESS
from mock_server.journal.access_log import FIELDS as FIELDS
from mock_server.settings import flag, injected, variable

NAME = "mock_server"

Form = Literal["text", "json"]

log = logging.getLogger(NAME)


class JsonLines(logging.Formatter):
    """One JSON object per line: `time` (UTC), `level`, `message`, the event's own fields, `traceback` if any."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one event."""
        fields = getattr(record, FIELDS, None)
        more = dict(fields()) if fields is not None else {}
        if record.exc_info:
            more["traceback"] = self.formatException(record.exc_info)
        return json_line(record.levelname.lower(), record.getMessage(), at=record.created, **more)


def json_line(level: str, message: str, *, at: float | None = None, **fields: Any) -> str:
    """One event as JSON: `time`, `level`, `message`, then its own fields. All ASCII, so that any stream takes it."""
    moment = moment_text(int((machine_clock.real() if at is None else at) * 1000))
    return json.dumps({"time": moment, "level": level, "message": message, **fields})


def line(form: Form, level: str, message: str, **fields: Any) -> str:
    """A line that a command prints beside its log: the message itself, or JSON where the log is."""
    return json_line(level, message, **fields) if form == "json" else message


def problem_lines(error: MockServerError) -> Sequence[str]:
    """Why a command cannot go on, where its log is JSON: one line for each problem."""
    if not isinstance(error, InvalidInput):
        return [json_line("error", str(error))]
    return [json_line("error", str(each), where=each.where, what=each.what, hint=each.hint) for each in error.problems]


def form_of(words: Sequence[str], environ: Mapping[str, str]) -> Form:
    """The form that a command's words and variables ask for, also when they cannot be read as settings."""
    asked = environ.get(variable("log_format"), "")
    name = flag("log_format")
    for place, word in enumerate(words):
        if word == "--":
            break
        if word == name and place + 1 < len(words):
            asked = words[place + 1]
        elif word.startswith(f"{name}="):
            asked = word.partition("=")[2]
    return "json" if asked.strip() == "json" else "text"


def set_up(form: Form, level: str, *, access: bool = False) -> None:
    """Sends our log to standard error, from this level up. Other libraries' logs are left alone.

    Exchanges without a problem are logged only with `access`, at any level, or at the level debug.
    """
    handler = _handler(form)
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter("%(levelname)s %(message)s"))
    for old in log.handlers:
        if isinstance(old, LogWriter):
            old.close()
    log.handlers[:] = [handler]
    log.setLevel(level.upper())
    log.propagate = False
    every = access or log.level <= logging.DEBUG
    logging.getLogger(ACCESS).setLevel(logging.INFO if every else max(log.level, logging.WARNING))


def set_up_process(form: Form, level: str, *, access: bool = False) -> None:
    """`set_up` for a process that is a server and nothing else: whatever is said in it goes through the same log."""
    set_up(form, level, access=access)
    root = logging.getLogger()
    root.handlers[:] = log.handlers
    root.setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = lambda type, error, trace: log.critical("defect", exc_info=(type, error, trace))
    threading.excepthook = _thread_failed


def flush() -> None:
    """Writes what is still to be written, as far as somebody reads it."""
    for handler in log.handlers:
        handler.flush()


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    name = failure.thread.name if failure.thread is not None else "?"
    error = failure.exc_value or failure.exc_type()
    log.critical("defect in the thread %s", name, exc_info=error)


def _handler(form: Form) -> logging.Handler:
    """Writes in a thread, unless standard error is no file: then nobody can hold it up."""
    try:
        descriptor = sys.stderr.fileno()
    except (AttributeError, OSError, io.UnsupportedOperation):
        return logging.StreamHandler(sys.stderr)
    return LogWriter(descriptor, lambda count: _lost(form, count))


def _lost(form: Form, count: int) -> str:
    text = f"{count} lines of the log were lost: they came faster than somebody read them"
    return json_line("warning", text, lost=count) if form == "json" else f"WARNING {text}"


def log_injected(environ: Mapping[str, str]) -> None:
    """Logs, at debug level, the variables that a platform injected and that were passed over, if there are any."""
    passed_over = injected(environ)
    if passed_over:
        names = ", ".join(sorted(passed_over))
        log.debug("variables that the platform sets, passed over: %s", names)
