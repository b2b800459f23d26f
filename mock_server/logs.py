"""How the log is written: one line an event, as text for people or as JSON for machines."""

from __future__ import annotations

import json
import logging
import sys
from typing import Literal

from mock_server.engine.timestamps import moment_text

NAME = "mock_server"
ACCESS = f"{NAME}.access"
"""The log of exchanges. It is a log of its own so that a loaded server need not write a line for each of them."""
FIELDS = "fields"
"""What an event has besides its message: under this name a function that makes a mapping, called only for JSON."""


class JsonLines(logging.Formatter):
    """One JSON object a line: `time` (UTC), `level`, `message`, the event's own fields, `traceback` if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        """The line of one event."""
        line = {
            "time": moment_text(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
        }
        fields = getattr(record, FIELDS, None)
        if fields is not None:
            line |= fields()
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up(form: Literal["text", "json"], level: str, *, access: bool = False) -> None:
    """Sends our log to standard error in this form, from this level up; other libraries' logs are left alone.

    Exchanges that went well are told only with `access`, whatever the level, and at the level debug.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger(NAME)
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
    every = access or logger.level <= logging.DEBUG
    logging.getLogger(ACCESS).setLevel(logging.INFO if every else max(logger.level, logging.WARNING))
