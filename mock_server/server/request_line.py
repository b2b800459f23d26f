"""What a request line says that is not one of HTTP/1, in words that name it and what to do."""

from __future__ import annotations

TLS = b"\x16"
HTTP_2 = b"PRI "
"""How a client of TLS and one of HTTP/2 begin (RFC 8446, section 5.1; RFC 9113, section 3.4)."""

_ENDS = (b" HTTP/1.1\r\n", b" HTTP/1.0\r\n")


def problem_of_line(line: bytes) -> str | None:
    """What is wrong with a whole request line, in its protocol or its spaces; None if nothing is.

    RFC 9112, section 2.3: the syntax is that of HTTP/1. RFC 9110, section 15.6.6, allows 505 as well.
    """
    if line.endswith(_ENDS):
        # RFC 9112, section 3: the parts are separated by single spaces.
        return "a request line has one space between its parts" if b"  " in line else None
    if line.startswith(HTTP_2):
        return "this is the start of HTTP/2, which is not spoken here: let the client use HTTP/1.1"
    protocol = line.rpartition(b" ")[2].strip()[:40].decode("latin-1")
    return f"{protocol} is not spoken here: ask with HTTP/1.1"


def problem_of_start(start: bytes) -> str | None:
    """What is wrong with the first bytes of a connection that are none of HTTP; None if nobody can tell."""
    if start.startswith(TLS):
        return "this is the start of TLS, and plain HTTP is spoken here: use http://, or serve with --tls-cert"
    return None
