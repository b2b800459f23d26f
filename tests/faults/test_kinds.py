"""What each fault of the connection asks of the connection: the bytes, the pauses and how it ends."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mock_server.faults.choose import Chosen
from mock_server.faults.kinds import FAULTS
from mock_server.http.framing import Framed, framed
from mock_server.http.message import Response

DATE = "Sat, 28 Nov 2026 08:00:00 GMT"
BODY = b'{"code": 0, "id": "z0.5f3"}'
RESPONSE = Response(200, "OK", (("Content-Type", "application/json"), ("Content-Length", "27"), ("X-Reqid", "r")), BODY)
HEAD = (
    b"HTTP/1.1 200 OK\r\nDate: Sat, 28 Nov 2026 08:00:00 GMT\r\nServer: mock-server\r\n"
    b"Content-Type: application/json\r\n%sX-Reqid: r\r\n%s\r\n"
)
WHOLE = HEAD % (b"Content-Length: 27\r\n", b"")

Event = tuple[str, object]


class Recorder:
    """A connection that writes down what is asked of it; its time passes at once."""

    def __init__(self, *, keep: bool = True) -> None:
        self.events: list[Event] = []
        self._keep = keep

    def framed(self, response: Response, *, keep: bool = True) -> Framed:
        """The response with a fixed date; a client may have asked for the end of the connection."""
        return framed(response, DATE, keep=keep and self._keep)

    def write(self, data: bytes) -> None:
        """Notes the bytes."""
        self.events.append(("write", data))

    def after(self, ms: float, go_on: Callable[[], None]) -> None:
        """Notes the pause and goes on."""
        self.events.append(("after", ms))
        go_on()

    def hang(self, ms: float) -> None:
        """Notes for how long."""
        self.events.append(("hang", ms))

    def end(self) -> None:
        """Notes the end."""
        self.events.append(("end", None))

    def reset(self) -> None:
        """Notes the reset."""
        self.events.append(("reset", None))

    def done(self, *, keep: bool) -> None:
        """Notes that the response is out."""
        self.events.append(("done", keep))


def delivered(fault: str, response: Response = RESPONSE, over: int = 0, *, keep: bool = True) -> list[Event]:
    """What a fault asks of a connection."""
    line, deliver = Recorder(keep=keep), FAULTS[fault].deliver
    assert deliver is not None
    deliver(line, response, over)
    return line.events


@pytest.mark.parametrize(
    ("fault", "events"),
    [
        ("reset", [("reset", None)]),
        ("reset_mid", [("write", WHOLE + BODY[:13]), ("after", 50), ("reset", None)]),
        ("empty", [("end", None)]),
        ("truncate", [("write", WHOLE + BODY[:13]), ("end", None)]),
        ("hang", [("hang", 7)]),
        (
            "garbage",
            [("write", b"\x00\x01\xfe\xff these bytes are not HTTP \x80\x81\r\n\r\n"), ("end", None)],
        ),
        (
            "bad_length",
            [("write", HEAD % (b"Content-Length: a few\r\n", b"Connection: close\r\n") + BODY), ("end", None)],
        ),
        (
            "bad_chunk",
            [
                (
                    "write",
                    HEAD % (b"", b"Transfer-Encoding: chunked\r\nConnection: close\r\n")
                    + b"d\r\n"
                    + BODY[:13]
                    + b"\r\nnot a size\r\n"
                    + BODY[13:],
                ),
                ("end", None),
            ],
        ),
    ],
)
def test_a_fault_writes_these_bytes_and_ends_the_connection_this_way(fault: str, events: list[Event]) -> None:
    assert delivered(fault, over=7) == events


@pytest.mark.parametrize(("size", "pieces"), [(1, 1), (19, 19), (20, 20), (21, 11), (27, 14), (40, 20), (41, 14)])
def test_a_dribbled_body_comes_in_at_most_twenty_equal_pieces_with_its_time_between_them(
    size: int, pieces: int
) -> None:
    body = bytes(range(size))
    events = delivered("dribble", RESPONSE.with_body(body), 7_000)
    written = [data for what, data in events if what == "write"]
    pauses = [ms for what, ms in events if what == "after"]
    assert isinstance(written[0], bytes)
    assert written[0].endswith(b"\r\n\r\n")
    each = -(-size // 20)
    assert written[1:] == [body[start : start + each] for start in range(0, size, each)]
    assert pauses == [7_000 / pieces] * pieces + [0]
    assert events[-1] == ("done", True)


def test_a_dribbled_response_without_a_body_waits_for_its_time_once() -> None:
    events = delivered("dribble", RESPONSE.with_body(b""), 7_000)
    assert events == [("write", HEAD % (b"Content-Length: 0\r\n", b"")), ("after", 7_000), ("done", True)]


def test_a_client_that_wants_the_connection_to_end_gets_that_after_a_dribbled_response() -> None:
    assert delivered("dribble", keep=False)[-1] == ("done", False)


def test_a_body_that_is_no_json_is_cut_as_any_other() -> None:
    assert delivered("truncate", RESPONSE.with_body(b"abc"))[0] == (
        "write",
        HEAD % (b"Content-Length: 3\r\n", b"") + b"a",
    )


def test_a_gateways_page_is_html_that_says_so_in_title_and_heading() -> None:
    apply = FAULTS["html"].apply
    assert apply is not None
    page = apply(RESPONSE)
    assert (page.status, page.reason) == (502, "Bad Gateway")
    assert page.body == (
        b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n"
        b"<body>\r\n<h1>502 Bad Gateway</h1>\r\n</body>\r\n</html>\r\n"
    )
    assert apply(RESPONSE._replace(status=404, reason="Not Found")).reason == "Not Found"


@pytest.mark.parametrize(
    ("status", "title"), [(200, "200 OK"), (503, "503 Service Unavailable"), (612, "612 status code 612")]
)
def test_a_gateways_page_shows_the_status_that_it_is_sent_with(status: int, title: str) -> None:
    page = Chosen(fault="html", status=status).apply(RESPONSE)
    assert page.status == status
    assert page.body.decode().count(title) == 2
    assert b"502" not in page.body
    assert page.header("Content-Length") == str(len(page.body))


def test_a_gateways_page_in_place_of_an_error_shows_the_errors_status() -> None:
    apply = FAULTS["html"].apply
    assert apply is not None
    page = apply(RESPONSE._replace(status=599, reason="Server Operation Failed"))
    assert b"<title>599 Server Operation Failed</title>" in page.body


def test_a_status_that_has_no_body_leaves_no_page() -> None:
    assert Chosen(fault="html", status=204).apply(RESPONSE).body == b""


@pytest.mark.parametrize(
    ("fault", "type"),
    [("html", "text/html"), ("charset", "application/json; charset=utf-8"), ("no_content_type", None)],
)
def test_a_response_that_lost_its_type_gets_the_faults_own_in_the_usual_spelling(fault: str, type: str | None) -> None:
    apply = FAULTS[fault].apply
    assert apply is not None
    headers = apply(RESPONSE.with_header("Content-Type", None)).headers
    assert dict(headers).get("Content-Type") == type
    assert [name for name, _ in headers if name.lower() == "content-type"] == ["Content-Type"] * (type is not None)


def test_a_response_that_lost_its_length_gets_a_bad_one_too() -> None:
    (_, written), *_ = delivered("bad_length", RESPONSE.with_header("Content-Length", None))
    assert isinstance(written, bytes)
    assert b"\r\nContent-Length: a few\r\n" in written
