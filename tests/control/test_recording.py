"""A scenario of what was seen of a service: played with polls at the same moments, it shows the same."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.control.recording import recorder as recorders
from mock_server.control.recording.headers import Apart
from mock_server.control.recording.places import canonical, changes
from mock_server.control.recording.prove import unlike
from mock_server.control.recording.recorder import Recorder, poll_regularly
from mock_server.control.recording.secrets import cleaned
from mock_server.control.recording.seen import MOST_BYTES, MOST_POLLS, Seen, seen_of
from mock_server.control.recording.write import Recording, Writer, Written
from mock_server.engine.scenario import Adjust
from mock_server.engine.task import Key
from mock_server.http.message import Pairs
from mock_server.types import Json
from mock_server.vendors.places import adjust_body
from mock_server.vendors.qiniu.status import Qiniu
from tests.support.controls import Bench, bench
from tests.support.emulators import loader, renderer
from tests.support.harness import Now
from tests.support.odd_scenarios import ODD
from tests.support.shipped import SHIPPED

GAPS = (0, 1_000, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000, 240_000, 3_600_000, 10 * 86_400_000)
START = 1_700_000_000_000
ID = "z0.5f3a1c0d9e8b7a6f5e4d3c2b"
TYPE = ("Content-Type", "application/json")
HEAD: Pairs = (TYPE, ("X-Reqid", "abc"))


def watched(world: Bench, key: Key, gaps: Sequence[int] = GAPS) -> list[Seen]:
    """What polls with these gaps before them see."""
    found = []
    for gap in gaps:
        world.now.ms += gap
        found.append(seen_of(world.poll(key.id, key.vendor), world.now.ms))
    return found


def made(polls: Sequence[Seen], key: Key | None = None) -> Written:
    return Writer(loader(), renderer()).written(Recording(key or Key("qiniu", ID), "made", tuple(polls)))


def readable(poll: Seen) -> tuple[object, ...]:
    """What a client reads of a response, whoever compares it."""
    try:
        body: object = json.loads(poll.body.decode())
    except ValueError:
        body = poll.body
    return poll.status, poll.failure, poll.off, body, poll.header("Content-Type"), poll.header("Location")


@pytest.mark.parametrize("name", sorted({*SHIPPED, *ODD}))
def test_what_a_service_showed_is_shown_again(name: str) -> None:
    service = bench(seed=7)
    for vendor in service.server.catalogue.library.scenarios[name].vendors:
        key = Key(vendor, f"{name}.seen")
        polls = watched(service, key)
        written = made(polls, key)
        assert written.unlike == ()
        # Another server, with another seed, whose time is that of the polls.
        again = bench("[{state: succeeded}]")
        again.now.ms = polls[0].at
        again.do.scenarios.upload("made", written.text)
        assert [readable(poll) for poll in watched(again, key)] == [readable(poll) for poll in polls]


def body(code: int, *items: int, **more: Json) -> bytes:
    each = [{"cmd": "avthumb/mp4", "code": k, "desc": "d", "error": "", "hash": "", "key": ""} for k in items]
    whole = {"id": ID, "code": code, "desc": "d", "items": each, "creationDate": "2024-08-27T19:02:44+08:00", **more}
    return json.dumps(whole).encode()


def seen(at: int, body: bytes, status: int = 200, headers: Pairs = HEAD, **more: Json) -> Seen:
    return Seen(START + at, status, headers, body, **more)


def lines(written: Written) -> list[str]:
    """The steps and faults of a file."""
    text = written.text
    return [line.strip() for line in text[text.index("steps:") :].splitlines()]


def test_the_steps_last_the_roundest_time_within_what_was_seen() -> None:
    work = [body(1, 1), body(1, 1), body(2, 2), body(0, 0)]
    written = made([seen(at, each) for at, each in zip((0, 1_003, 2_007, 9_040), work, strict=True)])
    steps = [line for line in lines(written) if "state:" in line]
    assert [step.partition(", with")[0] for step in steps] == [
        "- {state: waiting, for: 2s",
        "- {state: processing, for: 7s",
        "- {state: succeeded",
    ]
    assert steps[0].endswith("# ended between 1.003s and 2.007s")
    assert written.unlike == ()


def test_polls_without_time_between_them_end_a_step_by_their_number() -> None:
    written = made([seen(0, body(1, 1)), seen(0, body(1, 1)), seen(0, body(0, 0))])
    assert "polls: 2" in written.text
    assert written.unlike == ()


def test_what_cannot_be_told_is_a_comment() -> None:
    written = made([seen(0, body(2, 2)), seen(1_000, b"\xff\xfe"), seen(2_000, b"", lost="it has more than 9 bytes")])
    assert written.lost == (
        "the body of poll 2, which is no UTF-8",
        "the body of poll 3: it has more than 9 bytes",
        "what follows the last step, which was still processing when the recording ended",
    )
    assert [line for line in written.text.splitlines() if line.startswith("#")] == [
        f"# Not told: {note}." for note in written.lost
    ]
    assert {each.poll for each in written.unlike} == {2, 3}
    assert "the body: seen" in str(written.unlike[0])


def test_a_body_that_no_step_explains_is_a_fault_of_that_poll() -> None:
    odd = b'{"id": "x", "code": 99, "items": []}'
    written = made([seen(0, body(2, 2)), seen(1_000, odd), seen(2_000, body(0, 0))])
    assert lines(written)[-1] == (
        '- {when: {polls: [2]}, body: "{\\"id\\": \\"x\\", \\"code\\": 99, \\"items\\": []}"}'
    )
    assert written.unlike == ()


@pytest.mark.parametrize(
    "text",
    [
        body(0, 0).replace(b'"code": 0', b'"code": 0, "code": 0', 1),  # an object cannot say it twice
        body(0, 0, **{"": 1}),
        body(0, 0, **{"a.b": 1}),
        body(0, 0, **{"*": 1}),
        body(0, 0, **{"7": 1}),
        body(0, 0, ratio=1.5),
        body(0, 0).replace(b'"desc": "d"', b'"desc": 1e3', 1),
        body(0, 0).replace(b'"desc": "d"', b'"desc": NaN', 1),
        body(0),
        b"[" * 100_000,
        b"",
        b"null",
        body(3, 0),
        body(0, 1),
        body(1, 2, 0),
    ],
)
def test_odd_bodies_are_shown_again(text: bytes) -> None:
    written = made([seen(0, body(1, 1)), seen(1_000, text), seen(2_000, body(0, 0))])
    lost = any("characters" in note for note in written.lost)
    assert bool(written.unlike) is lost


def test_a_length_that_is_off_by_more_than_a_file_can_say_is_a_comment() -> None:
    written = made([Seen(START, 200, failure="bad_length", off=1_000_001)])
    assert written.lost == ("by how much the Content-Length of poll 1 is off: 1000001 bytes",)
    assert lines(written)[-1] == "- {when: {polls: [1]}, fault: bad_length}"


def test_a_status_without_a_body_whose_response_broke_is_a_comment() -> None:
    written = made([seen(0, body(2, 2)), Seen(START + 1_000, 205, failure="truncate"), seen(2_000, body(0, 0))])
    assert "the status of poll 2, 205, of a response that broke" in written.lost
    assert lines(written)[-1] == "- {when: {polls: [2]}, fault: truncate}"


def test_an_id_that_is_the_name_of_the_file_is_claimed_by_that() -> None:
    written = made([seen(0, body(0, 0))], Key("qiniu", "made"))
    assert "ids:" not in written.text
    assert written.unlike == ()


def test_a_finished_task_that_works_again_is_written_as_inconsistent() -> None:
    written = made([seen(0, body(0, 0)), seen(1_000, body(2, 2)), seen(2_000, body(3, 3))])
    assert [("inconsistent: true" in line) for line in lines(written)[1:4]] == [False, True, True]
    assert written.unlike == ()


def test_headers_are_faults_of_their_polls() -> None:
    both: Pairs = (*HEAD, ("Server", "openresty"))
    polls = [seen(0, body(2, 2), headers=both), seen(1_000, body(2, 2), headers=(TYPE, ("Server", "openresty")))]
    written = made(polls)
    assert lines(written)[-2:] == [
        "- {when: {polls: [1]}, headers: {Server: openresty}}",
        "- {when: {polls: [2]}, headers: {Server: openresty, X-Reqid: null}}",
    ]
    assert written.unlike == ()


def test_a_header_that_changes_with_every_response_is_not_told() -> None:
    polls = [seen(1_000 * k, body(2, 2), headers=(*HEAD, ("X-Log", f"PFOP:{k}"))) for k in range(5)]
    written = made(polls)
    assert "the header x-log, which changes with every response" in written.lost
    assert "PFOP" not in written.text
    assert written.unlike == ()


def test_a_late_response_and_a_date_to_come_again_are_told() -> None:
    when: Pairs = (*HEAD, ("Retry-After", "Tue, 14 Nov 2023 22:13:50 GMT"))
    late = Seen(START, 503, when, b'{"code":503,"error":"service unavailable"}', took=2_500)
    written = made([late, seen(9_000, body(0, 0))])
    assert "- {error: 503, for: 9s}" in written.text
    assert lines(written)[-2:] == [
        "- {when: {polls: [1]}, delay: 2500ms}",
        "- {when: {polls: [1]}, headers: {Retry-After: {ahead: 30s}}}",
    ]
    assert written.unlike == ()


def test_the_profile_that_explains_most_is_chosen() -> None:
    live = bench(profile="live")
    polls = watched(live, Key("wangsu", "happy-path.1"))
    assert "options: {profile: live}" in made(polls, Key("wangsu", "happy-path.1")).text


# -- secrets


@pytest.mark.parametrize(
    ("text", "left", "what"),
    [
        ('"https://c.cn/a?e=17&token=ab:cd=&x=1"', '"https://c.cn/a?e=removed&token=removed&x=1"', "query parameter e"),
        ('"https://c.cn/a?Signature=a%2F\\u0026Expires=1"', "Signature=removed\\u0026Expires=removed", "Expires"),
        ('{"accessToken" : "abc\\"d", "n": 1}', '{"accessToken" : "removed", "n": 1}', "field accessToken"),
        ('"ftp://joe:pw@host/a"', '"ftp://removed@host/a"', "credentials in a URL"),
        ("so AKLTsecret1 came back", "so removed came back", "signed with"),
        ('{"secretKey": "abc", "api-key": "d"}', '{"secretKey": "removed", "api-key": "removed"}', "field secretKey"),
        ('"?api_key=17&SecurityToken=x&next=/a"', '"?api_key=removed&SecurityToken=removed&next=/a"', "SecurityToken"),
        ("got Bearer a1.b-2_c3 there", "got Bearer removed there", "credentials in a text"),
        (f"sent QBox ak123456:{'c2ln' * 7}= as", "sent QBox removed as", "credentials in a text"),
        ("eyJhbGciOiJI.eyJzdWIiOjE.c2ln was", "removed was", "credentials in a text"),
    ],
)
def test_secrets_are_removed(text: str, left: str, what: str) -> None:
    clean = cleaned([seen(0, text.encode(), headers=(("X-Url", text.replace("\\", "")),))], sent=["AKLTsecret1", "x"])
    assert left in clean.polls[0].body.decode()
    assert any(what in each for each in clean.removed)


@pytest.mark.parametrize(
    "text",
    [
        '{"key": "a/b.mp4", "hash": "Fh8x", "cmd": "avthumb/mp4/signal/3", "bucket": "b"}',
        "at 2026-11-28T17:00:00.123456789+08:00, sha256:0123, http://localhost:8080/abcdefghijklmnopqrstuvwxyz012345",
        "Basic information of Qiniu storage; a Bearer authentication; the Basic understanding",
        '"https://c.cn/a.mp4?imageView2/2/w/100&name=a&assign1=b"',
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    polls = [seen(0, text.encode())]
    assert cleaned(polls) == (tuple(polls), ())


def test_headers_that_look_secret_are_removed_unless_they_are_kept() -> None:
    headers: Pairs = (*HEAD, ("Set-Cookie", "a=1"), ("X-Subject-Token", "b"), ("X-Api-Key", "d"), ("X-Log", "c"))
    polls = [seen(0, b'{"token": "t", "url": "?e=5"}', headers=headers)]
    clean = cleaned(polls)
    assert [name for name, _ in clean.polls[0].headers] == ["Content-Type", "X-Reqid", "X-Log"]
    names = ("header Set-Cookie", "header X-Subject-Token", "header X-Api-Key")
    assert clean.removed == (*names, "query parameter e", "field token")
    kept = cleaned(polls, keep=["set-cookie", "X-SUBJECT-TOKEN", "x-api-key", "E", "Token"])
    assert (kept.polls, kept.removed) == (tuple(polls), ())


def test_the_file_names_what_was_removed() -> None:
    clean = cleaned([seen(0, body(0, 0, log="https://c.cn/?sign=abcdef"))])
    written = Writer(loader(), renderer()).written(Recording(Key("qiniu", ID), "made", clean.polls, clean.removed))
    assert written.text.startswith("# Removed: query parameter sign.\n")
    assert "abcdef" not in written.text
    assert written.unlike == ()


# -- the places that differ

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from(["", "a", "b"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), inner),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), VALUES)


@given(OBJECTS, OBJECTS)
@settings(max_examples=200)
def test_the_changes_make_one_value_of_the_other(before: dict[str, Json], after: dict[str, Json]) -> None:
    found = changes(before, after)
    assert found is not None
    put = tuple((_place(place), value) for place, value in found.put.items())
    changed = json.loads(json.dumps(before))
    adjust_body(changed, Adjust({"v": put}, {"v": tuple(map(_place, found.drop))}), "v")
    assert canonical(changed) == canonical(after)


def _place(text: str) -> tuple[str | int, ...]:
    return tuple(int(part) if part.isdigit() else part for part in text.split("."))


# -- the proof


def test_the_proof_names_what_differs() -> None:
    one = [
        seen(0, b"{}"),
        seen(1, b"a"),
        Seen(2, failure="reset"),
        seen(3, b"", 404),
        Seen(4, failure="empty", took=5000),
    ]
    two = [seen(0, b"{ }"), seen(1, b"b"), seen(2, b""), seen(3, b"", 403, (TYPE,)), Seen(4, failure="hang")]
    assert [str(each) for each in unlike(one, two, Apart())] == [
        "poll 2: the body: seen a, played b",
        "poll 3: the response: seen reset, played 200",
        "poll 4: the status: seen 404, played 403",
        "poll 4: the header x-reqid: seen abc, played none",
    ]


# -- how long


def recorded(polls: Sequence[Seen], *, until_end: bool = True) -> Recorder:
    recorder = Recorder(Qiniu(), until_end=until_end)
    for poll in polls:
        recorder.add(poll)
    return recorder


def test_it_is_over_when_the_work_ends() -> None:
    polls = [seen(0, body(2, 2)), seen(1, b"", 502), seen(2, body(3, 3)), seen(3, body(3, 3))]
    recorder = recorded(polls)
    assert recorder.over == "the work ended: failed"
    assert len(recorder.polls) == 3
    assert len(recorded(polls, until_end=False).polls) == 4


def test_so_many_polls_and_no_more() -> None:
    recorder = recorded([seen(k, b"") for k in range(MOST_POLLS + 5)])
    assert len(recorder.polls) == MOST_POLLS
    assert "10000 polls" in recorder.over


def test_so_many_bytes_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_BYTES == 64 << 20
    monkeypatch.setattr(recorders, "MOST_BYTES", 10)
    assert recorded([seen(k, b"1234") for k in range(9)]).over == ""
    recorder = recorded([seen(k, b"123%d" % k) for k in range(9)])
    assert len(recorder.polls) == 3
    assert "bytes" in recorder.over


def test_polls_are_sent_regularly_until_the_time_is_up() -> None:
    now, took = Now(START), iter([100, 2_500, 0, 0, 0])

    def ask() -> Seen:
        at = now.ms
        now.ms += next(took)
        return Seen(at, 200)

    def wait(ms: int) -> None:
        now.ms += ms

    recorder = Recorder(Qiniu(), until_end=False)
    poll_regularly(ask, recorder, (1_000, 5_000), now, wait)
    assert [poll.at - START for poll in recorder.polls] == [0, 1_000, 4_000, 5_000]
