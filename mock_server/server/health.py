"""`python -m mock_server.server.health`: asks the configured port whether the server is ready, for HEALTHCHECK."""

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
        return _unhealthy(str(error))
    except (OSError, http.client.HTTPException) as error:
        return _unhealthy(f"{host}:{port}: {str(error) or type(error).__name__}")
    except KeyboardInterrupt:
        return 130
    return 0 if status == 200 else _unhealthy(f"{host}:{port}: it answers {status}")


def _unhealthy(why: str) -> int:
    """Prints why, where somebody can read it. The exit code says it anyway."""
    try:
        print(why, file=sys.stderr, flush=True)
    except OSError:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - Python would try again at the end
    return 1


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
