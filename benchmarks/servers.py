"""The servers that are compared, each with how it is started for a workload. A table, and what makes its files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.interpreter import python
from benchmarks.jvm import has_mockserver, has_wiremock, mockserver, mockserver_many, wiremock, wiremock_many
from benchmarks.places import BUILD, JSON_TYPE, Words, write_json
from benchmarks.process import free_port
from benchmarks.python_servers import bare, has_bare, has_moto, moto
from benchmarks.sample import MANY, ONE, SCENARIOS, Sample, template

OURS = "mock-server"
FLOOR = "nginx, a static file"
LIMIT = "bare uvloop and httptools"
_BIN = BUILD / "node_modules" / ".bin"


class Server(NamedTuple):
    """One server. `one` and `many` write what it needs into a folder and give its command; None: it cannot do that.

    `needs` gives what must be there. `nearest` names what stands for many tasks that each walk through three steps.
    `warm` are seconds of load before anything counts. `echoes`: responses name the task that was asked for.
    """

    name: str
    needs: Callable[[], str | None]
    one: Callable[[Path, int, Sample], Words]
    many: Callable[[Path, int, Sample], Words] | None
    nearest: str = ""
    warm: float = 2.0
    echoes: bool = True

    def missing(self) -> bool:
        """Whether this machine lacks it."""
        return self.needs() is None


def _ours(_: Path, port: int, __: Sample) -> Words:
    return ours(port)


def ours(port: int, *more: str, scenarios: Path | None = SCENARIOS) -> Words:
    """The command of this server, as users start it: wire server, journal, faults and validation on."""
    own = () if scenarios is None else ("--scenarios", str(scenarios))
    return (python().path, "-m", "mock_server", "serve", "--port", str(port), *own, *more)


def _mountebank(folder: Path, port: int, sample: Sample, bodies: tuple[str, ...] = ()) -> Words:
    said: list[dict[str, Any]] = [
        {"is": {"headers": {"Content-Type": JSON_TYPE}, "body": body}} for body in bodies or (sample.body,)
    ]
    if bodies:
        copied = {"from": {"query": sample.name}, "into": "${ID}", "using": {"method": "regex", "selector": ".+"}}
        said = [{**response, "behaviors": [{"copy": copied}]} for response in said]
    stub = {"predicates": [{"equals": {"method": "GET", "path": sample.path}}], "responses": said}
    imposter = {"port": port, "protocol": "http", "host": "127.0.0.1", "stubs": [stub]}
    write_json(folder / "imposters.json", {"imposters": [imposter]})
    files = ("--configfile", "imposters.json", "--noParse", "--pidfile", "mb.pid", "--nologfile")
    own = ("--port", str(free_port()), "--host", "127.0.0.1", "--loglevel", "error")
    return (str(_BIN / "mb"), "start", *files, *own)


def _mountebank_many(folder: Path, port: int, sample: Sample) -> Words:
    bodies = tuple(step.replace(f"{MANY}sample", "${ID}") for step in sample.steps)
    return _mountebank(folder, port, sample, bodies)


def _mockoon(folder: Path, port: int, sample: Sample) -> Words:
    return _mockoon_start(folder, port, sample, sample.body, plain=True)


def _mockoon_many(folder: Path, port: int, sample: Sample) -> Words:
    drawn = "{{{{faker 'string.alphanumeric' {}}}}}".format
    body = template(sample.steps[-1], f"{{{{queryParam '{sample.name}'}}}}", drawn)
    return _mockoon_start(folder, port, sample, body, plain=False)


def _mockoon_start(folder: Path, port: int, sample: Sample, body: str, *, plain: bool) -> Words:
    ids = [f"b0000000-0000-4000-8000-00000000000{k}" for k in range(3)]
    response = {
        "uuid": ids[2],
        "body": body,
        "statusCode": 200,
        "headers": [{"key": "Content-Type", "value": JSON_TYPE}],
        "bodyType": "INLINE",
        "disableTemplating": plain,
        "default": True,
    }
    route = {
        "uuid": ids[1],
        "type": "http",
        "method": "get",
        "endpoint": sample.path.strip("/"),
        "responses": [response],
    }
    document = {
        "uuid": ids[0],
        "lastMigration": 33,
        "name": "bench",
        "port": port,
        "hostname": "127.0.0.1",
        "routes": [route],
        "rootChildren": [{"type": "route", "uuid": ids[1]}],
    }
    write_json(folder / "environment.json", document)
    quiet = ("--disable-log-to-file", "--disable-admin-api", "--max-transaction-logs", "0", "--repair")
    return (str(_BIN / "mockoon-cli"), "start", "--data", "environment.json", "--port", str(port), *quiet)


def _prism(*flags: str) -> Callable[[Path, int, Sample], Words]:
    def start(folder: Path, port: int, sample: Sample) -> Words:
        body = json.loads(sample.body)
        content = {JSON_TYPE: {"schema": _schema(body), "example": body}}
        parameter = {"name": sample.name, "in": "query", "required": True, "schema": {"type": "string"}}
        responses = {"200": {"description": "status", "content": content}}
        paths = {sample.path: {"get": {"parameters": [parameter], "responses": responses}}}
        write_json(
            folder / "openapi.json", {"openapi": "3.0.3", "info": {"title": "b", "version": "1"}, "paths": paths}
        )
        return (str(_BIN / "prism"), "mock", "openapi.json", "--port", str(port), "--verboseLevel", "silent", *flags)

    return start


def _schema(value: Any) -> dict[str, Any]:
    """The least schema of a JSON value of this shape."""
    if isinstance(value, dict):
        properties = {key: _schema(part) for key, part in value.items()}
        return {"type": "object", "properties": properties, "required": list(value)}
    if isinstance(value, list):
        return {"type": "array", "items": _schema(value[0]), "minItems": len(value), "maxItems": len(value)}
    return {"type": "integer" if isinstance(value, int) else "string"}


def _nginx(folder: Path, port: int, sample: Sample) -> Words:
    folder.chmod(0o755)  # its worker may run as another user
    (folder / "body.json").write_text(sample.body, "utf-8")
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"    {place}_temp_path {folder}/{place};" for place in places)
    config = f"""
worker_processes 1;
daemon off;
pid nginx.pid;
error_log stderr crit;
events {{ worker_connections 1024; }}
http {{
{temporary}
    access_log off;
    keepalive_requests 100000000;
    server {{
        listen 127.0.0.1:{port};
        location = {sample.path} {{ default_type {JSON_TYPE}; alias {folder}/body.json; }}
    }}
}}
"""
    (folder / "nginx.conf").write_text(config, "utf-8")
    return (str(_nginx_path()), "-e", "stderr", "-p", str(folder), "-c", "nginx.conf")


def _nginx_path() -> str | None:
    return shutil.which("nginx") or shutil.which("/usr/sbin/nginx")


def _npm(name: str) -> Callable[[], str | None]:
    return lambda: shutil.which(_BIN / name)


_TEMPLATED = "a template: id echoed, random hashes and keys; no steps"
_DRAWN = "random values from the schema; id not echoed, no steps"
_QUIET = ("--no-request-journal", "--disable-request-logging")

_IN_TURN = "three responses in turn for all, id echoed"

SERVERS: tuple[Server, ...] = (
    Server(OURS, lambda: python().path, _ours, _ours, "tasks that move through their steps", 3.0),
    Server("WireMock, journal off", has_wiremock, wiremock(*_QUIET), wiremock_many(*_QUIET), _TEMPLATED, 15.0),
    Server("WireMock, journal on", has_wiremock, wiremock(), wiremock_many(), _TEMPLATED, 15.0),
    Server("MockServer", has_mockserver, mockserver, mockserver_many, _TEMPLATED, 15.0),
    Server("mountebank", _npm("mb"), _mountebank, _mountebank_many, _IN_TURN, 3.0),
    Server("Mockoon CLI", _npm("mockoon-cli"), _mockoon, _mockoon_many, _TEMPLATED, 3.0),
    Server("Prism CLI", _npm("prism"), _prism(), _prism("--dynamic"), _DRAWN, 3.0, echoes=False),
    Server("moto, an object of S3", has_moto, moto, None, "", 3.0),
    Server(FLOOR, _nginx_path, _nginx, None),
    Server(LIMIT, has_bare, bare, None),
)

SAMPLE_ID: Mapping[str, str] = {"one": ONE, "many": f"{MANY}check"}
"""The task that is asked for to see that a server answers rightly, by workload."""
