"""Signatures on the wire: by the key of the submit, wrong or none where the script says so, and never a secret."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from mock_server.control.bundle import export
from mock_server.http.message import request_of
from mock_server.vendors.credentials import Denied, Keys
from mock_server.vendors.qiniu.status import Qiniu
from mock_server.vendors.wangsu.status import Wangsu
from tests.support.notified import Notified, ask, telling
from tests.support.receivers import Received

PAIRS = (("first", "made-up-first-secret"), ("second", "made-up-second-secret"))
KEYS = Keys({key: secret.encode() for key, secret in PAIRS})
DIALECTS: Any = {"qiniu": Qiniu(), "wangsu": Wangsu()}
SENT = """
about: Ends at once.
steps: [{state: succeeded}]
notify: {send: [{signed: wrong, retries: false}, {signed: no}]}
"""


def judged(vendor: str, received: Received) -> tuple[str, Denied | None]:
    """The key that a request names, and why its signature is wrong."""
    lines = [line.partition(":") for line in received.head.decode("latin-1").split("\r\n")[1:] if line]
    headers = tuple((name, value.strip()) for name, _, value in lines)
    request = request_of("POST", received.target, headers, received.body)
    return DIALECTS[vendor].access_key(request), DIALECTS[vendor].judge_notice(request, KEYS, 0)


def told(made: Notified, vendor: str, **submit: str) -> tuple[str, Denied | None]:
    """As `judged`, of what follows a submit."""
    before = len(made.receiver.received)
    made.submit(vendor=vendor, **submit)
    return judged(vendor, made.receiver.wait(before + 1)[before])


@pytest.mark.parametrize(
    ("vendor", "header"), [("qiniu", "QBox {}:c2ln"), ("qiniu", "Qiniu {}:c2ln"), ("wangsu", "{}:c2ln")]
)
def test_the_key_of_the_submit_signs_if_the_server_has_it_and_else_the_first(
    tmp_path: Path, vendor: str, header: str
) -> None:
    """The server does not check it: submits of tests are often signed with whatever is at hand."""
    with telling(tmp_path, access_key=PAIRS) as made:
        assert told(made, vendor, Authorization=header.format("second")) == ("second", None)
        assert told(made, vendor, Authorization=header.format("first")) == ("first", None)
        assert told(made, vendor, Authorization=header.format("third")) == ("first", None)
        assert told(made, vendor) == ("first", None)
        made.wait(4)
        assert [entry.told and entry.told.key for entry in made.attempts()] == ["second", "first", "first", "first"]


@pytest.mark.parametrize("vendor", ["qiniu", "wangsu"])
def test_a_script_has_notifications_signed_wrong_or_not_at_all(tmp_path: Path, vendor: str) -> None:
    with telling(tmp_path, scenarios={"sent": SENT}, access_key=PAIRS) as made:
        made.submit("sent", vendor=vendor)
        (wrong_key, wrong), (no_key, no) = [judged(vendor, each) for each in made.receiver.wait(2)]
        assert (wrong_key, wrong and wrong.differs) == (
            "first",
            "the signature differs by the secret key or by the text",
        )
        assert (no_key, no is not None and "has no Authorization" in no.differs) == ("", True)
        made.wait(2)
        assert [entry.told and entry.told.key for entry in made.attempts()] == ["first", ""]
        assert [attempt.signed for attempt in made.client.notifications()] == ["wrong", "no"]
        assert "signed wrongly on purpose" in str(made.client.notifications()[0])


@pytest.mark.parametrize(("word", "scheme"), [("qiniu", "Qiniu"), ("qbox", "QBox"), ("none", None)])
def test_qinius_scheme_is_that_of_the_option(tmp_path: Path, word: str, scheme: str | None) -> None:
    with telling(tmp_path, access_key=PAIRS, option=(("qiniu", "callback", word),)) as made:
        made.submit()
        (received,) = made.receiver.wait(1)
        sent = received.header("Authorization")
        assert (sent and sent.partition(" ")[0]) == scheme
        assert scheme is None or judged("qiniu", received) == ("first", None)


def test_no_secret_is_in_any_list_log_or_bundle(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with telling(tmp_path, scenarios={"sent": SENT}, access_key=PAIRS, access_log=True) as made:
        for vendor in ("qiniu", "wangsu"):
            for scenario in ("ended", "sent"):
                made.submit(scenario, vendor=vendor)
        made.submit(Authorization=f"QBox {PAIRS[0][1]}:c2ln")  # the secret in the place of the access key
        ask(made.live.url + "/pfop", b"bucket=b", Authorization=f"QBox {PAIRS[1][1]}:c2ln")  # and refused
        made.wait(7)
        client = made.client
        texts = [
            caplog.text,
            json.dumps(export(made.parts)),
            str(client.version()),
            str([client.requests(), client.requests(told=True)]),
            str(client.notifications()),
            str(client.tasks()),
            *[str(each.head) + str(each.body) for each in made.receiver.received],
        ]
        assert not [text for text in texts for _, secret in PAIRS if secret in text]
