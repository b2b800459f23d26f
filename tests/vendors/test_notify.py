"""What a notification tells and how it is signed: bodies of every state and profile, and signatures made anew here."""

from __future__ import annotations

import dataclasses
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from itertools import product
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server import paths
from mock_server.engine.draws import Draws
from mock_server.engine.run import Run, run_of, sample
from mock_server.engine.scenario import Adjust, Profile, Scenario, State
from mock_server.engine.task import given_text
from mock_server.http.message import Request, request_of
from mock_server.scenarios import Loader
from mock_server.vendors.contracts import Contracts
from mock_server.vendors.credentials import Denied
from mock_server.vendors.dialect import Dialect, View
from mock_server.vendors.notices import Notice, Post, Signed, signer_of, target_and_host
from mock_server.vendors.qiniu.notify import Callback
from mock_server.vendors.qiniu.status import Qiniu
from mock_server.vendors.registry import Registry
from mock_server.vendors.render import Rendered, Renderer, Told
from mock_server.vendors.wangsu.status import Wangsu
from tests.support import made_up_vendor, signed
from tests.support.emulators import adjusted, renderer, scenario, shipped
from tests.support.notices import AK, KEYS, SK, URL, notice, posted

PROFILES: tuple[Profile, ...] = get_args(Profile)
SCENARIOS = sorted(path.stem for path in paths.data("scenarios").glob("*.yaml"))
REFERENCE = Contracts(reference=True)


def in_profile(name: str, profile: Profile) -> Scenario:
    """A shipped scenario in a profile, unless it shows the document's very words."""
    found = shipped(name)
    return found if "profile" in found.options else dataclasses.replace(found, options={"profile": profile})


def separately(run: Run) -> Run:
    """The run as if it was submitted so that each item is told by itself."""
    return run._replace(task=run.task._replace(given=given_text([], {"separate": "1"})))


def later(of: Scenario, vendor: str, ms: int) -> Run:
    """A task of a scenario at a time after its birth."""
    born = sample(of, vendor)
    return run_of(of, born.key, born.task, ms)


def document(told: Told) -> Any:
    return json.loads(told.body)


def codes(told: Told) -> tuple[int, list[int]]:
    """The code of the whole and those of the items."""
    body = document(told)
    return body["code"], [int(item["code"]) for item in body["items"]]


@pytest.mark.parametrize(("vendor", "name", "profile"), list(product(["qiniu", "wangsu"], SCENARIOS, PROFILES)))
def test_what_is_told_of_any_step_fits_its_contract(vendor: str, name: str, profile: Profile) -> None:
    of = in_profile(name, profile)
    if vendor not in of.vendors:
        assert set(of.vendors) < {"qiniu", "huawei", "wangsu"}
        return
    profile = renderer().registry.dialect(vendor, of.options).profile
    runs = [sample(of, vendor, k) for k, step in enumerate(of.steps) if step.error is None]
    runs += [later(of, vendor, ms) for ms in (1_000, 60_000, 10**9) if of.by_items]
    for run in [*runs, *map(separately, runs)]:
        told = renderer().notice(run)
        assert not told.broken, told.breach
        if not told.declared:
            assert REFERENCE.notice(vendor, profile).check(document(told)) is None


@pytest.mark.parametrize(("name", "profile"), list(product(["happy-path", "fails-late", "partial-failure"], PROFILES)))
def test_qiniu_tells_the_status_body_of_the_moment(name: str, profile: Profile) -> None:
    of = in_profile(name, profile)
    for k in range(len(of.steps)):
        run = sample(of, "qiniu", k)
        shown: Rendered = renderer().shown(run, run.shown)
        assert renderer().notice(run).body == shown.response.body


def words_of(vendor: str, *states: str) -> Scenario:
    """A scenario that shows these states one after the other."""
    *others, last = states
    lines = [*[f"  - {{state: {state}, polls: 1}}" for state in others], f"  - {{state: {last}, hold: true}}"]
    return scenario(f"vendors: [{vendor}]\nsteps:\n" + "\n".join(lines) + "\n", f"made-{last}".replace("_", "-"))


@pytest.mark.parametrize(
    ("vendor", "state", "whole", "item"),
    [
        ("qiniu", "waiting", 1, 1),
        ("qiniu", "processing", 2, 2),
        ("qiniu", "succeeded", 0, 0),
        ("qiniu", "failed", 3, 3),
        ("qiniu", "notify_failed", 0, 0),
        ("wangsu", "waiting", 3, 0),
        ("wangsu", "processing", 3, 1),
        ("wangsu", "succeeded", 3, 3),
        ("wangsu", "failed", 3, 2),
        ("wangsu", "notifying", 3, 3),
        ("wangsu", "notify_failed", 3, 3),
        ("wangsu", "notified", 3, 3),
    ],
)
def test_a_notify_word_tells_the_end_before_it(vendor: str, state: str, whole: int, item: int) -> None:
    steps = {"notified": ["succeeded", "notifying"], "notifying": ["succeeded"], "notify_failed": ["succeeded"]}
    of = words_of(vendor, *steps.get(state, []), state)
    assert codes(renderer().notice(sample(of, vendor, len(of.steps) - 1))) == (whole, [item])


@pytest.mark.parametrize("name", ["failure-notified", "failure-notify-failed"])
def test_a_failure_is_told_as_one_however_the_telling_went(name: str) -> None:
    of = shipped(name)
    for k, step in enumerate(of.steps):
        if step.error is None and step.items and step.items[0].state.startswith("failure"):
            assert codes(renderer().notice(sample(of, "wangsu", k)))[1][0] == 2


def test_a_job_that_partly_failed_is_told_as_failed_where_the_step_has_a_notify_word() -> None:
    part = "items: {failed: 1, succeeded: 1}"
    text = f"steps:\n  - {{state: failed, polls: 1, {part}}}\n  - {{state: notify_failed, {part}}}\n"
    of = scenario("vendors: [qiniu]\nitems: [{}, {}]\n" + text, "partly")
    whole, items = codes(renderer().notice(sample(of, "qiniu", 1)))
    assert (whole, sorted(items)) == (3, [0, 3])


@pytest.mark.parametrize(("state", "whole"), [("succeeded", 0), ("failed", 3)])
def test_an_end_is_told_as_the_script_has_it_whatever_its_items_show(state: str, whole: int) -> None:
    step = f"{{state: {state}, items: {{failed: 1, succeeded: 1}}, inconsistent: true}}"
    of = scenario(f"vendors: [qiniu]\nitems: [{{}}, {{}}]\nsteps: [{step}]\n", "as-written")
    assert codes(renderer().notice(sample(of, "qiniu")))[0] == whole


SEPARATE = [
    (["succeeded", "succeeded"], 3),
    (["succeeded", "failed"], 2),
    (["failed", "failed"], 2),
    (["succeeded", "processing"], 1),
    (["failed", "waiting"], 1),
    (["failed", "processing"], 1),
]


@pytest.mark.parametrize(("items", "code"), SEPARATE)
def test_wangsus_code_of_one_operation_says_how_the_others_stand(items: list[str], code: int) -> None:
    states = tuple(State(item) for item in items)
    for profile in PROFILES:
        dialect = Wangsu(profile=profile)
        view = View("x", State.PROCESSING, [], {}, {"separate": "1"})
        assert dialect.told(view, states)["code"] == code
        assert dialect.told(view._replace(facts={}), states)["code"] == 3


def test_wangsus_option_tells_each_operation_where_the_submit_does_not_say() -> None:
    of = dataclasses.replace(words_of("wangsu", "processing"), options={"wangsu": {"separate": "1"}})
    assert codes(renderer().notice(sample(of, "wangsu"))) == (1, [1])


def test_another_step_may_be_told_than_the_one_that_shows() -> None:
    of = shipped("happy-path")
    assert codes(renderer().notice(sample(of, "qiniu"), shows=len(of.steps) - 1))[0] == 0
    assert renderer().notice(sample(of, "qiniu"), shows=len(of.steps) - 1) == renderer().notice(
        sample(of, "qiniu", len(of.steps) - 1)
    )


def test_with_and_without_hold_for_what_is_told_too() -> None:
    text = "vendors: [wangsu]\nsteps:\n  - {state: notified, with: {wangsu: {desc: mine}}}\n"
    of = scenario(text, "mine")
    assert document(renderer().notice(sample(of, "wangsu")))["desc"] == "mine"


@pytest.mark.parametrize(
    ("vendor", "change", "path"),
    [
        ("qiniu", (("code",), 4), "$.code"),
        ("wangsu", (("code",), 6), "$.code"),
        ("wangsu", (("code",), 1), "$.code"),
        ("wangsu", (("items", 0, "code"), "6"), "$.items[0].code"),
        ("qiniu", (("surplus",), 1), "$.surplus"),
    ],
)
def test_a_body_that_breaks_its_contract_is_not_to_be_sent_unless_someone_said_so(
    vendor: str, change: Any, path: str
) -> None:
    of = words_of(vendor, "succeeded")
    broken = renderer().notice(sample(adjusted(of, Adjust(put={vendor: (change,)})), vendor))
    assert broken.breach is not None
    assert (broken.breach.path, broken.broken) == (path, True)
    declared = renderer().notice(sample(adjusted(of, Adjust(put={vendor: (change,)}, off_contract=True)), vendor))
    assert (declared.body, declared.breach, declared.broken) == (broken.body, broken.breach, False)


def test_an_error_is_told_to_nobody() -> None:
    told = renderer().notice(sample(scenario("steps: [{error: unknown}]", "none"), "qiniu"))
    assert told.broken
    assert told.breach is not None
    assert "shows an error" in told.breach.message


# Signatures.


def received(post: Post) -> Request:
    """The request that a receiver gets."""
    return request_of("POST", target_and_host(post.url)[0], post.headers, post.body)


def header(post: Post, name: str) -> str:
    return dict(post.headers).get(name, "")


@pytest.mark.parametrize("url", [URL, "http://example.com", "https://[::1]:8443/a/../b?", "http://h:80/p#f"])
def test_qiniu_signs_method_target_host_type_and_body(url: str) -> None:
    target, host = target_and_host(url)
    post = posted(Qiniu(), url)
    text = f"POST {target}\nHost: {host}\nContent-Type: application/json\n\n".encode() + post.body
    assert header(post, "Authorization") == signed.qiniu(text, signed.Pair(AK, SK))
    assert (header(post, "Host"), header(post, "Content-Type"), post.key) == (host, "application/json", AK)
    assert json.loads(post.body)["code"] == 0
    assert "X-Qiniu-Date" not in dict(post.headers)


def test_qiniu_signed_the_target_alone_before_2024_and_nothing_before_that() -> None:
    post = posted(Qiniu(callback="qbox"))
    assert header(post, "Authorization") == signed.qbox(b"/done?job=7&x=%20\n", signed.Pair(AK, SK))
    post = posted(Qiniu(callback="none"))
    assert ("Authorization" in dict(post.headers), post.key) == (False, "")


def test_each_notification_of_a_task_has_a_request_id_of_its_own() -> None:
    ids = [dict(Qiniu().post(notice(Qiniu(), name=name), None).headers)["X-Reqid"] for name in ("1", "1", "2")]
    assert ids[0] == ids[1] != ids[2]
    assert len(ids[0]) == 16


def test_wangsu_sends_base64_and_signs_the_address_as_submitted_with_it() -> None:
    url = "http://h:80/p?x=1#f"
    post = posted(Wangsu(), url)
    assert urlsafe_b64decode(post.body) == notice(Wangsu()).body
    assert len(post.body) % 4 == 0
    assert header(post, "Authorization") == signed.wangsu(f"{url}\n".encode() + post.body, signed.Pair(AK, SK))
    assert header(post, "Content-Type") == "text/plain; charset=UTF-8"
    assert header(post, "User-Agent") == "Apache-HttpClient/4.5.12 (Java/1.8.0_242)"
    assert (header(post, "Host"), post.key) == ("h", AK)


@pytest.mark.parametrize(
    ("dialect", "body", "authorization"),
    [
        (Qiniu(), b'{"id":"z0.1","code":0}', "Qiniu made-up-ak:g4PgSCjXgcVQywAIgrZwwV2hj1U="),
        (Qiniu(callback="qbox"), b'{"id":"z0.1","code":0}', "QBox made-up-ak:TdM-RuPLvZ5p8VsoGjpq1XNTcFQ="),
        (
            Wangsu(),
            b'{"id":"1000","code":3}',
            "made-up-ak:NTYzMGJiOTFmYzFkNjhmNWE3MGQ4M2I3ZWQ1OTBhOWI3Yjg5NDk4ZA==",
        ),
    ],
)
def test_signatures_are_those_that_openssl_makes(dialect: Dialect, body: bytes, authorization: str) -> None:
    post = dialect.post(Notice(URL, body, Draws(0, "x")), signer_of(KEYS, AK))
    assert header(post, "Authorization") == authorization


DIALECTS = [*[Qiniu(callback=callback) for callback in get_args(Callback)], Wangsu()]
SIGNING = [Qiniu(), Qiniu(callback="qbox"), Wangsu()]


@pytest.mark.parametrize("dialect", SIGNING, ids=repr)
def test_a_wrong_signature_has_the_form_and_the_key_of_a_right_one(dialect: Dialect) -> None:
    right, wrong = (header(posted(dialect, word=word), "Authorization") for word in ("right", "wrong"))
    assert right != wrong
    assert [len(right), right[: right.index(":")]] == [len(wrong), wrong[: wrong.index(":")]]
    assert dialect.judge_notice(received(posted(dialect)), KEYS, 0) is None
    denied = dialect.judge_notice(received(posted(dialect, word="wrong")), KEYS, 0)
    assert denied is not None
    assert denied.differs == "the signature differs by the secret key or by the text"


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
def test_no_signature_is_no_header(dialect: Dialect) -> None:
    post = posted(dialect, word="no")
    assert ("Authorization" in dict(post.headers), post.key) == (False, "")
    denied = dialect.judge_notice(received(post), KEYS, 0)
    assert denied is not None
    assert "has no Authorization" in denied.differs


@pytest.mark.parametrize("dialect", DIALECTS, ids=repr)
@pytest.mark.parametrize("word", ["right", "wrong", "no"])
def test_no_secret_is_in_what_is_sent_or_said(dialect: Dialect, word: Signed) -> None:
    post = posted(dialect, word=word)
    assert SK not in repr(post)
    assert SK not in repr(signer_of(KEYS, AK, word))


URLS = [
    URL,
    "http://example.com",
    "https://example.com/",
    "https://h:443/a",
    "http://h:80/a?b=c",
    "http://[::1]:1/a?",
    "http://h?",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("dialect", SIGNING, ids=repr)
def test_a_receiver_finds_a_right_signature_right(dialect: Dialect, url: str) -> None:
    request = received(posted(dialect, url))
    assert dialect.judge_notice(request, KEYS, 0) is None
    assert dialect.access_key(request) == AK
    assert dialect.read_notice(request) == json.loads(notice(dialect).body)


def test_a_notification_is_of_one_vendor_alone() -> None:
    requests = [received(posted(dialect)) for dialect in (Qiniu(), Wangsu())]
    found = [[dialect.read_notice(request) is not None for dialect in (Qiniu(), Wangsu())] for request in requests]
    assert found == [[True, False], [False, True]]


@given(st.binary(max_size=60))
def test_what_is_no_notification_is_none(body: bytes) -> None:
    request = request_of("POST", "/", (("Host", "h"), ("Authorization", "a:b")), body)
    for dialect in (Qiniu(), Wangsu()):
        assert dialect.read_notice(request) is None
        assert isinstance(dialect.judge_notice(request, KEYS, 0), Denied)


@pytest.mark.parametrize("dialect", SIGNING, ids=repr)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 6))
def test_a_flipped_bit_anywhere_is_wrong(dialect: Dialect, place: int, bit: int) -> None:
    post = posted(dialect)
    texts = {"target": target_and_host(URL)[0].encode(), "authorization": header(post, "Authorization").encode()}
    if dialect != Qiniu(callback="qbox"):
        texts["body"] = post.body
        texts["host"] = header(post, "Host").encode()
    if dialect == Qiniu():
        texts["type"] = b"application/json"
    name = sorted(texts)[place % len(texts)]
    flipped = bytearray(texts[name])
    flipped[place % len(flipped)] ^= 1 << bit
    texts[name] = bytes(flipped)
    text = {key: value.decode("latin-1") for key, value in texts.items()}
    changed = (
        ("Host", text.get("host", header(post, "Host"))),
        ("Content-Type", text.get("type", header(post, "Content-Type"))),
        ("Authorization", text["authorization"]),
    )
    request = request_of("POST", text["target"], changed, texts.get("body", post.body))
    assert dialect.judge_notice(request, KEYS, 0) is not None


@pytest.mark.parametrize(
    ("text", "differs"),
    [
        (f"{URL}\n".encode() + notice(Wangsu()).body, "the document was signed in place of its base64"),
        (f"{URL}\n".encode(), "the body was left out"),
        (f"{URL.partition('?')[0]}\n".encode() + urlsafe_b64encode(notice(Wangsu()).body), "the query was left out"),
        (
            b"/done?job=7&x=%20\n" + urlsafe_b64encode(notice(Wangsu()).body),
            "the path was signed in place of the whole address",
        ),
    ],
)
def test_what_differs_in_wangsus_signature_is_named(text: bytes, differs: str) -> None:
    request = received(posted(Wangsu()))
    pair = signed.Pair(AK, SK)
    headers = (("Host", "127.0.0.1:9000"), ("Authorization", signed.wangsu(text, pair)))
    denied = Wangsu().judge_notice(request._replace(headers=headers), KEYS, 0)
    assert denied is not None
    assert denied.differs == f"the signature differs: {differs}"


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_address_can_be_posted_to(before: str, after: str) -> None:
    for dialect in DIALECTS:
        for url in (before + URL + after, before, f"http://{before}/{after}"):
            post = dialect.post(Notice(url, b"{}", Draws(0, "x")), signer_of(KEYS, AK))
            assert post.url == url


def test_a_made_up_vendor_tells_its_status_unsigned_and_needs_nothing_but_terms(tmp_path: Path) -> None:
    fixtures, contracts = made_up_vendor.fixtures(tmp_path / "fixtures"), made_up_vendor.contracts(tmp_path / "schemas")
    registry = Registry((made_up_vendor.VENDOR,))
    of = Loader(registry, contracts, fixtures).load_text(
        "about: A lamp.\nsteps: [{state: failed}]\n", "hall", "hall.yaml"
    )
    told = Renderer(registry, contracts, fixtures).notice(sample(of.scenario, "lamp"))
    assert (document(told), told.breach) == (["hall", "black", [[40, "black"]], "dim"], None)
    lamp = registry.dialect("lamp")
    post = lamp.post(Notice("http://h:80/lamp", told.body, Draws(0, "hall")), signer_of(KEYS))
    assert post == Post("http://h:80/lamp", (("Host", "h"), ("Content-Type", "application/json")), told.body, "")
    assert lamp.read_notice(received(post)) is None
    assert (lamp.judge_notice(received(post), KEYS, 0), lamp.access_key(received(post))) == (None, "")
    assert lamp.notified(State.FAILED, "failed") is lamp.notified_item(State.FAILED, "failed") is State.FAILED
    assert not lamp.tells_items({"separate": "1"})
