"""The servers that run on the JVM: WireMock and MockServer, each from the jar of its npm package."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.places import BUILD, JSON_TYPE, Words, write_json
from benchmarks.sample import Sample, template

_WIREMOCK = "wiremock/build/wiremock-standalone-*.jar"
_MOCKSERVER = "mockserver-node/mockserver-netty-*-jar-with-dependencies.jar"
Start = Callable[[Path, int, Sample], Words]


def has_wiremock() -> str | None:
    """What runs WireMock; None where it or Java is missing."""
    return _java_for(_WIREMOCK)


def has_mockserver() -> str | None:
    """What runs MockServer; None where it or Java is missing."""
    return _java_for(_MOCKSERVER)


def wiremock(*flags: str) -> Start:
    """One body for all."""

    def start(folder: Path, port: int, sample: Sample) -> Words:
        _wiremock_mapping(folder, sample, {"body": sample.body})
        return _wiremock(folder, port, *flags)

    return start


def wiremock_many(*flags: str) -> Start:
    """A template."""

    def start(folder: Path, port: int, sample: Sample) -> Words:
        drawn = "{{{{randomValue length={} type='ALPHANUMERIC'}}}}".format
        body = template(sample.steps[-1], f"{{{{request.query.{sample.name}}}}}", drawn)
        _wiremock_mapping(folder, sample, {"body": body, "transformers": ["response-template"]})
        return _wiremock(folder, port, *flags)

    return start


def mockserver(folder: Path, port: int, sample: Sample) -> Words:
    """One body for all."""
    response = {"statusCode": 200, "headers": {"Content-Type": [JSON_TYPE]}, "body": sample.body}
    return _mockserver(folder, port, sample, {"httpResponse": response})


def mockserver_many(folder: Path, port: int, sample: Sample) -> Words:
    """A template."""
    id = f"$request.queryStringParameters.{sample.name}.get(0)"
    body = template(sample.steps[-1], "%ID%", lambda length: "$uuid")
    # The body is a string within the JSON that the template makes.
    text = json.dumps(body).replace("%ID%", id)
    made = f'{{"statusCode": 200, "headers": {{"Content-Type": ["{JSON_TYPE}"]}}, "body": {text}}}'
    return _mockserver(folder, port, sample, {"httpResponseTemplate": {"template": made, "templateType": "VELOCITY"}})


def _wiremock_mapping(folder: Path, sample: Sample, response: Mapping[str, Any]) -> None:
    request: dict[str, Any] = {
        "method": "GET",
        "urlPath": sample.path,
        "queryParameters": {sample.name: {"matches": ".+"}},
    }
    said = {"status": 200, "headers": {"Content-Type": JSON_TYPE}, **response}
    (folder / "mappings").mkdir(exist_ok=True)
    write_json(folder / "mappings" / "status.json", {"request": request, "response": said})


def _wiremock(folder: Path, port: int, *flags: str) -> Words:
    bind = ("--bind-address", "127.0.0.1", "--port", str(port), "--root-dir", str(folder))
    return ("java", "-jar", _jar(_WIREMOCK), *bind, "--disable-banner", *flags)


def _mockserver(folder: Path, port: int, sample: Sample, said: Mapping[str, Any]) -> Words:
    request = {"method": "GET", "path": sample.path, "queryStringParameters": {sample.name: [".+"]}}
    write_json(folder / "expectations.json", [{"httpRequest": request, **said}])
    settings = {
        "initializationJsonPath": str(folder / "expectations.json"),
        "logLevel": "ERROR",
        "disableSystemOut": "true",
        "localBoundIP": "127.0.0.1",
    }
    flags = [f"-Dmockserver.{name}={value}" for name, value in settings.items()]
    return ("java", *flags, "-jar", _jar(_MOCKSERVER), "-serverPort", str(port))


def _java_for(pattern: str) -> str | None:
    return shutil.which("java") if any((BUILD / "node_modules").glob(pattern)) else None


def _jar(pattern: str) -> str:
    (jar,) = (BUILD / "node_modules").glob(pattern)
    return str(jar)
