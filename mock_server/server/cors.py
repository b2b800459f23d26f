"""Cross-origin requests (the Fetch standard, "CORS protocol"): which pages may read what the vendors' paths answer.

Only what the emulator answers goes through here. The admin API never does: no page of another origin may use it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

from mock_server.http.message import Pairs, Request, Response

Answer = Callable[[Request], Response]

ANY = "*"
_TOKENS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*")
_REMEMBERED = 600
"""Seconds for which a browser need not ask again."""
_VARY = ("Vary", "Origin")
_READABLE = ("Access-Control-Expose-Headers", "*")
"""A page may read every header, such as Retry-After."""


def with_cors(answer: Answer, origins: Collection[str]) -> Answer:
    """The same answers, for pages of these origins to read; without any, `answer` itself.

    An origin is compared character by character, and `*` stands for every one. Credentials (cookies) are never allowed.
    A preflight request of such a page is answered here: no vendor sees it, and it is no exchange. What a scenario says
    of a header itself holds.
    """
    if not origins:
        return answer

    # A cache must not hand one origin's answer to another; where all get the same, there is nothing to tell apart.
    vary = () if ANY in origins else (_VARY,)

    def answer_pages(request: Request) -> Response:
        allowed = _allowed(request, origins)
        if allowed is None:
            return _with_defaults(answer(request), vary)
        headers = (("Access-Control-Allow-Origin", allowed), *vary)
        if _is_preflight(request):
            return Response(204, "No Content", (*headers, *_of_preflight(request)), b"")
        return _with_defaults(answer(request), (*headers, _READABLE))

    return answer_pages


def _allowed(request: Request, origins: Collection[str]) -> str | None:
    """What Access-Control-Allow-Origin says; None: no page made this request, or one that may not read the answer."""
    origin = request.header("Origin")  # two of them are joined, and then no origin
    if origin is None:
        return None
    return ANY if ANY in origins else origin if origin in origins else None


def _is_preflight(request: Request) -> bool:
    return request.method == "OPTIONS" and request.header("Access-Control-Request-Method") is not None


def _of_preflight(request: Request) -> Pairs:
    """Whatever the page means to send is allowed: the vendor then answers it as it answers everybody."""
    asked = (
        ("Access-Control-Allow-Methods", request.header("Access-Control-Request-Method")),
        ("Access-Control-Allow-Headers", request.header("Access-Control-Request-Headers")),
    )
    allowed = tuple((name, value) for name, value in asked if value is not None and _TOKENS.fullmatch(value))
    return (*allowed, ("Access-Control-Max-Age", str(_REMEMBERED)))


def _with_defaults(response: Response, more: Pairs) -> Response:
    """The response with these headers, but for those that it has already; Vary then names more."""
    headers = response.headers
    for name, value in more:
        found = response.header(name)
        if found is None:
            headers = (*headers, (name, value))
        elif name == "Vary" and not {"*", "origin"} & {each.strip().lower() for each in found.split(",")}:
            headers = tuple((key, f"{old}, {value}" if key.lower() == "vary" else old) for key, old in headers)
    return response._replace(headers=headers)
