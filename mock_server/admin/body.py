"""Bodies and queries: unpacked, read as strict JSON or typed parameters, and checked against their schemas."""

from __future__ import annotations

import codecs
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mock_server.engine import durations
from mock_server.errors import InvalidInput, Problem, json_path
from mock_server.http.message import Pairs
from mock_server.schema.findings import listed
from mock_server.schema.parts import mapping
from mock_server.schema.validator import Validator
from mock_server.types import Bound, Json

DEEPEST = 50
"""How deep a body may be nested."""
LONGEST_NUMBER = 400
"""Characters of the longest whole number in a body. Beyond them Python takes ever longer to read one, or refuses."""
BOUNDS = (
    Bound("Nesting of a body for the admin API", DEEPEST, "levels", "400: the body is refused."),
    Bound("Whole number in a body for the admin API", LONGEST_NUMBER, "digits", "400: the body is refused."),
)


class Malformed(InvalidInput):
    """A body that is not JSON."""


class RequestValue(NamedTuple):
    """A value from a request. Its problems are located by JSON path, or by the name of a parameter."""

    value: Json
    query: bool = False

    @property
    def where(self) -> str:
        """What people call the whole."""
        return "the query" if self.query else "the body"

    def at(self, path: Sequence[str | int], *, key: bool = False) -> str:
        """`$.by`, or `?by` in a query."""
        return f"?{path[0]}" if self.query and path else json_path(path)


class Check:
    """Checks values of requests against one schema."""

    def __init__(self, schema: Json, *, query: bool = False) -> None:
        self._shape = Validator(schema)
        self._query = query

    def check(self, value: Json) -> None:
        """InvalidInput: names every breach."""
        source = RequestValue(value, self._query)
        findings = sorted(self._shape.findings(value), key=lambda found: [str(part) for part in found.path])
        problems = listed(findings, "" if self._query else "$", source.at)
        if problems:
            raise InvalidInput(problems)


class QueryCheck:
    """The parameters of one route."""

    def __init__(self, parameters: Mapping[str, Json], required: Sequence[str] = ()) -> None:
        self._parameters = parameters
        self._check = Check({**mapping(parameters), **({"required": list(required)} if required else {})}, query=True)

    def read(self, pairs: Pairs) -> dict[str, Json]:
        """The parameters as values of the types they have. InvalidInput: unknown, repeated or wrong ones."""
        names = [name for name, _ in pairs]
        repeated = [
            Problem(f"?{name}", "given more than once", "give it once") for name in names if names.count(name) > 1
        ]
        if repeated:
            raise InvalidInput(list(dict.fromkeys(repeated)))
        value = {name: _typed(text, self._parameters.get(name, {}).get("type")) for name, text in pairs}
        self._check.check(value)
        return value


class TooLarge(InvalidInput):
    """A body that is, once unpacked, larger than its route reads."""


def unpack(body: bytes, encoding: str, largest: int) -> bytes:
    """The body without its Content-Encoding.

    InvalidInput: an encoding other than gzip. Malformed: not gzip after all. TooLarge: more than `largest` bytes.
    """
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        hint = "send it plain, or with gzip"
        raise InvalidInput([Problem("Content-Encoding", f"{encoding!r} is not read", hint)])
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = unpacker.decompress(body, largest + 1)
    except zlib.error as error:
        raise Malformed([Problem("$", f"the body is not gzip: {error}")]) from None
    if len(plain) > largest:
        raise TooLarge([Problem("$", f"the body is larger than {largest} bytes once it is unpacked")])
    if not unpacker.eof:
        raise Malformed([Problem("$", "the body is not gzip: it ends too soon")])
    return plain


def read_json(body: bytes) -> Json:
    """The JSON of a body, with or without a byte order mark.

    Malformed: it is not JSON, or not strict (a key twice, NaN, a number of too many digits, half a surrogate pair).
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise _malformed("it is UTF-16", "send it as UTF-8")
    if not body.removeprefix(codecs.BOM_UTF8).strip():
        raise _malformed("it is empty", "send a JSON object; {} is the least")
    try:
        value = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=_once,
            parse_constant=_no_constant,
            parse_int=_whole,
        )
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError as error:
        raise _malformed(f"byte {error.start} is not UTF-8", "send it as UTF-8") from None
    except UnicodeEncodeError:
        raise _malformed("half of a surrogate pair is no character") from None
    except json.JSONDecodeError as error:
        raise _malformed(f"{error.msg}, in line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise _malformed(f"nested more than {DEEPEST} deep") from None
    except ValueError as error:
        raise _malformed(str(error)) from None
    if _deep(value, DEEPEST):
        raise _malformed(f"nested more than {DEEPEST} deep")
    return value


def _typed(text: str, type: Json) -> Json:
    """A parameter's text as a value of its type. Text that does not fit stays text, and the schema objects."""
    if type == "boolean" and text in ("true", "false"):
        return text == "true"
    if type == "integer" and text.isascii() and text.removeprefix("-").isdecimal() and len(text) <= 18:
        return int(text)
    return text


def _malformed(what: str, hint: str = "") -> Malformed:
    return Malformed([Problem("$", f"the body is not JSON: {what}", hint)])


def _once(pairs: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the key {json.dumps(name)} is given twice")
        found[name] = value
    return found


def _whole(text: str) -> int:
    if len(text) > LONGEST_NUMBER:
        raise ValueError(f"{text[:20]}… is a number of more than {LONGEST_NUMBER} digits")
    return int(text)


def _no_constant(word: str) -> Json:
    raise ValueError(f"{word} is not a number in JSON")


def _deep(value: Json, left: int) -> bool:
    kids = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return left < 0 or any(_deep(kid, left - 1) for kid in kids)


def read_length(values: Mapping[str, Json], key: str, *, query: bool = False, zero: bool = False) -> int:
    """A length of time in milliseconds; `zero`: or none. InvalidInput: it is longer than a hundred years."""
    try:
        return durations.length(values[key], zero=zero)
    except durations.BadTime as error:
        raise InvalidInput([Problem(RequestValue(values, query).at((key,)), str(error))]) from None
