"""The signs of what a client sees: told apart by shape first, then by colour, then by the word beside them.

Each is 16 by 16 and is drawn in the colour of its place. `#fff` is what shines through.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_ENVELOPE = '<rect x="1.5" y="3.5" width="13" height="9" rx="1.5" {paint}/><path d="M2 5l6 4 6-4" fill="none" {line}/>'
_STROKE = 'stroke="currentColor" stroke-width="1.5"'
_OUTLINE, _SOLID = f'fill="none" {_STROKE}', f'fill="currentColor" {_STROKE}'
_WHITE = 'stroke="#fff" stroke-width="1.5"'

_RING = f'<circle cx="8" cy="8" r="5.5" {_OUTLINE}/>'
_HALF = "M8 2.5a5.5 5.5 0 0 0 0 11z"
_TORN = "M3 1.5h7l3 3V9l-2.5-1.5L8 9.5 5.5 8 3 9.5zM3 11.5L5.5 10 8 11.5l2.5-2L13 11v3.5H3z"
_MARK = "M6 6.5a2 2 0 1 1 2.6 1.9L8 9.5M8 11v1"

SIGNS: Mapping[str, str] = {
    "submitted": f'<path d="M8 10V2.5M4.5 6L8 2.5 11.5 6M2.5 10.5v3h11v-3" {_OUTLINE}/>',
    "answered": f'<path d="M2.5 3h11v7.5h-6l-3 2.5v-2.5h-2z" {_OUTLINE}/>',
    "told": f'<path d="M2 8L14 2.5 10.5 13.5 7.5 9zM7.5 9L14 2.5" {_OUTLINE} stroke-linejoin="round"/>',
    "waiting": _RING,
    "processing": f'{_RING}<path d="{_HALF}" fill="currentColor"/>',
    "succeeded": '<circle cx="8" cy="8" r="6.5" fill="currentColor"/>'
    f'<path d="M5 8.2l2.2 2.2L11 6.2" fill="none" {_WHITE}/>',
    "failed": '<rect x="2" y="2" width="12" height="12" rx="2" fill="currentColor"/>'
    f'<path d="M5.5 5.5l5 5M10.5 5.5l-5 5" fill="none" {_WHITE}/>',
    "error": f'<path d="M8 1.5l6.5 12h-13z" fill="currentColor"/><path d="M8 6v3.5M8 11v1.5" fill="none" {_WHITE}/>',
    "cut": '<path d="M9.5 1L3 9h4l-1 6 7-8.5H9z" fill="currentColor"/>',
    "spoiled": f'<path d="{_TORN}" fill="currentColor"/>',
    "unmatched": f'<circle cx="8" cy="8" r="6" {_OUTLINE} stroke-dasharray="2.5 2"/><path d="{_MARK}" {_OUTLINE}/>',
    "notifying": _ENVELOPE.format(paint=_OUTLINE, line=_STROKE),
    "notified": _ENVELOPE.format(paint=_SOLID, line=_WHITE),
    "notify_failed": _ENVELOPE.format(paint=_OUTLINE, line=_STROKE) + f'<path d="M2 14L14 2" {_OUTLINE}/>',
}
"""By the word of what a client sees, what is drawn. `cut` is also the sign of a scripted fault."""

TOOLS: Mapping[str, str] = {
    "hand": f'<path d="M5 8.5V4a1 1 0 0 1 2 0v3.5V3a1 1 0 0 1 2 0v4.5V4a1 1 0 0 1 2 0v4-1.5a1 1 0 0 1 2 0V10'
    f'a4.5 4.5 0 0 1-4.5 4.5c-2 0-3-1-4-2.5L2.7 9.6a1 1 0 0 1 1.6-1.1L5 9.5z" {_OUTLINE} stroke-linejoin="round"/>',
    "clock": f'<circle cx="8" cy="8" r="6" {_OUTLINE}/><path d="M8 4.5V8l2.5 1.5" {_OUTLINE}/>',
    "file": f'<path d="M4 1.5h5l3 3v10H4zM9 1.5v3h3" {_OUTLINE} stroke-linejoin="round"/>',
}
"""By its kind, what is drawn of something that was done by the admin API."""

COLOURS: Mapping[str, tuple[str, str]] = {
    "waiting": ("#576272", "#eceff3"),
    "processing": ("#0b5fae", "#e4effa"),
    "succeeded": ("#086b50", "#e0f3ec"),
    "failed": ("#ad3509", "#fce9e1"),
    "error": ("#86298b", "#f7e7f8"),
    "fault": ("#7d5100", "#fcf0d6"),
    "plain": ("#848f9e", "#f5f6f8"),
    "label": ("#848f9e", "#ffffff"),
}
"""By look, the colour of a sign and an edge, and that of the ground: those of the pages' light theme."""
_LIKE: Mapping[str, str] = {
    "submitted": "waiting",
    "answered": "waiting",
    "told": "waiting",
    "notifying": "processing",
    "notified": "succeeded",
    "notify_failed": "failed",
    "failure_notifying": "failed",
    "failure_notified": "failed",
    "failure_notify_failed": "failed",
    "cut": "fault",
    "spoiled": "fault",
    "unmatched": "error",
}


def sign_of(word: str) -> str:
    """The sign of a word: the notify words of a failed item have those of the others."""
    return word.removeprefix("failure_")


def look_of(word: str) -> str:
    """The look of a place where a word is seen."""
    return _LIKE.get(word, word)


def sprite() -> str:
    """Every sign once, as a `<symbol>` with the id `sign-NAME`, for a page whose drawings refer to them.

    What shines through has the class `hole`, since its colour is that of the page's ground.
    """
    symbols = "".join(f'<symbol id="sign-{name}" viewBox="0 0 16 16">{sign}</symbol>' for name, sign in _all())
    return f'<svg class="sprite" width="0" height="0" aria-hidden="true">{_HATCH}{symbols}</svg>'


_HATCH = (
    '<pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse">'
    '<path class="hatch" d="M-1 9L9 -1M-1 1L1 -1M7 9L9 7"/></pattern>'
)


def _all() -> Iterator[tuple[str, str]]:
    for name, sign in (*SIGNS.items(), *TOOLS.items()):
        yield name, sign.replace('stroke="#fff"', 'class="hole"')
