"""PEM files that somebody named: what they lead to and hold is checked before OpenSSL gives its own opinion."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mock_server.errors import InvalidInput, Problem
from mock_server.paths import why_no_file
from mock_server.settings import flag
from mock_server.types import Bound

CERTIFICATE, KEY = "certificate", "private key"
_MARKS: Mapping[str, re.Pattern[bytes]] = {
    CERTIFICATE: re.compile(rb"-----BEGIN (X509 |TRUSTED )?CERTIFICATE-----"),
    KEY: re.compile(rb"-----BEGIN ([A-Z]+ )?PRIVATE KEY-----"),
}
_MOST = 1 << 20
"""Bytes of a PEM file that are looked through."""
LOOKED_THROUGH = Bound(
    "Part of a PEM file in which the certificate or key is looked for",
    _MOST,
    "bytes",
    "The server does not start: one that stands behind it counts as missing.",
)


def check_pem(setting: str, path: Path, kind: str) -> None:
    """InvalidInput: the file of a setting cannot be read, or holds no certificate, or no private key."""
    problem = _problem(setting, path, kind)
    if problem is not None:
        raise InvalidInput([problem])


def _problem(setting: str, path: Path, kind: str) -> Problem | None:
    hint = f"it takes a PEM file with a {kind}"
    why = why_no_file(path)
    if why is not None:
        return Problem(flag(setting), f"{path} cannot be read: {why}", hint)
    try:
        with path.open("rb") as file:
            text = file.read(_MOST)
    except OSError as error:
        return Problem(flag(setting), f"{path} cannot be read: {error.strerror}", hint)
    if _MARKS[kind].search(text):
        return None
    (other,) = {*_MARKS} - {kind}
    if _MARKS[other].search(text):
        what = f"{path} holds a {other} and no {kind}"
        return Problem(flag(setting), what, "--tls-cert takes the certificate, and --tls-key its key")
    return Problem(flag(setting), f"{path} holds no {kind}", hint)
