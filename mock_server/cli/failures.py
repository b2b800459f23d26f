"""What a command prints when it fails, whatever the reason: a line that says what to do, and never a traceback."""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from contextlib import suppress
from typing import NamedTuple, TextIO

import click

from mock_server.errors import MockServerError
from mock_server.types import Bound

USAGE = 2
"""The exit code for unusable input, and for work that could not be done."""
DEFECT = 70
"""The exit code for a defect of ours, as sysexits.h has it."""
INTERRUPTED, PIPE_CLOSED = 130, 141
"""The exit codes that a shell gives for Ctrl-C, and for a reader that closed the pipe."""

LONGEST = 2_000
"""Characters of the longest line of an error. The middle of a longer one is left out, for its end says what to do."""
LINE = Bound(
    "Line of an error on the command line",
    LONGEST,
    "characters",
    "Its middle is left out: its end says what to do.",
)

_ESCAPE = "mock-server-escape"


def prepare_streams() -> None:
    """Lets standard output and standard error take any text, whatever their encoding; closed ones take it and drop it.

    A character that the encoding lacks is written as JSON escapes it, so that printed JSON stays the same value.
    """
    codecs.register_error(_ESCAPE, _escaped)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open until the process ends
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_ESCAPE)


class Failure(NamedTuple):
    """How a command that failed ends: its exit code, and what it says, if anything."""

    code: int
    error: MockServerError | None = None


def failure_of(error: BaseException) -> Failure:
    """How a command ends that this error has stopped."""
    match error:
        case KeyboardInterrupt():
            return Failure(INTERRUPTED)
        case MockServerError():
            return Failure(USAGE, error)
        case BrokenPipeError(filename=None):
            _drop(sys.stdout)
            return Failure(PIPE_CLOSED)
        case OSError():
            text = _of_the_system(error)
        case UnicodeError():
            text = f"an argument or a variable holds what is no text: {_cause(error)} (write it in UTF-8)"
        case MemoryError():
            text = "out of memory (give the process more, or ask for less)"
        case _:
            if sys.flags.dev_mode:
                sys.excepthook(type(error), error, error.__traceback__)
            more = "please report it; python -X dev -m mock_server shows more"
            return Failure(DEFECT, MockServerError(f"a defect of mock-server: {_cause(error)} ({more})"))
    return Failure(USAGE, MockServerError(text))


def tell(text: str, longest: int | None = LONGEST) -> None:
    """Prints an error, no line of it longer than that. Where nobody can read it, the exit code has to do."""
    lines = text.split("\n")
    try:
        click.echo("\n".join(lines if longest is None else (shortened(line, longest) for line in lines)), err=True)
    except (OSError, ValueError):
        _drop(sys.stderr)


def shortened(line: str, longest: int = LONGEST) -> str:
    """A line without its middle if it is too long."""
    if len(line) <= longest:
        return line
    return f"{line[: longest * 2 // 3]} […] {line[-(longest // 3 - 5) :]}"


def _of_the_system(error: OSError) -> str:
    """What the system refused, where, and what to do."""
    why = error.strerror or str(error)
    if error.filename is not None:
        return f"{os.fsdecode(error.filename) if isinstance(error.filename, bytes) else error.filename}: {why}"
    if error.errno == errno.ENOENT and not _has_working_folder():
        return "the working folder is gone: change to one that exists"
    _drop(sys.stdout)
    hint = {errno.ENOSPC: "make room, or write elsewhere", errno.EBADF: "open it for writing"}.get(error.errno or 0)
    return f"standard output cannot be written: {why}" + (f" ({hint})" if hint else "")


def _has_working_folder() -> bool:
    try:
        os.getcwd()
    except OSError:
        return False
    return True


def _drop(stream: TextIO) -> None:
    """Sends what is left in the buffer of a stream nowhere: Python would write it at the end, and fail again."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _cause(error: BaseException) -> str:
    """The error in a line, and where it was raised."""
    step, place = error.__traceback__, ""
    while step is not None:
        place = f" at {os.path.basename(step.tb_frame.f_code.co_filename)}:{step.tb_lineno}"
        step = step.tb_next
    return f"{type(error).__name__}: {' '.join(str(error).split())}{place}"


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """What replaces characters that an encoding lacks: JSON's escapes; for a byte that is no text, `\\xff`."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_escape, error.object[error.start : error.end])), error.end


def _escape(character: str) -> str:
    number = ord(character)
    if 0xDC80 <= number <= 0xDCFF:
        return f"\\x{number - 0xDC00:02x}"
    if number <= 0xFFFF:
        return f"\\u{number:04x}"
    high, low = divmod(number - 0x10000, 0x400)
    return f"\\u{0xD800 + high:04x}\\u{0xDC00 + low:04x}"
