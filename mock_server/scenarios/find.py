"""Which scenarios a text finds: by their names, by what they are about, and by what polls see of them. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from mock_server.engine.scenario import Scenario
from mock_server.faults.kinds import FAULTS, FOUND
from mock_server.http.responses import reason_of
from mock_server.scenarios.timeline import phrases
from mock_server.vendors.dialect import Dialect

SYNONYMS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("success", "successful", "done", "finished", "completed", "成功"), ("succeeded",)),
        **dict.fromkeys(("pending", "queued", "等待", "排队"), ("state: waiting",)),
        **dict.fromkeys(("running", "in-progress", "处理中"), ("state: processing",)),
        **dict.fromkeys(("timeout", "timeouts", "超时"), ("fault: hang", "delay:")),
        **dict.fromkeys(("latency", "lag", "延迟"), ("delay:",)),
        **dict.fromkeys(("rate-limit", "ratelimit", "rate-limited", "quota", "限流", "限速"), ("throttled",)),
        **dict.fromkeys(
            ("disconnect", "disconnected", "dropped", "断开", "断线"),
            ("fault: reset", "fault: close", "fault: truncate", "fault: closed"),
        ),
        **dict.fromkeys(("corrupt", "corrupted", "garbage", "损坏"), ("fault: malformed", "fault: html")),
        **dict.fromkeys(("webhook", "callback", "callbacks", "回调"), ("notif",)),
        **dict.fromkeys(("stuck", "forever", "卡住"), ("hold: true", "never")),
        **dict.fromkeys(("expired", "forgotten", "过期"), ("expires:",)),
        **dict.fromkeys(("missing", "nonexistent", "不存在"), ("unknown", "not found")),
    }
)
"""By a word that people look for, in what other words it is written here."""


def is_found(scenario: Scenario, dialects: Sequence[Dialect], text: str, also: str = "") -> bool:
    """Whether each word of the text, or a synonym of it, occurs in what there is to read of a scenario, in any case.

    `dialects` are those of the vendors that it serves, with its own options. `also` is read too.
    """
    words = text.lower().split()
    if not words:
        return True
    whole = "\n".join((also, *_readable(scenario, dialects))).lower()
    return all(any(each in whole for each in (word, *SYNONYMS.get(word, ()))) for word in words)


def _readable(scenario: Scenario, dialects: Sequence[Dialect]) -> Iterator[str]:
    """What somebody can read of a scenario, and of what its polls see: statuses, codes and texts of its errors too."""
    yield scenario.name
    yield scenario.about
    for line in scenario.text.splitlines():
        if not line.lstrip().startswith("#"):
            yield line
    errors = {step.error for step in scenario.steps}
    if scenario.expires is not None:
        errors.add("unknown")
    for step in scenario.steps:
        if step.adjust.status is not None:
            yield _status(step.adjust.status)
    for fault in scenario.faults:
        effect = fault.effect
        errors.add(effect.error)
        yield f"{phrases.condition(fault.when)}: {phrases.effect(effect)}"
        if effect.fault is not None:
            yield FAULTS[effect.fault].about
        if effect.status is not None or effect.redirect is not None:
            yield _status(effect.status or FOUND)
    for dialect in dialects:
        for error in errors:
            if error is not None:
                row, body = dialect.error(error)
                yield f"{row.status} {row.reason} {row.code} {row.text} {json.dumps(body, ensure_ascii=False)}"


def _status(status: int) -> str:
    return f"{status} {reason_of(status)}"
