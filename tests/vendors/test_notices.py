"""On which terms each vendor notifies, who signs, and what a task shows while its notification is under way."""

from __future__ import annotations

from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from mock_server.engine.scenario import State
from mock_server.vendors.credentials import NO_KEYS, Keys
from mock_server.vendors.huawei.status import Huawei
from mock_server.vendors.notices import Progress, Terms, progress_of_whole, signer_of, target_and_host
from mock_server.vendors.qiniu.status import Qiniu
from mock_server.vendors.wangsu.status import Wangsu

W, P, S, F = State.WAITING, State.PROCESSING, State.SUCCEEDED, State.FAILED
N4, N5, N6 = State.NOTIFYING, State.NOTIFY_FAILED, State.NOTIFIED
F18, F19, F20 = State.FAILURE_NOTIFYING, State.FAILURE_NOTIFY_FAILED, State.FAILURE_NOTIFIED
KEYS = Keys({"first": b"secret-of-first", "second": b"secret-of-second"})


def test_qiniu_makes_fourteen_attempts_with_gaps_that_double() -> None:
    waits = Qiniu().terms.waits
    assert Qiniu().terms.attempts == 14
    assert [0, *accumulate(waits)][:6] == [0, 1000, 3000, 7000, 15_000, 31_000]
    assert waits[-1] == 4_096_000


def test_wangsu_makes_nine_attempts_four_of_them_at_once() -> None:
    assert Wangsu().terms.waits == (0, 0, 0, 60_000, 60_000, 60_000, 60_000, 60_000)
    assert Wangsu().terms.attempts == 9


def test_huawei_notifies_nobody() -> None:
    assert Huawei().terms is None


@pytest.mark.parametrize(
    ("status", "qiniu", "wangsu"),
    [
        (200, "delivered", "delivered"),
        (201, "again", "again"),
        (204, "again", "again"),
        (302, "again", "again"),
        (399, "again", "again"),
        (400, "failed", "again"),
        (404, "failed", "again"),
        (499, "failed", "again"),
        (500, "again", "again"),
        (0, "again", "again"),
    ],
)
def test_only_200_takes_a_notification_and_only_qiniu_gives_up_at_a_4xx(status: int, qiniu: str, wangsu: str) -> None:
    assert Qiniu().terms.outcome(status, 1) == qiniu
    assert Wangsu().terms.outcome(status, 1) == wangsu


@pytest.mark.parametrize("terms", [Qiniu().terms, Wangsu().terms, Terms(()), Terms((5,))])
def test_the_last_attempt_is_followed_by_none(terms: Terms) -> None:
    outcomes = [terms.outcome(500, attempt) for attempt in range(1, terms.attempts + 1)]
    assert outcomes == ["again"] * len(terms.waits) + ["failed"]
    assert terms.outcome(200, terms.attempts) == "delivered"


def test_a_sending_without_retries_ends_with_its_first_attempt() -> None:
    assert Qiniu().terms.outcome(500, 1, retries=False) == "failed"
    assert Qiniu().terms.outcome(200, 1, retries=False) == "delivered"


def test_the_key_of_the_submit_signs_if_it_is_known_and_else_the_first() -> None:
    found = [signer_of(KEYS, key) for key in ("second", "first", "", "another")]
    assert [signer and (signer.key, signer.signs_with) for signer in found] == [
        ("second", b"secret-of-second"),
        *[("first", b"secret-of-first")] * 3,
    ]


def test_a_forged_signature_names_the_key_and_is_made_with_another_secret() -> None:
    forged = signer_of(KEYS, "second", "wrong")
    assert forged is not None
    assert forged.key == "second"
    assert forged.signs_with not in KEYS.secrets.values()


def test_nobody_signs_what_is_sent_without_a_signature() -> None:
    assert signer_of(KEYS, "second", "no") is None
    assert signer_of(NO_KEYS, "second") is None


def test_the_representation_of_a_signer_shows_no_secret() -> None:
    assert "secret-of" not in repr(signer_of(KEYS))


URLS = (
    "http://h/p?",
    "http://h?x=1",
    "http://h/p#f",
    "http://H:80/p",
    "http://h:8080",
    "https://h:443/a?b=%20c",
    "https://h:80/a",
    "http://[::1]:80/a",
    "http://[::1]:90/a/../b",
    "http://h//a",
    "http://h/p;v?a?b#c?d",
    "http://h:/p",
)


@pytest.mark.parametrize("url", URLS)
def test_the_target_and_the_host_that_are_signed_are_those_that_are_sent(url: str) -> None:
    sent = URL(url, encoded=True)
    assert target_and_host(url) == (sent.raw_path_qs, sent.host_port_subcomponent)


@given(st.text())
def test_an_address_that_is_no_url_is_not_stumbled_over(text: str) -> None:
    target, host = target_and_host(text)
    assert isinstance(target, str)
    assert isinstance(host, str)


@pytest.mark.parametrize(
    ("progress", "qiniu", "wangsu", "succeeded", "failed"),
    [
        ("owed", S, N4, N4, F18),
        ("trying", N5, N4, N4, F18),
        ("delivered", S, N6, N6, F20),
        ("failed", N5, N5, N5, F19),
    ],
)
def test_how_the_telling_goes_is_laid_over_how_the_work_ended(
    progress: Progress, qiniu: State, wangsu: State, succeeded: State, failed: State
) -> None:
    assert Qiniu().notified(S, progress) is qiniu
    assert Qiniu().notified(F, progress) is (F if qiniu is S else N5)
    assert {Qiniu().notified_item(state, progress) for state in (S, F)} == {S, F}
    assert {Wangsu().notified(state, progress) for state in (S, F)} == {wangsu}
    assert [Wangsu().notified_item(state, progress) for state in (S, F)] == [succeeded, failed]


@pytest.mark.parametrize("progress", ["owed", "trying", "delivered", "failed"])
@pytest.mark.parametrize("state", [W, P, N4, N5, N6, F18, F19, F20])
def test_nothing_is_laid_over_what_is_no_end_of_the_work(progress: Progress, state: State) -> None:
    for dialect in (Qiniu(), Wangsu(), Huawei()):
        assert dialect.notified(state, progress) is state
        assert dialect.notified_item(state, progress) is state


@pytest.mark.parametrize(
    ("items", "whole"),
    [
        ((), None),
        ((None, None), None),
        (("delivered", None), "delivered"),
        (("delivered", "delivered"), "delivered"),
        (("delivered", "failed"), "failed"),
        (("failed", "owed"), "owed"),
        (("failed", "trying", "owed"), "trying"),
    ],
)
def test_a_task_whose_items_are_told_is_as_far_as_the_last_of_them(
    items: tuple[Progress | None, ...], whole: Progress | None
) -> None:
    assert progress_of_whole(items) == whole


def test_items_are_told_one_by_one_where_the_submit_or_the_option_says_so() -> None:
    assert [Wangsu().tells_items({"separate": word}) for word in ("0", "1")] == [False, True]
    assert Wangsu(separate="1").tells_items({})
    assert not Wangsu(separate="1").tells_items({"separate": "0"})
    assert not Qiniu().tells_items({"separate": "1"})
