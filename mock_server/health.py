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
        host = settings.host.strip("[]")
        host = "127.0.0.1" if host in ("0.0.0.0", "::") else host
        port = settings.port if settings.admin_port is None else settings.admin_port
        status = _status(host, port, tls=settings.tls_cert is not None)
    except MockServerError as error:
        print(error, file=sys.stderr)
        return 1
    except (OSError, http.client.HTTPException) as error:
        print(f"{host}:{port}: {error}", file=sys.stderr)
        return 1
    return 0 if status == 200 else 1


def _status(host: str, port: int, *, tls: bool) -> int:
    plain = http.client.HTTPConnection(host, port, timeout=2)
    with closing(_over_tls(host, port) if tls else plain) as connection:
        # Under whatever name the server listens, this one the admin API always answers to.
        connection.request("GET", "/__admin/health", headers={"Host": "localhost"})
        return connection.getresponse().status


def _over_tls(host: str, port: int) -> http.client.HTTPConnection:
    # Whether the server answers is asked, not who it is: its certificate need not name this address.
    import ssl

    return http.client.HTTPSConnection(host, port, timeout=2, context=ssl._create_unverified_context())


if __name__ == "__main__":
    sys.exit(main())
