"""Broken scenario files: what each gets wrong, its text, and how its message begins."""

from __future__ import annotations

from collections.abc import Mapping

Case = tuple[str, str]

END = "  - {state: succeeded}\n"

SHAPE: Mapping[str, Case] = {
    "not a mapping": ("- a", "demo.yaml:1:1: expected a mapping with `steps`, found a list"),
    "no steps": ("about: x", "demo.yaml:1:1: `steps` is missing (give the scenario steps, or its items"),
    "empty steps": ("steps: []", "demo.yaml:1:8: expected at least 1 here, found 0"),
    "steps of another type": ("steps: 3", "demo.yaml:1:8: expected a list of steps, found 3"),
    "a step of another type": (
        "steps: [waiting]",
        'demo.yaml:1:9: expected a step such as {state: waiting, polls: 1}, found "w',
    ),
    "an unknown key at the top": (
        "step: [{state: failed}]",
        'demo.yaml:1:1: unknown key "step" (did you mean "steps"?)',
    ),
    "an unknown key of a step": (
        "steps:\n  - {state: waiting, poll: 1}\n" + END,
        'demo.yaml:2:22: unknown key "poll" (did you mean "polls"?)',
    ),
    "a merge key": ("<<: {count: all}\nsteps:\n" + END, 'demo.yaml:1:1: unknown key "<<"'),
    "an unknown state": ("steps: [{state: done}]", 'demo.yaml:1:17: "done" is not a state (known: failed, notified,'),
    "a state nearly right": (
        "steps: [{state: suceeded}]",
        'demo.yaml:1:17: "suceeded" is not a state (did you mean "succe',
    ),
    "neither state nor error": (
        "steps: [{polls: 1}]",
        "demo.yaml:1:9: a step shows a `state` or an `error`, and this one",
    ),
    "state and error": (
        "steps: [{state: failed, error: 404}]",
        "demo.yaml:1:25: a step shows a `state` or an `error`, never",
    ),
    "polls in words": (
        "steps: [{state: waiting, polls: two}]",
        "demo.yaml:1:33: expected a whole number of polls, at least 1",
    ),
    "no polls": (
        "steps: [{state: waiting, polls: 0}]",
        "demo.yaml:1:33: expected a whole number of polls, at least 1, found 0",
    ),
    "true for a number": ("steps: [{state: waiting, polls: true}]", "demo.yaml:1:33: expected a whole number of polls"),
    "a time without a unit": (
        "steps:\n  - {state: waiting, for: 3}\n" + END,
        "demo.yaml:2:27: expected a length of time such as 250ms, 3s or 10m, or a span such as 3m..5m, found 3 (add",
    ),
    "no time at all": ("steps:\n  - {state: waiting, for: 0s}\n" + END, "demo.yaml:2:27: expected a length of time"),
    "another unit": ("steps:\n  - {state: waiting, for: 3w}\n" + END, "demo.yaml:2:27: expected a length of time"),
    "an unknown key of notify": (
        "notify: {sends: []}\nsteps:\n" + END,
        'demo.yaml:1:10: unknown key "sends" (did you mean "send"?)',
    ),
    "an empty notify": (
        "notify: {}\nsteps:\n" + END,
        "demo.yaml:1:9: expected ",
    ),
    "an unknown status of notify": (
        "notify: {status: reel}\nsteps:\n" + END,
        'demo.yaml:1:18: "reel" is not script or real (did you mean "real"?)',
    ),
    "notifications that are no list": (
        "notify: {send: never}\nsteps:\n" + END,
        'demo.yaml:1:16: expected a list of notifications, such as [{}], found "never"',
    ),
    "a notification that is no mapping": (
        "notify: {send: [2s]}\nsteps:\n" + END,
        'demo.yaml:1:17: expected a notification such as {} or {after: 2s}, found "2s"',
    ),
    "an unknown key of a notification": (
        "notify: {send: [{shown: succeeded}]}\nsteps:\n" + END,
        'demo.yaml:1:18: unknown key "shown" (did you mean "shows"?)',
    ),
    "a time of a notification without a unit": (
        "notify: {send: [{after: 2}]}\nsteps:\n" + END,
        "demo.yaml:1:25: expected a length of time such as 250ms, 3s or 10m, or a span such as 3m..5m, found 2 (add",
    ),
    "a signature of another kind": (
        "notify: {send: [{signed: wrogn}]}\nsteps:\n" + END,
        'demo.yaml:1:26: "wrogn" is not right, wrong or no (did you mean "wrong"?)',
    ),
    "a signature that is false": (
        "notify: {send: [{signed: false}]}\nsteps:\n" + END,
        "demo.yaml:1:26: expected right, wrong or no, found false",
    ),
    "no retries in words": (
        "notify: {send: [{retries: never}]}\nsteps:\n" + END,
        'demo.yaml:1:27: expected true or false, found "never"',
    ),
    "an item of a notification below the first": (
        "notify: {send: [{item: -1}]}\nitems: 1\nsteps:\n" + END,
        "demo.yaml:1:24: expected the number of an item, from 0 to 999, found -1",
    ),
    "a status too low": (
        "steps: [{error: 200}]",
        "demo.yaml:1:17: expected a status from 300 to 999, of a response that has",
    ),
    "a status in quotes": (
        'steps: [{error: "404"}]',
        'demo.yaml:1:17: "404" is not an error (a number goes without quotes)',
    ),
    "an unknown error": (
        "steps: [{error: trottled}]",
        'demo.yaml:1:17: "trottled" is not an error (did you mean "throttled"?)',
    ),
    "a word for routing alone": ("steps: [{error: no_route}]", 'demo.yaml:1:17: "no_route" is not an error'),
    "an unknown vendor": (
        "vendors: [qinu]\nsteps:\n" + END,
        'demo.yaml:1:11: "qinu" is not a vendor (did you mean "qiniu"?)',
    ),
    "a vendor twice": ("vendors: [qiniu, qiniu]\nsteps:\n" + END, "demo.yaml:1:10: the same is given twice"),
    "no vendor": ("vendors: []\nsteps:\n" + END, "demo.yaml:1:10: expected at least 1 here, found 0"),
    "an id of a number": (
        "ids: [123]\nsteps:\n" + END,
        "demo.yaml:1:7: expected an id, or a prefix with one final *, found 123 (put",
    ),
    "a star inside": (
        "ids: [a*b]\nsteps:\n" + END,
        'demo.yaml:1:7: expected an id, or a prefix with one final *, found "a*b"',
    ),
    "a star alone": ('ids: ["*"]\nsteps:\n' + END, "demo.yaml:1:7: expected an id, or a prefix"),
    "an unknown count": ("count: some\nsteps:\n" + END, 'demo.yaml:1:8: "some" is not all or seen'),
    "a profile": (
        "options: {profile: sdkk}\nsteps:\n" + END,
        'demo.yaml:1:20: "sdkk" is not a profile (did you mean "sdk"?)',
    ),
    "a knob": (
        "options: {huawei: {case: x}}\nsteps:\n" + END,
        'demo.yaml:1:20: unknown key "case" (did you mean "casing"?)',
    ),
    "a knob's word": (
        "options: {huawei: {casing: Up}}\nsteps:\n" + END,
        'demo.yaml:1:28: "Up" is not a word of it (known: lower',
    ),
    "a knob of a number": (
        "options: {wangsu: {separate: 1}}\nsteps:\n" + END,
        "demo.yaml:1:30: expected a word of it, found 1 (put",
    ),
    "items of text": (
        "items: two\nsteps:\n" + END,
        "demo.yaml:1:8: expected a whole number, a list of items, {count, each} or {fixt",
    ),
    "a fraction of items": (
        "items: 2.0\nsteps:\n" + END,
        "demo.yaml:1:8: expected a whole number, a list of items, {count, each} or {fixture}, found 2.0",
    ),
    "an empty list of items": (
        "items: []\nsteps:\n" + END,
        "demo.yaml:1:8: expected at least 1 here, found 0 (`items: 0` says that there are none)",
    ),
    "fewer than no items": (
        "items: -1\nsteps:\n" + END,
        "demo.yaml:1:8: expected a whole number from 0 to 1000, found -1",
    ),
    "over-many items": (
        "items: 1001\nsteps:\n" + END,
        "demo.yaml:1:8: expected a whole number from 0 to 1000, found 1001",
    ),
    "over-many steps": (
        "steps:\n" + "  - {error: 500, polls: 1}\n" * 1001,
        "demo.yaml:2:3: expected at most 1000 here, found",
    ),
    "count without each": ("items: {count: 3}\nsteps:\n" + END, "demo.yaml:1:8: items are {count, each} or {fixture}"),
    "a fixture and a count": (
        "items: {fixture: items, count: 3}\nsteps:\n" + END,
        "demo.yaml:1:25: `fixture` says all items by itself, so nothing else may stand beside it",
    ),
    "a path for a fixture": (
        "items: {fixture: ../x}\nsteps:\n" + END,
        "demo.yaml:1:18: expected a name of letters, digits, - and _",
    ),
    "an unknown field": (
        "items: [{keyy: x}]\nsteps:\n" + END,
        'demo.yaml:1:10: unknown key "keyy" (did you mean "key"?)',
    ),
    "a field of another type": (
        "items: [{cmd: 3}]\nsteps:\n" + END,
        "demo.yaml:1:15: expected text, found 3 (put it in quotes",
    ),
    "an empty field": (
        'items: [{cmd: ""}]\nsteps:\n' + END,
        'demo.yaml:1:15: expected text, 1 character at least, found ""',
    ),
    "an about without end": ("about: " + "x" * 3000 + "\nsteps:\n" + END, "demo.yaml:1:8: expected a sentence"),
    "an unknown word in counts": (
        "items: 3\nsteps:\n  - {state: failed, items: {succeeded: 2, faild: 1}}",
        'demo.yaml:3:43: unknown key "faild" (did you mean "failed"?)',
    ),
    "an item's state and nothing else": (
        "steps: [{state: failed, items: [{reason: x}]}]",
        "demo.yaml:1:33: `state` is missing",
    ),
    "a negative weight": (
        "steps: [{state: waiting, polls: 1, next: {a: -1}}]",
        "demo.yaml:1:46: expected a weight: a whole number",
    ),
    "no weights": (
        "steps: [{state: waiting, polls: 1, next: {}}]",
        "demo.yaml:1:42: expected at least 1 here, found 0",
    ),
    "an empty place": (
        'steps: [{state: failed, with: {qiniu: {"a..b": 1}}}]',
        "demo.yaml:1:40: expected a place such as items.0.error, f",
    ),
    "a header's name": (
        'steps: [{error: 500, headers: {"A B": x}}]',
        'demo.yaml:1:32: expected the name of a header, found "A B"',
    ),
    "a header that frames the response": (
        "steps: [{error: 500, headers: {content-LENGTH: '3'}}]",
        'demo.yaml:1:32: expected a header that does not frame the response, found "content-LENGTH"',
    ),
    "an error without a body": (
        "steps: [{error: 304}]",
        "demo.yaml:1:17: expected a status from 300 to 999, of a response that has a body, found 304",
    ),
    "a header's number": (
        "steps: [{error: 500, headers: {A: 3}}]",
        "demo.yaml:1:35: expected one line of printable ASCII, or null, found 3 (put it",
    ),
    "a header of two lines": (
        'steps: [{error: 500, headers: {A: "x\\n"}}]',
        "demo.yaml:1:35: expected one line of printable ASCII, or null",
    ),
    "a fault that does nothing": (
        "steps:\n" + END + "faults: [{when: {every: 2}}]",
        "demo.yaml:3:10: a fault does at least one of",
    ),
    "a fault of nothing": ("steps:\n" + END + "faults: [{}]", "demo.yaml:3:10: a fault does at least one of"),
    "an unknown fault": (
        "steps:\n" + END + "faults: [{fault: rest}]",
        'demo.yaml:3:18: "rest" is not a fault (did you mean "reset"?)',
    ),
    "over without a fault": (
        "steps:\n" + END + "faults: [{error: 500, over: 3s}]",
        "demo.yaml:3:23: `over` needs `fault` beside it",
    ),
    "over of a quick fault": (
        "steps:\n" + END + "faults: [{fault: reset, over: 3s}]",
        'demo.yaml:3:18: "reset" is not a fault that takes time, since `over` is given (known: dribble, hang)',
    ),
    "poll 0": (
        "steps:\n" + END + "faults: [{when: {polls: [0]}, error: 500}]",
        "demo.yaml:3:26: expected the number of a poll, or a w",
    ),
    "polls not in a list": (
        "steps:\n" + END + "faults: [{when: {polls: 4}, error: 500}]",
        "demo.yaml:3:25: expected a list such as [4,",
    ),
    "a chance": (
        "steps:\n" + END + "faults: [{when: {chance: 1.5}, error: 500}]",
        "demo.yaml:3:26: expected a number from 0 to 1",
    ),
    "a rate": (
        "steps:\n" + END + "faults: [{when: {rate: 5/day}, error: 500}]",
        "demo.yaml:3:24: expected a rate such as 10/s",
    ),
    "a time alone": (
        "steps:\n" + END + "faults: [{when: {time: 10s}, error: 500}]",
        "demo.yaml:3:24: expected a window of time such",
    ),
    "at without for": (
        "steps:\n" + END + 'faults: [{when: {at: "02:00Z"}, error: 500}]',
        "demo.yaml:3:18: `at` needs `for` beside it",
    ),
    "no zone": (
        "steps:\n" + END + "faults: [{when: {at: 02:00, for: 1m}, error: 500}]",
        "demo.yaml:3:22: expected a time of day with its",
    ),
}

MEANING: Mapping[str, Case] = {
    "two faults that always apply": (
        "steps: [{state: succeeded}]\nfaults:\n  - {fault: html}\n  - {fault: malformed}",
        "demo.yaml:4:5: this fault can never apply: fault 1, which comes before it, applies whenever this one does",
    ),
    "a fault behind an error that always applies": (
        "steps: [{state: succeeded}]\nfaults:\n  - {error: 599, delay: 1s}\n  - {when: {polls: [3]}, fault: reset}",
        "demo.yaml:4:5: this fault can never apply: fault 1",
    ),
    "an error behind a fault that always applies": (
        "steps: [{state: succeeded}]\nfaults:\n  - {when: {every: 1}, fault: dribble}\n  - {error: 599, delay: 1s}",
        "demo.yaml:4:5: this fault can never apply: fault 1",
    ),
    "two faults with the same condition": (
        "steps: [{state: succeeded}]\nfaults:\n  - {when: {polls: [4]}, fault: reset}\n  - {delay: 1s}\n"
        "  - {when: {polls: [4], step: succeeded}, fault: hang}",
        "demo.yaml:5:5: this fault can never apply: fault 1",
    ),
    "a third fault behind two that take all": (
        "steps: [{state: succeeded}]\nfaults:\n  - {fault: html}\n  - {fault: dribble}\n  - {length: +5}",
        "demo.yaml:5:5: this fault can never apply: fault 2",
    ),
    "a length of a response that has no body": (
        "steps: [{state: succeeded}]\nfaults: [{status: 304, length: +5}]",
        "demo.yaml:2:24: a response with the status 304 has no body to change (drop one of the two)",
    ),
    "a fault of a body that is not sent": (
        "steps: [{state: succeeded}]\nfaults: [{status: 204, fault: bad_chunk}]",
        "demo.yaml:2:24: a response with the status 204 has no body to change",
    ),
    "a body that is not sent": (
        "steps: [{state: succeeded}]\nfaults: [{status: 205, body: x}]",
        "demo.yaml:2:24: a response with the status 205 has no body to change",
    ),
    "a redirect that is shorter than nothing": (
        "steps: [{state: succeeded}]\nfaults: [{redirect: self, length: -1}]",
        "demo.yaml:2:27: the response has no body that could be longer than Content-Length says (drop it)",
    ),
    "an empty body that is shorter than nothing": (
        "steps: [{state: succeeded}]\nfaults: [{fault: empty_body, length: -3}]",
        "demo.yaml:2:30: the response has no body that could be longer",
    ),
    "items with more steps than can be walked at each poll": (
        "items: {count: 1000, each: {steps: [" + "{state: processing, polls: 1}, " * 10 + "{state: succeeded}]}}",
        "demo.yaml:1:8: 1000 items with up to 11 steps and branches each, 10000 at most in all (use fewer items, or",
    ),
    "one item with so many branches that all would be too many": (
        "items:\n"
        + "  - {}\n" * 500
        + "  - steps: [{state: waiting, polls: 1, next: {"
        + ", ".join(f"s{k}: 1" for k in range(20))
        + "}}, "
        + ", ".join(f"{{state: succeeded, name: s{k}}}" for k in range(20))
        + "]",
        "demo.yaml:2:3: 501 items with up to 40 steps and branches each, 10000 at most in all",
    ),
    "a state that a vendor lacks": (
        "vendors: [qiniu, wangsu]\nsteps: [{state: notified}]",
        'demo.yaml:2:17: qiniu has no state "notified" (leave qiniu out of `vendors`, or use another of: waiting, proc',
    ),
    "an item's state that a vendor lacks": (
        "vendors: [qiniu]\nsteps: [{state: failed, items: [failure_notified]}]",
        'demo.yaml:2:33: qiniu has no state "failure_notified" for an item (leave qiniu out',
    ),
    "an error that a vendor lacks": (
        "vendors: [huawei, wangsu]\nsteps: [{error: VOD.10062}]",
        'demo.yaml:2:17: wangsu has no error "VOD.10062" (known: bad_format, bad_signature, illegal, throttled,',
    ),
    "a fault's error that a vendor lacks": (
        "steps:\n" + END + "faults: [{error: VOD.10062}]",
        'demo.yaml:3:18: qiniu has no error "VOD.10062"',
    ),
    "notifications of a vendor that sends none": (
        "vendors: [huawei]\nnotify: {send: []}\nsteps:\n" + END,
        "demo.yaml:2:1: no vendor of this scenario sends notifications: huawei (drop `notify`)",
    ),
    "a notification on a step that is not there": (
        "steps:\n  - {state: processing, polls: 1}\n" + END + "notify: {send: [{on: procesing}]}",
        'demo.yaml:4:22: there is no step "procesing" (did you mean "processing"?)',
    ),
    "a notification that shows a step that is not there": (
        "steps:\n" + END + "notify: {send: [{shows: suceeded}]}",
        'demo.yaml:3:25: there is no step "suceeded" (did you mean "succeeded"?)',
    ),
    "a notification on an error": (
        "steps:\n  - {error: 599, polls: 1}\n" + END + "notify: {send: [{on: error, shows: succeeded}]}",
        'demo.yaml:4:22: step "error" shows an error, and a notification has the body of a state (name a step that',
    ),
    "a notification that shows an error": (
        "steps:\n  - {error: 599, polls: 1}\n" + END + "notify: {send: [{shows: error}]}",
        'demo.yaml:4:25: step "error" shows an error, and a notification has the body of a state',
    ),
    "a notification on a step where items have steps": (
        "items: [{steps: [{state: succeeded}]}]\nnotify: {send: [{on: succeeded}]}",
        "demo.yaml:2:18: the items have steps of their own, and a notification cannot name one of them (drop `on`;",
    ),
    "a notification that shows a step where items have steps": (
        "items: [{steps: [{state: succeeded}]}]\nnotify: {send: [{shows: succeeded}]}",
        "demo.yaml:2:18: the items have steps of their own, and a notification cannot name one of them (drop `shows`",
    ),
    "a notification of an item beyond the last": (
        "items: 2\nsteps:\n" + END + "notify: {send: [{item: 2}]}",
        "demo.yaml:4:24: there is no item 2: the scenario has 2 items, counted from 0, for wangsu (name one of them)",
    ),
    "a notification of an item of no items": (
        "steps:\n" + END + "notify: {send: [{item: 0}]}",
        "demo.yaml:3:24: the scenario does not say how many items there are (say it with the scenario's `items`)",
    ),
    "a notification of an item of a vendor that notifies of none": (
        "vendors: [qiniu, huawei]\nitems: 2\nsteps:\n" + END + "notify: {send: [{item: 0}]}",
        "demo.yaml:5:24: no vendor of this scenario notifies of single items: qiniu, huawei (drop `item`)",
    ),
    "a notification after too long a time": (
        "steps:\n" + END + "notify: {send: [{after: 40000d}]}",
        "demo.yaml:3:25: longer than a hundred years",
    ),
    "what becomes of a notification that a step scripts": (
        "vendors: [wangsu]\nnotify: {status: real}\nsteps:\n  - {state: notifying, polls: 1}\n  - {state: notified}",
        'demo.yaml:2:18: `real` shows what becomes of the notification, and step "notifying" says "notifying" i',
    ),
    "what becomes of a notification that an item of a step scripts": (
        "vendors: [wangsu]\nnotify: {status: real}\nsteps: [{state: succeeded, items: [failure_notified]}]",
        'demo.yaml:2:18: `real` shows what becomes of the notification, and step "succeeded" says "failure_not',
    ),
    "what becomes of a notification that a step of an item scripts": (
        "vendors: [wangsu]\nnotify: {status: real}\nitems: [{steps: [{state: notified}]}]",
        'demo.yaml:2:18: `real` shows what becomes of the notification, and step "notified" of item 0 says "no',
    ),
    "next alone": (
        "steps:\n  - {state: waiting, next: succeeded}\n" + END,
        'demo.yaml:2:5: step "waiting" says what follows but not when (add `polls` or `for` or `hold: true`)',
    ),
    "a step that never ends": (
        "steps:\n  - {state: waiting}\n" + END,
        'demo.yaml:2:5: step "waiting" never ends, and it is not the last (add `polls` or `for`',
    ),
    "an error step that never ends": ("steps:\n  - {error: 599}\n" + END, 'demo.yaml:2:5: step "error" never ends'),
    "the last with polls": (
        "steps: [{state: succeeded, polls: 2}]",
        "demo.yaml:1:28: the last step lasts for ever, so `polls` ends nothing (drop it, or say with `next` what fol",
    ),
    "the last with for": (
        "steps: [{state: processing, for: 2s}]",
        "demo.yaml:1:29: the last step lasts for ever, so `for` ends",
    ),
    "hold and polls": (
        "steps:\n  - {state: waiting, hold: true, polls: 1}\n" + END,
        "demo.yaml:2:34: `hold` lasts until the task is moved manually, so `polls` would never end it",
    ),
    "manual moves only, and a time": (
        "steps:\n  - {state: waiting, for: 1s, next: {succeeded: 0}}\n" + END,
        "demo.yaml:2:22: all weights are 0, for manual moves only, so `for` would end the step nowhere",
    ),
    "an unknown step": (
        "steps:\n  - {state: waiting, polls: 1, next: succeded}\n" + END,
        'demo.yaml:2:38: there is no step "succeded" (did you mean "succeeded"?)',
    ),
    "an unknown step in weights": (
        "steps:\n  - {state: waiting, polls: 1, next: {succeeded: 1, fail: 1}}\n" + END,
        'demo.yaml:2:53: there is no step "fail" (known: succeeded, waiting)',
    ),
    "a name twice": (
        "steps:\n  - {state: waiting, polls: 1, name: a}\n  - {state: succeeded, name: a}",
        'demo.yaml:3:30: step 1 is called "a" too (give one of them another `name`)',
    ),
    "a name that stands for the end of a task": (
        "steps:\n  - {state: waiting, polls: 1, name: expired}\n" + END,
        'demo.yaml:2:38: "expired" is what the journal calls the time after `expires` (give the step another `name`)',
    ),
    "a step that nothing reaches": (
        "steps:\n" + END + "  - {state: failed}",
        'demo.yaml:3:5: nothing leads to step "failed" (drop it, or name it in a `next`)',
    ),
    "a loop of time alone": (
        "steps:\n  - {state: waiting, for: 3s}\n  - {state: processing, for: 3s, next: {waiting: 1, succeeded: 1}}\n"
        + END,
        'demo.yaml:2:5: time alone goes round for ever: "waiting", "processing" (give one of these steps `polls` in',
    ),
    "a loop of time or polls": (
        "steps:\n  - {state: waiting, for: 3s, polls: 2, next: waiting}\n",
        'demo.yaml:2:5: time alone goes round for ever: "waiting"',
    ),
    "too few items": (
        "items: 3\nsteps:\n  - {state: failed, items: [succeeded, failed]}",
        "demo.yaml:3:28: 2 items here, but the scenario has 3 items for qiniu (give each item its state)",
    ),
    "too many items": (
        "items: 3\nsteps:\n  - {state: failed, items: {succeeded: 3, failed: 1}}",
        "demo.yaml:3:28: 4 items here, but the scenario has 3 items for qiniu",
    ),
    "items that were never counted": (
        "steps:\n  - {state: failed, items: [succeeded, failed]}",
        "demo.yaml:2:28: 2 items here, but the scenario has 1 item for qiniu (say with the scenario's `items` how ma",
    ),
    "a reason without a failure": (
        "steps: [{state: succeeded, reason: x}]",
        "demo.yaml:1:28: a reason is shown by failed items only, and none fails here (drop it)",
    ),
    "items of an error": (
        "steps: [{error: 500, items: [failed]}]",
        "demo.yaml:1:22: an error response shows no items, so `items` me",
    ),
    "steps twice over": (
        "items: [{steps: [{state: succeeded}]}]\nsteps:\n" + END,
        "demo.yaml:2:1: the items have steps of their own, and the whole follows from them (keep one of the two)",
    ),
    "an item that counts polls and time": (
        "items: [{steps: [{state: processing, polls: 1, for: 3s}, {state: succeeded}]}]",
        "demo.yaml:1:38: an item's step counts `polls` or time, not both (drop one of them)",
    ),
    "an item that counts polls and then time": (
        "items:\n  - steps:\n    - {state: waiting, polls: 1}\n    - {state: processing, for: 3s}\n"
        "    - {state: succeeded}",
        "demo.yaml:4:27: an item's steps all count polls or all count time, and the first counts polls "
        "(say `polls` in place of `for`)",
    ),
    "an item that counts time and then polls": (
        "items:\n  count: 2\n  each:\n    steps:\n    - {state: waiting, for: 3s}\n"
        "    - {state: processing, polls: 1}\n    - {state: succeeded}",
        "demo.yaml:6:27: an item's steps all count polls or all count time, and the first counts time "
        "(say `for` in place of `polls`)",
    ),
    "an item that goes back": (
        "items: [{steps: [{state: waiting, polls: 1}, {state: processing, polls: 1, next: waiting}]}]",
        'demo.yaml:1:82: "waiting" is no later step (an item\'s steps lead forward only)',
    ),
    "an item that is held and polled": (
        "items:\n  - steps:\n    - {state: processing, hold: true, polls: 1}\n    - {state: succeeded}",
        "demo.yaml:3:39: `hold` lasts until the task is moved manually, so `polls` would never end it",
    ),
    "an item's manual way that time ends": (
        "items:\n  - steps:\n    - {state: processing, for: 1s, next: {succeeded: 0}}\n    - {state: succeeded}",
        "demo.yaml:3:27: all weights are 0, for manual moves only, so `for` would end the step nowhere",
    ),
    "a fault in a state that no items lead to": (
        "items: [{steps: [{state: processing, for: 1s}, {state: succeeded}]}]\n"
        "faults: [{when: {step: waiting}, error: 599}]",
        'demo.yaml:2:24: there is no step "waiting" (known: processing, succeeded)',
    ),
    "an item that is stuck": (
        "items: [{steps: [{state: processing}, {state: succeeded}]}]",
        'demo.yaml:1:18: step "processing" never ends, and it is not the last (add `polls` or `for` or `hold: true`)',
    ),
    "an item's step that nothing reaches": (
        "items: [{steps: [{state: succeeded}, {state: failed}]}]",
        'demo.yaml:1:38: nothing leads to step "failed"',
    ),
    "a fixture that does not exist": (
        "vendors: [qiniu]\nitems: {fixture: document-sampel}\nsteps:\n" + END,
        'demo.yaml:2:18: there is no fixture "document-sampel" for qiniu (did you mean "document-sample"?)',
    ),
    "a field of no vendor served": (
        "vendors: [huawei]\nitems: [{key: x}]\nsteps:\n" + END,
        'demo.yaml:2:10: no item of huawei has "key" (known: url)',
    ),
    "a field one vendor refuses": ('items: [{hash: ""}]\nsteps:\n' + END, "demo.yaml:1:16: qiniu: must not be empty"),
    "a span backwards": (
        "steps:\n  - {state: waiting, for: 5m..3m}\n" + END,
        "demo.yaml:2:27: 5m..3m ends before it begins",
    ),
    "longer than a life": ("expires: 40000d\nsteps:\n" + END, "demo.yaml:1:10: longer than a hundred years"),
    "an unknown step in a fault": (
        "steps:\n" + END + "faults: [{when: {step: suceeded}, error: 500}]",
        'demo.yaml:3:24: there is no step "suceeded" (did you mean "succeeded"?)',
    ),
    "a window backwards": (
        "steps:\n" + END + "faults: [{when: {polls: [9..7]}, error: 500}]",
        "demo.yaml:3:26: 9..7 ends before",
    ),
    "a day too long": (
        "steps:\n" + END + 'faults: [{when: {at: "02:00Z", for: 25h}, error: 500}]',
        "demo.yaml:3:22: it comes every day, so it cannot last longer than one",
    ),
    "a percentile longer than a life": (
        "steps:\n" + END + "faults: [{delay: {median: 3s, p99: 40000d}}]",
        "demo.yaml:3:36: longer than a hundred years",
    ),
    "percentiles swapped": (
        "steps:\n" + END + "faults: [{delay: {median: 3s, p99: 1s}}]",
        "demo.yaml:3:36: the 99th percentile lies below the median (swap the two)",
    ),
    "options of a vendor not served": (
        "vendors: [qiniu]\noptions: {huawei: {casing: upper}}\nsteps:\n" + END,
        "demo.yaml:2:11: this scenario is not served by huawei (see `vendors`)",
    ),
    "with of a vendor not served": (
        "vendors: [qiniu]\nsteps: [{state: succeeded, with: {wangsu: {desc: x}}}]",
        "demo.yaml:2:35: this scenario is not served by wangsu (see `vendors`)",
    ),
    "its own name as an id": (
        "ids: [demo.*]\nsteps:\n" + END,
        'demo.yaml:1:7: "demo.*" is claimed by the name of the file',
    ),
}

WALKED: Mapping[str, Case] = {
    "a notification off its contract": (
        "vendors: [wangsu]\nnotify: {send: [{}]}\nsteps:\n  - {state: succeeded, with: {wangsu: {code: 5}}}",
        "demo.yaml:2:17: step succeeded, as a notification, breaks the contract of wangsu at $.code (enum): expected",
    ),
    "a notification off its contract where only the status is written": (
        "vendors: [qiniu]\nnotify: {status: real}\nsteps:\n  - {state: succeeded, with: {qiniu: {code: 4}}}",
        "demo.yaml:2:9: step succeeded, as a notification, breaks the contract of qiniu at $.code (enum): expected",
    ),
    "a notification of a step off its contract": (
        "vendors: [qiniu]\nnotify: {send: [{on: a}]}\nsteps:\n"
        "  - {name: a, state: processing, polls: 1, with: {qiniu: {code: 4}}}\n" + END,
        "demo.yaml:2:17: step a, as a notification, breaks the contract of qiniu at $.code (enum): expected",
    ),
    "a notification that shows a step off its contract": (
        "vendors: [qiniu]\nnotify: {send: [{shows: a}]}\nsteps:\n"
        "  - {name: a, state: processing, polls: 1, with: {qiniu: {code: 4}}}\n" + END,
        "demo.yaml:2:17: step a, as a notification, breaks the contract of qiniu at $.code (enum): expected",
    ),
    "a status without a body": (
        "steps: [{state: failed, status: 204}]",
        "demo.yaml:1:9: the response breaks the contract of qiniu at $ (status): a response of status 204 has no body",
    ),
    "no items": (
        "items: 0\nsteps: [{state: failed}]",
        "demo.yaml:2:9: the response breaks the contract of qiniu at $.items (minItems): expected at least 1 of them",
    ),
    "a place that is not there": (
        "steps:\n  - {state: succeeded, with: {qiniu: {items.1.key: x}}}",
        'demo.yaml:2:39: the body of qiniu has no place "items.1.key" here (only the last key of a place may be new)',
    ),
    "a removed place that is not there": (
        "steps:\n  - {state: succeeded, without: {wangsu: [items.0.key, items.0.kee]}}",
        'demo.yaml:2:56: the body of wangsu has no place "items.0.kee" here',
    ),
    "a place in an error's body": (
        "steps:\n  - {error: 500, without: {qiniu: [items]}}",
        'demo.yaml:2:36: the body of qiniu has no place "items" here',
    ),
    "a body that breaks its contract": (
        "steps:\n  - {state: succeeded, with: {qiniu: {code: 9}}}",
        "demo.yaml:2:31: the response breaks the contract of qiniu at $.code (enum): expected one of 0, 1, 2, 3, 4, f",
    ),
    "a body without a field": (
        "steps:\n  - {state: succeeded, without: {wangsu: [desc]}}",
        "demo.yaml:2:34: the response breaks the contract of wangsu at $.desc (required)",
    ),
    "an error that breaks its contract": (
        "steps:\n  - {error: 500, with: {huawei: {error_code: 500}}}",
        "demo.yaml:2:25: the response breaks the contract of huawei at $.error_code (type)",
    ),
    "off contract for nothing": (
        "steps:\n  - {state: succeeded, off_contract: true, with: {qiniu: {desc: fine}}}",
        "demo.yaml:2:24: `off_contract` is said, and yet the response keeps every vendor's contract (drop it, or break",
    ),
    "back from an end": (
        "steps:\n  - {state: succeeded, polls: 1}\n  - {state: processing}",
        'demo.yaml:3:5: step "processing": goes back to "processing" after the work was over (mend the steps, or say',
    ),
    "back from an end over an error": (
        "steps:\n  - {state: succeeded, polls: 1}\n  - {error: 599, polls: 1}\n  - {state: processing}",
        'demo.yaml:4:5: step "processing": goes back',
    ),
    "back from an end by a manual move": (
        "steps:\n  - {state: processing, polls: 1}\n  - {state: failed, next: {processing: 0}}",
        'demo.yaml:2:5: step "processing": goes back',
    ),
    "success into failure": (
        "steps:\n  - {state: succeeded, polls: 1}\n  - {state: failed}",
        'demo.yaml:3:5: step "failed": turns success into failure',
    ),
    "failure into success behind a notification": (
        "vendors: [wangsu]\nsteps:\n  - {state: failed, polls: 1}\n"
        "  - {state: notifying, items: [failure_notifying], polls: 1}\n  - {state: succeeded}",
        'demo.yaml:5:5: step "succeeded": turns failure into success',
    ),
    "waiting over work": (
        "steps:\n  - {state: waiting, items: [processing], polls: 1}\n" + END,
        'demo.yaml:2:5: step "waiting": the whole waits while an item does not (qiniu)',
    ),
    "processing with nothing left": (
        "steps:\n  - {state: processing, items: [succeeded], polls: 1}\n" + END,
        'demo.yaml:2:5: step "processing": the whole is being processed while every item is finished',
    ),
    "an end over unfinished work": (
        "items: 2\nsteps:\n  - {state: succeeded, items: [succeeded, processing]}",
        'demo.yaml:3:5: step "succeeded": the whole says "succeeded" while an item is unfinished',
    ),
    "a failure of nothing": (
        "steps:\n  - {state: failed, items: [succeeded]}",
        'demo.yaml:2:5: step "failed": the work failed while no item did',
    ),
    "a notification that forgets the failure": (
        "vendors: [wangsu]\nsteps:\n  - {state: failed, polls: 1}\n  - {state: notified}",
        'demo.yaml:4:5: step "notified": the work failed while no item did',
    ),
    "an item that changes its end": (
        "items: [{steps: [{state: succeeded, polls: 1, next: failed}, {state: failed}]}]",
        'demo.yaml:1:62: step "failed" of the item turns success into failure (mend the steps)',
    ),
}
