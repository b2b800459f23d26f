"""A certificate authority kept in a folder, and TLS with a certificate for whichever name a client asks for."""

from __future__ import annotations

import os
import re
import ssl
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING

from mock_server.errors import InvalidInput, Problem
from mock_server.paths import why_no_file

if TYPE_CHECKING:
    import trustme

CERTIFICATE = "ca.pem"
"""The certificate that clients trust, in the CA's folder."""
KEY = "private/ca-key.pem"
"""The key, which the server alone needs, in a folder of its own, so that a separate volume can be mounted there."""
LOCAL = ("localhost", "127.0.0.1", "::1")
"""The names in the certificate for a client that asks for none."""

_NAME = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*")


class Encrypted(Exception):
    """A key needs a pass phrase."""


def load_chain(context: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """Gives TLS its certificate chain and key, from PEM files.

    Encrypted: the key needs a pass phrase, which the library would ask a terminal for, though a server has none.
    OSError, ssl.SSLError: they cannot be used.
    """

    def refuse() -> str:
        raise Encrypted

    context.load_cert_chain(certificate, key, password=refuse)


def encrypted_problem(where: str, key: Path) -> Problem:
    """The problem of a key that needs a pass phrase."""
    hint = f"decrypt it: openssl pkey -in {key} -out plain-key.pem"
    return Problem(where, f"the key {key} is encrypted, and no pass phrase is asked for", hint)


def authority(folder: Path) -> trustme.CA:
    """The CA in the folder, made there at the first call. InvalidInput: it cannot be written or read."""
    try:
        import trustme
    except ImportError:
        what = "certificates need the package trustme, which is not installed"
        raise InvalidInput([Problem("--ca-dir", what, "pip install '.[intercept]' in the source tree")]) from None
    certificate, key = folder / CERTIFICATE, folder / KEY
    try:
        if not certificate.exists():
            _keep(trustme.CA(organization_name="mock-server"), certificate, key)
        for path in (certificate, key):
            if (why := why_no_file(path)) is not None:
                raise OSError(f"{path}: {why}")
        # This checks that the two belong together, which trustme does not.
        load_chain(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), certificate, key)
        return trustme.CA.from_pem(certificate.read_bytes(), key.read_bytes())
    except Encrypted:
        raise InvalidInput([encrypted_problem("--ca-dir", key)]) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        what = f"no certificate authority can be kept in {folder}, as {CERTIFICATE} and {KEY}: {reason}"
        hint = "it must be a folder that may be written; without those two files a new one is made"
        raise InvalidInput([Problem("--ca-dir", what, hint)]) from None


def _keep(ca: trustme.CA, certificate: Path, key: Path) -> None:
    """Writes both, the certificate last and atomically: whoever finds it finds it whole, with its key."""
    key.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    key.unlink(missing_ok=True)
    with open(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(ca.private_key_pem.bytes())
    unfinished = certificate.with_suffix(".part")
    unfinished.write_bytes(ca.cert_pem.bytes())
    unfinished.chmod(0o644)
    unfinished.replace(certificate)


class Certificates:
    """One CA's certificates, each made when a client first asks for its name. Not safe for several threads.

    At most `most` are kept. Beyond that the oldest is dropped, and made again when it is next asked for.
    """

    def __init__(self, ca: trustme.CA, most: int = 1000) -> None:
        self._ca = ca
        self._most = most
        self._contexts: OrderedDict[str, ssl.SSLContext] = OrderedDict()

    def tls(self) -> ssl.SSLContext:
        """TLS for a listener. The server name (SNI) that a client sends decides which certificate it gets."""
        context = self._context(*LOCAL)
        context.sni_callback = self._choose
        return context

    def _choose(self, connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> int | None:
        if name is None:
            return None
        name = name.lower()
        if not _NAME.fullmatch(name):
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        try:
            connection.context = self._named(name)
        except ValueError:  # no name that a certificate can carry
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None

    def _named(self, name: str) -> ssl.SSLContext:
        if name not in self._contexts:
            self._contexts[name] = self._context(name)
            if len(self._contexts) > self._most:
                self._contexts.popitem(last=False)
        return self._contexts[name]

    def _context(self, *names: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        self._ca.issue_cert(*names, organization_name="mock-server").configure_cert(context)
        return context
