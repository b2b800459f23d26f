"""What each shipped scenario answers, poll by poll, in the vendors' own codes: written by hand, and held by the tests.

A vendor that is missing is not served. The last answer of a sequence is repeated for ever.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mock_server.engine.durations import Span
from mock_server.engine.notify import Notify, Sending

VENDORS = ("qiniu", "wangsu", "huawei")


class Whole(NamedTuple):
    """A status body: the code of the whole (None where the vendor has none) and of each item."""

    code: int | None
    items: tuple[int | str, ...]


class Refused(NamedTuple):
    """An error response: its HTTP status, and its code as text."""

    status: int
    code: str


Answer = int | str | Whole | Refused
"""A number: the code of the whole, the items left unsaid. A word: the status of every URL."""


class Timed(NamedTuple):
    """A scenario by the clock: for one id, per vendor, the milliseconds to let pass before a poll and its answer."""

    id: str
    answers: Mapping[str, Sequence[tuple[int, Answer]]]


def of(code: int, *items: int | str) -> Whole:
    """The code of the whole, and the items'."""
    return Whole(code, items)


def urls(*statuses: str) -> Whole:
    """The status of each URL."""
    return Whole(None, statuses)


ILLEGAL = {"qiniu": Refused(400, "400"), "wangsu": Refused(400, "400"), "huawei": Refused(400, "VOD.10053")}
UNAUTHORIZED = {"qiniu": Refused(401, "401"), "wangsu": Refused(401, "401"), "huawei": Refused(401, "APIGW.0301")}
UNKNOWN = {"qiniu": Refused(404, "404"), "wangsu": Refused(404, "404"), "huawei": Refused(404, "VOD.10062")}
DOWN = {"qiniu": Refused(599, "599"), "wangsu": Refused(599, "599"), "huawei": Refused(599, "VOD.599")}
THROTTLED = {"qiniu": Refused(573, "573"), "wangsu": Refused(429, "429"), "huawei": Refused(429, "APIG.0308")}

Sequences = Mapping[str, Sequence[Answer]]


def for_ever(refusals: Mapping[str, Refused]) -> Sequences:
    """One refusal and nothing else."""
    return {vendor: [refusal] for vendor, refusal in refusals.items()}


SLOW: Sequences = {
    "qiniu": [1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 0],
    "wangsu": [0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 3],
    "huawei": ["processing"] * 13 + ["succeed"],
}

HAPPY: Sequences = {
    "qiniu": [of(1, 1), of(2, 2), of(0, 0)],
    "wangsu": [of(0, "0"), of(1, "1"), of(3, "3")],
    "huawei": ["processing", "processing", "succeed"],
}

TOLD: Sequences = {vendor: HAPPY[vendor] for vendor in ("qiniu", "wangsu")}

SHIPPED: Mapping[str, Sequences] = {
    "happy-path": HAPPY,
    "instant": {"qiniu": [of(0, 0)], "wangsu": [of(3, "3")], "huawei": ["succeed"]},
    "slow": SLOW,
    "fails-at-once": {"qiniu": [of(3, 3)], "wangsu": [of(3, "2")], "huawei": ["failed"]},
    "fails-late": {
        "qiniu": [1, 2, 2, of(3, 3)],
        "wangsu": [0, 1, 1, of(3, "2")],
        "huawei": ["processing", "processing", "processing", "failed"],
    },
    "partial-failure": {
        "qiniu": [of(1, 1, 1), of(2, 0, 2), of(3, 0, 3)],
        "wangsu": [of(0, "0", "0"), of(1, "3", "1"), of(3, "3", "2")],
        "huawei": [urls("processing", "processing"), urls("succeed", "processing"), urls("succeed", "failed")],
    },
    "success-hides-failure": {
        "qiniu": [of(1, 1, 1), of(2, 2, 2), of(0, 0, 3)],
        "wangsu": [of(0, "0", "0"), of(1, "1", "1"), of(3, "3", "2")],
    },
    "by-hand": {
        "qiniu": [of(2, 2, 2)] * 3,
        "wangsu": [of(1, "1", "1")] * 3,
        "huawei": [urls("processing", "processing")] * 3,
    },
    "never-ends": {"qiniu": [1, 2, 2, 2], "wangsu": [0, 1, 1, 1], "huawei": ["processing"] * 4},
    "not-found-at-first": {
        "qiniu": [UNKNOWN["qiniu"], 1, 2, 0],
        "wangsu": [UNKNOWN["wangsu"], 0, 1, 3],
        "huawei": [UNKNOWN["huawei"], "processing", "processing", "succeed"],
    },
    "bad-request": for_ever(ILLEGAL),
    "not-found": for_ever(UNKNOWN),
    "unauthorized": for_ever(UNAUTHORIZED),
    "outage": for_ever(DOWN),
    "outage-then-recovery": {
        "qiniu": [1, DOWN["qiniu"], DOWN["qiniu"], 0],
        "wangsu": [0, DOWN["wangsu"], DOWN["wangsu"], 3],
        "huawei": ["processing", DOWN["huawei"], DOWN["huawei"], "succeed"],
    },
    "notify-failed": {"qiniu": [1, 2, of(4, 0)], "wangsu": [0, 1, of(5, "5")]},
    "notified": {"wangsu": [0, 1, of(4, "4"), of(6, "6")]},
    "failure-notified": {"wangsu": [0, 1, of(4, "18"), of(6, "20")]},
    "failure-notify-failed": {"wangsu": [0, 1, of(4, "18"), of(5, "19")]},
    "unlisted-code": {"wangsu": [0, 1, of(3, "7")]},
    "document-sample": {
        "qiniu": [of(0, 0, 0, 0, 0)],
        "wangsu": [of(3, "3")],
        "huawei": [urls("processing", "succeed", "failed")],
    },
    "prefix-delete": {"wangsu": [0, 1, of(3, "3")]},
    "prefix-delete-output": {"wangsu": [0, 1, of(3, "3")]},
    "decompress": {"wangsu": [0, 1, of(3, "3")]},
    "m3u8-partly-deleted": {"wangsu": [0, 1, of(3, "2")]},
    "no-such-bucket": {"qiniu": [of(1, 1), of(2, 2), of(0, 0)]},
    "no-such-file": {"qiniu": [of(1, 1), of(2, 2), of(0, 0)]},
    "not-published": {"huawei": ["processing", "processing", "succeed"]},
    "submit-refused": HAPPY,
    "submit-lost": HAPPY,
    "told-for-real": TOLD,
    "told-twice": TOLD,
    "told-late": TOLD,
    "never-told": TOLD,
    "told-early": TOLD,
    "told-out-of-order": {"wangsu": [of(0, "0", "0"), of(1, "1", "1"), of(3, "3", "3")]},
    "forged-notification": TOLD,
}

# What a task that plays the scenario and has an address sends; of those that are not here, one notification at the end.
NOTIFIES: Mapping[str, Notify] = {
    "told-for-real": Notify("real"),
    "told-twice": Notify(send=(Sending(), Sending(after=Span(2_000, 2_000)))),
    "told-late": Notify(send=(Sending(after=Span(300_000, 300_000)),)),
    "never-told": Notify(send=()),
    "told-early": Notify(send=(Sending(on=1, shows=2),)),
    "told-out-of-order": Notify(send=(Sending(item=0, after=Span(10_000, 10_000)), Sending(item=1))),
    "forged-notification": Notify(send=(Sending(signed="wrong", retries=False),)),
}

# What a submit that plays the scenario gets; None: no response, though the task is made.
ON_SUBMIT: Mapping[str, Mapping[str, Refused | None]] = {
    "no-such-bucket": {"qiniu": Refused(631, "631")},
    "no-such-file": {"qiniu": Refused(612, "612")},
    "not-published": {"huawei": Refused(403, "VOD.10060")},
    "submit-refused": DOWN,
    "submit-lost": dict.fromkeys(VENDORS),
}

# By the clock: one millisecond before the earliest end of a step, and at the latest; one task in ten fails.
REALISTIC = (0, 4_999, 25_001, 154_999, 145_001)
TEN_DAYS = 864_000_000

BY_THE_CLOCK: Mapping[str, Sequence[Timed]] = {
    "realistic": [
        Timed(
            "realistic.happy",
            {
                "qiniu": list(zip(REALISTIC, [of(1, 1), of(1, 1), 2, 2, of(0, 0)], strict=True)),
                "wangsu": list(zip(REALISTIC, [of(0, "0"), of(0, "0"), 1, 1, of(3, "3")], strict=True)),
                "huawei": list(zip(REALISTIC, ["processing"] * 4 + ["succeed"], strict=True)),
            },
        ),
        Timed(
            "realistic.fails",
            {
                "qiniu": list(zip(REALISTIC, [1, 1, 2, 2, of(3, 3)], strict=True)),
                "wangsu": list(zip(REALISTIC, [0, 0, 1, 1, of(3, "2")], strict=True)),
                "huawei": list(zip(REALISTIC, ["processing"] * 4 + ["failed"], strict=True)),
            },
        ),
    ],
    "one-by-one": [
        Timed(
            "one-by-one.t",
            {
                "qiniu": [
                    (0, of(2, 2, 2, 2, 2)),
                    (9_999, of(2, 2, 2, 2, 2)),
                    (1, of(2, 0, 2, 2, 2)),
                    (10_000, of(2, 0, 0, 2, 2)),
                    (10_000, of(2, 0, 0, 0, 2)),
                    (10_000, of(0, 0, 0, 0, 0)),
                ],
                "wangsu": [
                    (0, of(1, "1", "1", "1", "1")),
                    (9_999, of(1, "1", "1", "1", "1")),
                    (1, of(1, "3", "1", "1", "1")),
                    (10_000, of(1, "3", "3", "1", "1")),
                    (10_000, of(1, "3", "3", "3", "1")),
                    (10_000, of(3, "3", "3", "3", "3")),
                ],
                "huawei": [
                    (0, urls("processing", "processing", "processing", "processing")),
                    (9_999, urls("processing", "processing", "processing", "processing")),
                    (1, urls("succeed", "processing", "processing", "processing")),
                    (10_000, urls("succeed", "succeed", "processing", "processing")),
                    (10_000, urls("succeed", "succeed", "succeed", "processing")),
                    (10_000, urls("succeed", "succeed", "succeed", "succeed")),
                ],
            },
        )
    ],
    "expires": [
        Timed(
            "expires.t",
            {
                "qiniu": [(0, 1), (0, 2), (0, 0), (TEN_DAYS - 1, 0), (1, UNKNOWN["qiniu"]), (0, UNKNOWN["qiniu"])],
                "wangsu": [(0, 0), (0, 1), (0, 3), (TEN_DAYS - 1, 3), (1, UNKNOWN["wangsu"]), (0, UNKNOWN["wangsu"])],
                "huawei": [
                    (0, "processing"),
                    (0, "processing"),
                    (0, "succeed"),
                    (TEN_DAYS - 1, "succeed"),
                    (1, UNKNOWN["huawei"]),
                    (0, UNKNOWN["huawei"]),
                ],
            },
        )
    ],
    # Ten at once, then one in every tenth of a second; the job underneath goes on while polls are refused.
    "throttled": [
        Timed(
            "throttled.t",
            {
                vendor: [
                    *((0, answer) for answer in SLOW[vendor][:10]),
                    (0, THROTTLED[vendor]),
                    (99, THROTTLED[vendor]),
                    (1, SLOW[vendor][12]),
                    (0, THROTTLED[vendor]),
                    (100, SLOW[vendor][13]),
                ]
                for vendor in VENDORS
            },
        )
    ],
}

DRAWN = ("flaky",)
"""Those whose answers are drawn at every poll; each has tests of its own."""
