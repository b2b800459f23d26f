"""`python -m mock_server.health`: asks the configured port whether the server is ready, for HEALTHCHECK."""

from __future__ import annotations

import http.client
import os
import sys
from contextlib import closing

from mock_server.errors import MockServerError
from mock_server.settings import settings_of


def main() -> int:
    """0 if the server answers that it is ready, else 1 with the reason on standard error."""
    try:
        settings = settings_of({}, os.environ)
        host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host
        status = _status(host, settings.port)
    except MockServerError as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, http.client.HTTPException) as error:
        print(f"{host}:{settings.port}: {error}", file=sys.stderr)
        return 1
    return 0 if status == 200 else 1


def _status(host: str, port: int) -> int:
    with closing(http.client.HTTPConnection(host, port, timeout=2)) as connection:
        connection.request("GET", "/__admin/health")
        return connection.getresponse().status


if __name__ == "__main__":
    sys.exit(main())
