"""How the commands write the log: one line per event, as text for people or as JSON for machines."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from typing import Literal

from mock_server.engine.timestamps import moment_text
from mock_server.journal.access_log import ACCESS as ACCESS
from mock_server.journal.access_log import FIELDS as FIELDS
from mock_server.settings import injected

NAME = "mock_server"


class JsonLines(logging.Formatter):
    """One JSON object per line: `time` (UTC), `level`, `message`, the event's own fields, `traceback` if any."""

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
    """Sends our log to standard error, from this level up. Other libraries' logs are left alone.

    Exchanges without a problem are logged only with `access`, at any level, or at the level debug.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else logging.Formatter("%(levelname)s %(message)s"))
    logger = logging.getLogger(NAME)
    logger.handlers[:] = [handler]
    logger.setLevel(level.upper())
    logger.propagate = False
    every = access or logger.level <= logging.DEBUG
    logging.getLogger(ACCESS).setLevel(logging.INFO if every else max(logger.level, logging.WARNING))


def tell_injected(environ: Mapping[str, str]) -> None:
    """Logs, at debug level, the variables that a platform injected and that were passed over, if there are any."""
    passed_over = injected(environ)
    if passed_over:
        names = ", ".join(sorted(passed_over))
        logging.getLogger(NAME).debug("variables that the platform sets, passed over: %s", names)
