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


def refusal(status: int, huawei: str) -> Mapping[str, Refused]:
    """One status of every vendor, and the code that Huawei has for it."""
    return {
        "qiniu": Refused(status, str(status)),
        "wangsu": Refused(status, str(status)),
        "huawei": Refused(status, huawei),
    }


def first(refusals: Mapping[str, Refused], times: int = 1) -> Sequences:
    """A refusal, so many times, of a task that has succeeded."""
    done: Mapping[str, Answer] = {"qiniu": 0, "wangsu": 3, "huawei": "succeed"}
    return {vendor: [*[refusals[vendor]] * times, done[vendor]] for vendor in VENDORS}


# The lists of errors, in their order.
QINIUS = (400, 401, 403, 404, 405, 406, 419, 478, 503, 504, 573, 579, 599, 608, 612, 614, 630, 631, 640, 701)
HUAWEIS = (
    *((400, f"VOD.{number}") for number in (10053, 10081, 10109)),
    (401, "APIGW.0301"),
    (401, "APIG.0301"),
    *((403, f"VOD.{number}") for number in (10052, 10054, 10055, 10056, 10057, 10059, 10060, 10074, 10083, 10086)),
    *((403, f"VOD.{number}") for number in (10110, 10111, 10120, 10132)),
    (404, "VOD.10062"),
    (404, "APIG.0101"),
    (405, "VOD.10058"),
    *((status, "APIG.0201") for status in (413, 414, 494)),
    (429, "APIG.0308"),
    (500, "VOD.10051"),
    (599, "VOD.599"),
)
WANGSUS = (400, *[401] * 7, 403, *[404] * 5, 405, 405, 406, 429, 579, 599)

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
    # -- ends well
    "skips-the-queue": {"qiniu": [2, 0], "wangsu": [1, 3], "huawei": ["processing", "succeed"]},
    "never-seen-working": {"qiniu": [1, 1, 0], "wangsu": [0, 0, 3], "huawei": ["processing", "processing", "succeed"]},
    "back-in-the-queue": {
        "qiniu": [1, 2, 1, 2, 0],
        "wangsu": [0, 1, 0, 1, 3],
        "huawei": [*["processing"] * 4, "succeed"],
    },
    "hundred-items": {
        "qiniu": [of(1, *[1] * 100), of(2, *[0] * 60, *[2] * 40), of(0, *[0] * 100)],
        "wangsu": [of(0, *["0"] * 100), of(1, *["3"] * 60, *["1"] * 40), of(3, *["3"] * 100)],
        "huawei": [
            urls(*["processing"] * 100),
            urls(*["succeed"] * 60, *["processing"] * 40),
            urls(*["succeed"] * 100),
        ],
    },
    "as-in-production": {
        "qiniu": [of(1, 1, 1), of(2, 0, 2), of(0, 0, 0)],
        "wangsu": [of(0, 0, 0), of(1, 3, 1), of(3, 3, 3)],
        "huawei": [urls("processing", "processing"), urls("succeed", "processing"), urls("succeed", "succeed")],
    },
    "odd-names": {
        "qiniu": [of(2, 2, 2), of(0, 0, 0)],
        "wangsu": [of(1, "1", "1"), of(3, "3", "3")],
        "huawei": [urls("processing", "processing"), urls("succeed", "succeed")],
    },
    "failure-taken-back": {"qiniu": [3, 2, 0], "wangsu": [3, 1, 3], "huawei": ["failed", "processing", "succeed"]},
    # -- fails
    "fails-one-of-forty": {
        "qiniu": [of(2, *[0] * 12, *[2] * 28), of(3, *[0] * 39, 3)],
        "wangsu": [of(1, *["3"] * 12, *["1"] * 28), of(3, *["3"] * 39, "2")],
        "huawei": [urls(*["succeed"] * 12, *["processing"] * 28), urls(*["succeed"] * 39, "failed")],
    },
    "fails-at-the-first-item": {
        "qiniu": [of(2, 3, 2, 2), of(2, 3, 2, 2), of(3, 3, 0, 0)],
        "wangsu": [of(1, "2", "1", "1"), of(1, "2", "1", "1"), of(3, "2", "3", "3")],
        "huawei": [*[urls("failed", "processing", "processing")] * 2, urls("failed", "succeed", "succeed")],
    },
    "fails-for-many-reasons": {
        "qiniu": [of(2, 2, 2, 2, 2), of(3, 3, 3, 3, 3)],
        "wangsu": [of(1, "1", "1", "1", "1"), of(3, "2", "2", "2", "2")],
        "huawei": [urls(*["processing"] * 4), urls(*["failed"] * 4)],
    },
    "success-taken-back": {"qiniu": [0, 2, 3], "wangsu": [3, 1, 3], "huawei": ["succeed", "processing", "failed"]},
    # -- the service in trouble
    "server-error": for_ever(refusal(500, "VOD.10051")),
    "bad-gateway": for_ever(refusal(502, "VOD.502")),
    "unavailable": for_ever(refusal(503, "VOD.503")),
    "gateway-timeout": for_ever(refusal(504, "VOD.504")),
    "redirect-nowhere": for_ever(refusal(302, "VOD.302")),
    "forbidden": for_ever(refusal(403, "VOD.10074")),
    "method-not-allowed": for_ever(refusal(405, "VOD.10058")),
    "throttled-always": for_ever(THROTTLED),
    "unavailable-retry-after": for_ever(refusal(503, "VOD.503")),
    "unavailable-retry-date": for_ever(refusal(503, "VOD.503")),
    "throttled-retry-after": for_ever(refusal(429, "APIG.0308")),
    "too-many-requests": {"qiniu": [Refused(429, "429")]},
    "callback-failed": {vendor: [Refused(579, "579")] for vendor in ("qiniu", "wangsu")},
    "down-once": first(DOWN),
    "down-twice": first(DOWN, 2),
    "retry-date-years-away": first(refusal(503, "VOD.503")),
    "throttled-once": first(refusal(429, "APIG.0308")),
    "bad-request-at-first": {
        "qiniu": [ILLEGAL["qiniu"], 1, 2, 0],
        "wangsu": [ILLEGAL["wangsu"], 0, 1, 3],
        "huawei": [ILLEGAL["huawei"], "processing", "processing", "succeed"],
    },
    "unauthorized-once": {
        "qiniu": [2, UNAUTHORIZED["qiniu"], 2, 0],
        "wangsu": [1, UNAUTHORIZED["wangsu"], 1, 3],
        "huawei": ["processing", UNAUTHORIZED["huawei"], "processing", "succeed"],
    },
    "unauthorized-midway": {
        "qiniu": [1, 2, UNAUTHORIZED["qiniu"]],
        "wangsu": [0, 1, UNAUTHORIZED["wangsu"]],
        "huawei": ["processing", "processing", UNAUTHORIZED["huawei"]],
    },
    "forgotten-once-done": {
        "qiniu": [2, 0, UNKNOWN["qiniu"]],
        "wangsu": [1, 3, UNKNOWN["wangsu"]],
        "huawei": ["processing", "succeed", UNKNOWN["huawei"]],
    },
    "not-found-midway": {
        "qiniu": [1, UNKNOWN["qiniu"], 2, 0],
        "wangsu": [0, UNKNOWN["wangsu"], 1, 3],
        "huawei": ["processing", UNKNOWN["huawei"], "processing", "succeed"],
    },
    "outage-then-failure": {
        "qiniu": [2, DOWN["qiniu"], DOWN["qiniu"], of(3, 3)],
        "wangsu": [1, DOWN["wangsu"], DOWN["wangsu"], of(3, "2")],
        "huawei": ["processing", DOWN["huawei"], DOWN["huawei"], "failed"],
    },
    "stuck-in-queue": {"qiniu": [1, 1], "wangsu": [0, 0], "huawei": ["processing"] * 2},
    "one-item-never-ends": {
        "qiniu": [of(1, 1, 1, 1), of(2, 0, 0, 2)],
        "wangsu": [of(0, "0", "0", "0"), of(1, "3", "3", "1")],
        "huawei": [urls(*["processing"] * 3), urls("succeed", "succeed", "processing")],
    },
    # -- special cases of one vendor
    "no-such-resource": {"qiniu": [Refused(612, "612")]},
    "account-frozen": {"qiniu": [Refused(419, "419")]},
    "arrears": {"huawei": [Refused(403, "VOD.10120")]},
    "wrong-project": {"huawei": [Refused(403, "VOD.10057")]},
    "not-found-403": {"huawei": [Refused(403, "VOD.10062")]},
    "english-error": {"huawei": [Refused(400, "VOD.10053")]},
    "upper-case-status": {"huawei": ["PROCESSING", "PROCESSING", "SUCCEED"]},
    "no-date": {"qiniu": [of(1, 1), of(2, 2), of(0, 0)]},
    "earlier-result": {"qiniu": [of(0, 0)]},
    "several-outputs": {"qiniu": [of(0, 0)]},
    "result-without-file": {"qiniu": [of(0, 0)]},
    "second-command-failed": {"qiniu": [of(2, 2), of(3, 3)]},
    "workflow-task": {"qiniu": [of(1, 1), of(1, 1), of(0, 0)]},
    "retention-changed": {"wangsu": [of(0, "0"), of(1, "1"), of(3, "3")]},
    "every-error-qiniu": {"qiniu": [Refused(status, str(status)) for status in QINIUS]},
    "every-error-huawei": {"huawei": [Refused(*each) for each in HUAWEIS]},
    "every-error-wangsu": {"wangsu": [Refused(status, str(status)) for status in WANGSUS]},
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

STAGES: Mapping[str, Sequence[Answer]] = {
    "qiniu": (1, 2, 0),
    "wangsu": (0, 1, 3),
    "huawei": ("processing", "processing", "succeed"),
}
"""A task in the queue, at work, and done."""


def stages(moments: Sequence[int], shown: Sequence[int]) -> Mapping[str, Sequence[tuple[int, Answer]]]:
    """For each vendor the moments, and at each of them one of its stages."""
    return {vendor: [(by, its[k]) for by, k in zip(moments, shown, strict=True)] for vendor, its in STAGES.items()}


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
    "takes-an-hour": [
        Timed("takes-an-hour.t", stages((0, 599_999, 1, 2_999_999, 1), [0, 0, 1, 1, 2])),
    ],
    "fails-after-an-hour": [
        Timed(
            "fails-after-an-hour.t",
            {
                "qiniu": [(0, 2), (3_599_999, 2), (1, of(3, 3))],
                "wangsu": [(0, 1), (3_599_999, 1), (1, of(3, "2"))],
                "huawei": [(0, "processing"), (3_599_999, "processing"), (1, "failed")],
            },
        )
    ],
    "finishes-in-any-order": [
        Timed(
            "finishes-in-any-order.t",
            {
                "qiniu": [(0, of(2, 2, 2, 2)), (10_000, of(2, 2, 2, 0)), (10_000, of(2, 2, 0, 0)), (10_000, 0)],
                "wangsu": [
                    (0, of(1, "1", "1", "1")),
                    (10_000, of(1, "1", "1", "3")),
                    (10_000, of(1, "1", "3", "3")),
                    (10_000, 3),
                ],
                "huawei": [
                    (0, urls("processing", "processing", "processing")),
                    (10_000, urls("processing", "processing", "succeed")),
                    (10_000, urls("processing", "succeed", "succeed")),
                    (10_000, "succeed"),
                ],
            },
        )
    ],
    "outage-by-the-clock": [
        Timed(
            "outage-by-the-clock.t",
            {
                vendor: [
                    (0, working),
                    (9_999, working),
                    (1, refusal(503, "VOD.503")[vendor]),
                    (29_999, refusal(503, "VOD.503")[vendor]),
                    (1, working),
                    (20_000, done),
                ]
                for vendor, (_, working, done) in STAGES.items()
            },
        )
    ],
    # 02:00 in China is 18:00 in UTC; the clock of the tests begins at 22:13 in UTC, so that no maintenance comes.
    "nightly-maintenance": [
        Timed(
            "nightly-maintenance.t",
            {vendor: [(0, working), (7_199_999, working), (1, done)] for vendor, (_, working, done) in STAGES.items()},
        )
    ],
    # A hundred at once, then one in every six tenths of a second.
    "throttled-per-minute": [
        Timed(
            "throttled-per-minute.t",
            {
                vendor: [
                    *((0, working) for _ in range(100)),
                    (0, THROTTLED[vendor]),
                    (599, THROTTLED[vendor]),
                    (1, working),
                    (0, THROTTLED[vendor]),
                    (600_000, done),
                ]
                for vendor, (_, working, done) in STAGES.items()
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
