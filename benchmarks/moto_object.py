"""moto's server with one object of S3: `python moto_object.py PORT PATH BODY_FILE PACKAGES`."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any


def main(port: int, path: str, body: bytes) -> None:
    """Puts the object and serves until it is ended."""
    from moto.server import (  # type: ignore[import-not-found]  # not installed where types are checked
        DomainDispatcherApplication,
        create_backend_app,
    )
    from werkzeug.serving import WSGIRequestHandler, run_simple

    class Quiet(WSGIRequestHandler):
        """Connections that persist, and no log: as the other servers have it."""

        protocol_version = "HTTP/1.1"

        def log(self, type: str, message: str, *args: Any) -> None:
            """Nothing."""

    app = DomainDispatcherApplication(create_backend_app)
    bucket = path.strip("/").partition("/")[0]
    for target, content in ((f"/{bucket}", b""), (path, body)):
        _put(app, port, target, content)
    run_simple("127.0.0.1", port, app, threaded=True, request_handler=Quiet)


def _put(app: Any, port: int, path: str, body: bytes) -> None:
    """One PUT, without a socket. SystemExit: it is refused."""
    environ = {
        "REQUEST_METHOD": "PUT",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": f"127.0.0.1:{port}",
        "HTTP_X_AMZ_ACL": "public-read",  # nobody signs the requests
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
    }

    def judge(status: str, _: object, __: object = None) -> None:
        if not status.startswith("2"):
            sys.exit(f"PUT {path}: {status}")

    b"".join(app(environ, judge))


if __name__ == "__main__":
    sys.path.append(sys.argv[4])
    main(int(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes())
