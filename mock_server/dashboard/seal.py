"""What tells this server's own forms and visitors from others: seals under a secret that lives as long as it does."""

from __future__ import annotations

import hmac
import re
import secrets

from mock_server.http.message import Request

_ORDINARY = re.compile(r"[^a-z0-9]+")


class Seals:
    """The seals of one server. Each comparison takes as long for a value that is nearly right."""

    def __init__(self, token: str | None) -> None:
        self._secret = secrets.token_bytes(32)
        self._token = token
        self.form = self._of(b"form")
        """What each of our forms holds, hidden."""

    def fits(self, form: str) -> bool:
        """Whether a form is one of ours."""
        return hmac.compare_digest(form.encode("utf-8", "replace"), self.form.encode())

    def opens(self, token: str) -> bool:
        """Whether this is the token of the admin API."""
        return self._token is not None and hmac.compare_digest(
            token.encode("utf-8", "replace"), self._token.encode("utf-8", "replace")
        )

    def admits(self, request: Request) -> bool:
        """Whether the visitor has given the token, or none is needed."""
        if self._token is None:
            return True
        sent = cookies(request).get(session_name(request), "")
        return hmac.compare_digest(sent.encode("utf-8", "replace"), self.session.encode())

    @property
    def session(self) -> str:
        """What the cookie of a visitor holds who has given the token."""
        return self._of(b"session " + (self._token or "").encode("utf-8", "replace"))

    def _of(self, what: bytes) -> str:
        return hmac.new(self._secret, what, "sha256").hexdigest()


def session_name(request: Request) -> str:
    """The name of the session's cookie: a browser sends the cookies of one host to all of its ports."""
    return f"mock-server-{_ORDINARY.sub('-', (request.header('Host') or '').lower())}"


def cookies(request: Request) -> dict[str, str]:
    """The cookies of a request; of equal names the first."""
    found: dict[str, str] = {}
    for part in (request.header("Cookie") or "").replace(",", ";").split(";"):
        name, _, value = part.strip().partition("=")
        found.setdefault(name, value)
    return found


def cookie(name: str, value: str, *, lasts: int | None = None, hidden: bool = True, secure: bool = False) -> str:
    """The value of a Set-Cookie. `lasts`: seconds; None: as long as the browser is open."""
    words = [f"{name}={value}", "Path=/__admin", "SameSite=Lax"]
    words += [] if lasts is None else [f"Max-Age={lasts}"]
    words += ["HttpOnly"] if hidden else []
    return "; ".join([*words, *(["Secure"] if secure else [])])
