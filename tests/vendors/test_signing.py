"""Signatures: the right ones are taken, every other is refused, and the typical mistakes are named."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.sdk_request import SdkRequest
from huaweicloudsdkcore.signer.signer import Signer
from hypothesis import given
from hypothesis import strategies as st
from qiniu import Auth, QiniuMacAuth
from wcs.commons.auth import Auth as WangsuAuth

from mock_server.http.message import Request, request_of
from mock_server.vendors.credentials import NOTE, WINDOW, Denied, Keys, note_of
from mock_server.vendors.huawei import signing as huawei_signing
from mock_server.vendors.qiniu import signing as qiniu_signing
from mock_server.vendors.registry import Registry
from mock_server.vendors.wangsu import signing as wangsu_signing
from tests.support import signed
from tests.support.signed import FORM, HOST, NOW, PAIR, PREHEATING, STAMP, Pair

KEYS = Keys({PAIR.ak: PAIR.sk.encode(), "ak-2": b"made-up-secret-2"}, "made-up-token", (8080,))
REGISTRY = Registry()
UNSIGNED = ("X-Sdk-Content-Sha256", "UNSIGNED-PAYLOAD")
SECRETS = (PAIR.sk, "made-up-secret-2", "made-up-token")


def judged(vendor: str, request: Request, real: int = NOW) -> Denied | None:
    return REGISTRY.dialect(vendor).judge(request, KEYS, real)


def denied(vendor: str, request: Request, real: int = NOW) -> Denied:
    found = judged(vendor, request, real)
    assert found is not None
    note = note_of(found, KEYS)
    assert note.startswith("auth; ")
    assert "; signed here: " in note
    assert len(note) <= NOTE.value
    assert all(" " <= letter <= "~" for letter in note)
    assert not any(secret in note for secret in SECRETS)
    return found


def with_header(request: Request, name: str, value: str | None) -> Request:
    others = tuple(pair for pair in request.headers if pair[0].lower() != name.lower())
    return request._replace(headers=others if value is None else (*others, (name, value)))


OCTETS = "application/octet-stream"
RIGHT: dict[str, tuple[str, Request]] = {
    "qbox": ("qiniu", signed.qbox_request()),
    "qbox with slash": ("qiniu", signed.qbox_request("/pfop/")),
    "qbox with query": ("qiniu", signed.qbox_request("/pfop?a=%20b")),
    "qbox without a form's type": (
        "qiniu",
        request_of("POST", "/pfop", (("Authorization", signed.qbox(b"/pfop\n")),), signed.QINIU_BODY),
    ),
    "qiniu": ("qiniu", signed.qiniu_request()),
    "qiniu by a proxy": ("qiniu", signed.qiniu_request()._replace(target=f"http://{HOST}/pfop")),
    "qiniu, port sent and not signed": (
        "qiniu",
        signed.qiniu_request(signed.qiniu_text(host="127.0.0.1") + signed.QINIU_BODY),
    ),
    "qiniu, port signed and not sent": ("qiniu", signed.qiniu_request(host="127.0.0.1")),
    "qiniu without a type": (
        "qiniu",
        request_of(
            "POST",
            "/pfop",
            (("Host", HOST), ("Authorization", signed.qiniu(signed.qiniu_text(type="", more="")))),
            signed.QINIU_BODY,
        ),
    ),
    "qiniu, bytes": (
        "qiniu",
        request_of(
            "POST",
            "/pfop",
            (
                ("Host", HOST),
                ("Content-Type", OCTETS),
                ("Authorization", signed.qiniu(signed.qiniu_text(type=OCTETS, more=""))),
            ),
            signed.QINIU_BODY,
        ),
    ),
    "qiniu, headers of its own": (
        "qiniu",
        request_of(
            "POST",
            "/pfop",
            (
                ("Host", HOST),
                ("Content-Type", FORM),
                ("X-QINIU-b", "2"),
                ("x-qiniu-a-one", "1"),
                ("X-Qiniu-", "0"),
                (
                    "Authorization",
                    signed.qiniu(signed.qiniu_text(more="X-Qiniu-A-One: 1\nX-Qiniu-B: 2\n") + signed.QINIU_BODY),
                ),
            ),
            signed.QINIU_BODY,
        ),
    ),
    "huawei": ("huawei", signed.huawei_request()),
    "huawei, few headers": ("huawei", signed.huawei_request(names="x-sdk-date")),
    "huawei, status": ("huawei", signed.huawei_request("GET", f"{PREHEATING}?task_id=a~b%20c", b"")),
    "huawei, status with a body": ("huawei", signed.huawei_request("GET", f"{PREHEATING}?task_id=a", b"{}")),
    "huawei, unsorted query": ("huawei", signed.huawei_request("GET", f"{PREHEATING}?task_id=a&b=1", b"")),
    "huawei, unsigned payload": ("huawei", signed.huawei_request(more=(UNSIGNED,), payload="UNSIGNED-PAYLOAD")),
    "huawei, unsigned nothing": (
        "huawei",
        signed.huawei_request("GET", f"{PREHEATING}?task_id=a", b"", more=(UNSIGNED,), payload="UNSIGNED-PAYLOAD"),
    ),
    "huawei, nothing, which is hashed": (
        "huawei",
        signed.huawei_request("GET", f"{PREHEATING}?task_id=a", b"", more=(UNSIGNED,)),
    ),
    "huawei, template": ("huawei", signed.huawei_request(target="/v1.0/{project_id}/asset/preheating")),
    "huawei, escaped": ("huawei", signed.huawei_request(target="/v1.0/%7bproject_id%7D/asset/preheating")),
    "huawei, token": ("huawei", request_of("GET", PREHEATING, (("X-Auth-Token", "made-up-token"),), b"")),
    "wangsu": ("wangsu", signed.wangsu_request()),
    "wangsu with slash and query": ("wangsu", signed.wangsu_request("/fmgr/delete/?a=b")),
    "wangsu, another key": ("wangsu", signed.wangsu_request(pair=Pair("ak-2", "made-up-secret-2"))),
}


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_signature_is_taken(name: str) -> None:
    assert judged(*RIGHT[name]) is None


# Made with OpenSSL.
FIXED: list[tuple[str, Request]] = [
    (
        "qiniu",
        request_of(
            "POST",
            "/pfop",
            (("Content-Type", FORM), ("Authorization", "QBox ak-1:kxNJjcwB6Yj2u374b3iXheoBqY8=")),
            b"bucket=b&key=k&fops=f",
        ),
    ),
    (
        "qiniu",
        request_of(
            "POST",
            "/pfop",
            (
                ("Host", HOST),
                ("Content-Type", FORM),
                ("X-Qiniu-Date", STAMP),
                ("Authorization", "Qiniu ak-1:uVhECo-JG9IzrS9f8iJfN2k1hJo="),
            ),
            b"bucket=b&key=k&fops=f",
        ),
    ),
    (
        "wangsu",
        signed.wangsu_request(header="ak-1:YzI0N2QzMWE1NWVmMzA2YWFkNjdjYjEwMDcwMmY4YzZkYjFjYmU0YQ=="),
    ),
    (
        "huawei",
        request_of(
            "GET",
            "/v1.0/p/asset/preheating?task_id=a",
            (
                ("Host", HOST),
                ("X-Sdk-Date", STAMP),
                (
                    "Authorization",
                    "SDK-HMAC-SHA256 Access=ak-1, SignedHeaders=host;x-sdk-date, "
                    "Signature=3eb21a2c19566dd90e2efedd17c61ff9ba9d5c07a4cefe6427a1d2ee0c8ffefd",
                ),
            ),
            b"",
        ),
    ),
]


@pytest.mark.parametrize(("vendor", "request_"), FIXED)
def test_signatures_made_elsewhere_are_taken(vendor: str, request_: Request) -> None:
    assert judged(vendor, request_) is None


@pytest.mark.parametrize("name", RIGHT)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_refused(name: str, data: st.DataObject) -> None:
    vendor, request = RIGHT[name]
    covered = ["authorization"]
    if request.header("X-Auth-Token"):
        covered = ["x-auth-token"]
    text = {
        "qiniu": qiniu_signing.qiniu_text(request, HOST)
        if str(request.header("Authorization")).startswith("Qiniu")
        else qiniu_signing.qbox_text(request),
        "wangsu": wangsu_signing.text_of(request),
    }.get(vendor)
    body_counts = bool(request.body) and (
        (text or b"").endswith(request.body) if vendor != "huawei" else not request.header(UNSIGNED[0])
    )
    if body_counts and "x-auth-token" not in covered:
        covered.append("body")
    if "x-auth-token" not in covered:
        covered.append("target")
    where = data.draw(st.sampled_from(covered))
    if where == "body":
        at, bit = data.draw(st.integers(0, len(request.body) - 1)), data.draw(st.integers(0, 7))
        flipped = bytearray(request.body)
        flipped[at] ^= 1 << bit
        changed = request._replace(body=bytes(flipped))
    else:
        old = request.target if where == "target" else request.header(where) or ""
        at, bit = data.draw(st.integers(0, len(old) - 1)), data.draw(st.integers(0, 6))
        new = old[:at] + chr(ord(old[at]) ^ (1 << bit)) + old[at + 1 :]
        if where == "target" and (vendor, "%" in old[max(0, at - 2) : at + 1]) == ("huawei", True):
            return  # the same path in another spelling, which is signed as the same
        if where == "target" and ("#" in new or not new.startswith("/") or new.isprintable() is False):
            return  # no target, which no server hands on
        changed = request._replace(target=new) if where == "target" else with_header(request, where, new)
    denied(vendor, changed)


class TestTheSdksOwnCode:
    @given(body=st.text(st.characters(codec="utf-8"), max_size=60), query=st.sampled_from(["", "?a=b", "?x=%20&y"]))
    def test_qiniu(self, body: str, query: str) -> None:
        for path in ("/pfop", "/pfop/"):
            url = f"http://{HOST}{path}{query}"
            headers = (("Host", HOST), ("Content-Type", FORM), ("X-Qiniu-Date", STAMP))
            request = request_of("POST", f"{path}{query}", headers, body.encode())
            tokens = [
                f"QBox {Auth(*PAIR).token_of_request(url, body, FORM)}",
                "Qiniu "
                + QiniuMacAuth(*PAIR).token_of_request(
                    "POST", None, url, f"X-Qiniu-Date: {STAMP}", content_type=FORM, body=body
                ),
            ]
            for token in tokens:
                assert judged("qiniu", with_header(request, "Authorization", token)) is None

    @given(
        body=st.binary(max_size=60),
        query=st.lists(st.tuples(st.text("ab~ +&\u76ee", min_size=1), st.text("ab/~ +&=\u76ee")), max_size=4),
        kind=st.sampled_from(["application/json", "text/plain"]),
    )
    def test_huawei(self, body: bytes, query: list[tuple[str, str]], kind: str) -> None:
        asked = SdkRequest(
            method="POST",
            schema="http",
            host=HOST,
            resource_path=PREHEATING,
            query_params=list(query),
            header_params={"Content-Type": kind, "X-Sdk-Date": STAMP, "User-Agent": "made up"},
            body=body,
        )
        sent = Signer(BasicCredentials(*PAIR, "p")).sign(asked)
        request = request_of("POST", sent.uri, tuple(sent.header_params.items()), body)
        assert judged("huawei", request) is None

    @given(body=st.text(st.characters(codec="utf-8"), max_size=60), query=st.sampled_from(["", "?a=b"]))
    def test_wangsu(self, body: str, query: str) -> None:
        header = WangsuAuth(*PAIR).managertoken(f"http://{HOST}/fmgr/fetch{query}", body)
        assert judged("wangsu", signed.wangsu_request(f"/fmgr/fetch{query}", body.encode(), header=header)) is None


def qiniu_with(text: bytes) -> Request:
    return signed.qiniu_request(text)


def qbox_with(text: bytes, type: str = FORM, target: str = "/pfop") -> Request:
    headers = (("Host", HOST), ("Content-Type", type), ("Authorization", signed.qbox(text)))
    return request_of("POST", target, headers, signed.QINIU_BODY)


def wangsu_with(text: bytes, target: str = "/fmgr/delete") -> Request:
    return signed.wangsu_request(target, header=signed.wangsu(text))


def huawei_with(change: Callable[[bytes], bytes], target: str = PREHEATING, **more: Any) -> Request:
    names = "content-type;host;x-sdk-date"
    headers = (("Host", HOST), ("Content-Type", "application/json"), ("X-Sdk-Date", STAMP))
    text = change(signed.canonical("POST", target, headers, names, signed.HUAWEI_BODY, more.get("payload", "")))
    return signed.huawei_request(target=target, text=text, more=more.get("more", ()))


def another_hash(body: bytes) -> Callable[[bytes], bytes]:
    return lambda text: text[:-64] + hashlib.sha256(body).hexdigest().encode()


BODY = signed.QINIU_BODY
WANGSU_TEXT = b"/fmgr/delete\n" + signed.WANGSU_BODY
SLIPS: list[tuple[str, Request, str]] = [
    ("qiniu", qbox_with(b"/pfop\n"), "the body was left out"),
    ("qiniu", qbox_with(b"/pfop\n" + BODY, "text/plain"), "the body was signed, which is not part of the text"),
    ("qiniu", qbox_with(b"/pfop/\n" + BODY), "the path was signed with a slash at its end"),
    ("qiniu", qbox_with(b"/pfop\n" + BODY, target="/pfop/"), "the path was signed without a slash at its end"),
    ("qiniu", qbox_with(b"/pfop\n" + BODY, target="/pfop?a=b"), "the query was left out"),
    (
        "qiniu",
        qbox_with(f"POST /pfop\nHost: {HOST}\nContent-Type: {FORM}\n\n".encode() + BODY),
        "the text is that of the scheme Qiniu",
    ),
    ("qiniu", qiniu_with(signed.qiniu_text()), "the body was left out"),
    ("qiniu", qiniu_with(signed.qiniu_text("/pfop/") + BODY), "the path was signed with a slash at its end"),
    ("qiniu", qiniu_with(b"/pfop\n" + BODY), "the text is that of the scheme QBox"),
    ("qiniu", qiniu_with(signed.qiniu_text(host=f"{HOST}:8080") + BODY), "the port was signed twice"),
    ("qiniu", qiniu_with(signed.qiniu_text(type="") + BODY), "the Content-Type was left out"),
    ("qiniu", qiniu_with(signed.qiniu_text(type="")), "the Content-Type was left out"),
    (
        "qiniu",
        with_header(qiniu_with(signed.qiniu_text() + BODY), "Content-Type", None),
        "a Content-Type was signed that was not sent",
    ),
    ("wangsu", wangsu_with(b"/fmgr/delete\n"), "the body was left out"),
    ("wangsu", wangsu_with(b"/fmgr/delete/\n" + signed.WANGSU_BODY), "the path was signed with a slash"),
    ("wangsu", wangsu_with(b"/fmgr/delete\n" + signed.WANGSU_BODY, "/fmgr/delete/"), "the path was signed without"),
    ("wangsu", wangsu_with(b"/fmgr/delete\n" + signed.WANGSU_BODY, "/fmgr/delete?a=b"), "the query was left out"),
    (
        "wangsu",
        signed.wangsu_request(header=f"ak-1:{signed.urlsafe(signed.hmac_sha1(PAIR.sk, WANGSU_TEXT))}"),
        "the raw digest in place of its hexadecimal text",
    ),
    (
        "huawei",
        huawei_with(lambda text: text.replace(b"preheating/", b"preheating")),
        "the path was signed without a slash at its end",
    ),
    (
        "huawei",
        huawei_with(lambda text: text.replace(b"a=1&b=2", b"b=2&a=1"), f"{PREHEATING}?b=2&a=1"),
        "the query was not sorted",
    ),
    ("huawei", huawei_with(lambda text: text.replace(b"a=1", b""), f"{PREHEATING}?a=1"), "the query was left out"),
    ("huawei", huawei_with(another_hash(b"")), "the body was left out"),
    ("huawei", huawei_with(another_hash(b"{}")), "the hash is that of another body"),
    (
        "huawei",
        huawei_with(lambda text: text, payload="0" * 64, more=(("X-Sdk-Content-Sha256", "0" * 64),)),
        "the hash is that of another body",
    ),
    ("huawei", huawei_with(lambda text: text, payload="UNSIGNED-PAYLOAD"), "the body was not hashed"),
    ("huawei", huawei_with(lambda text: text, more=(UNSIGNED,)), "the body was hashed"),
    ("huawei", huawei_with(lambda text: text.replace(b":8080", b"")), "the host was signed without its port"),
    ("huawei", huawei_with(lambda text: text.replace(b":8080", b":8080:8080")), "the port was signed twice"),
    ("huawei", with_header(signed.huawei_request(), "Content-Type", None), "the signed header content-type is not"),
    ("qiniu", signed.qbox_request(pair=Pair("ak-1", "wrong")), "by the secret key or by the text"),
    ("huawei", signed.huawei_request(pair=Pair("ak-1", "wrong")), "by the secret key or by the text"),
    ("wangsu", signed.wangsu_request(pair=Pair("ak-1", "wrong")), "by the secret key or by the text"),
]


@pytest.mark.parametrize(("vendor", "request_", "differs"), SLIPS)
def test_a_typical_slip_is_named(vendor: str, request_: Request, differs: str) -> None:
    found = denied(vendor, request_)
    assert differs in found.differs
    assert found.error == {"wangsu": "bad_signature"}.get(vendor, "unauthorized")


def test_the_text_that_is_signed_here_is_shown() -> None:
    note = note_of(denied("qiniu", qbox_with(b"x")), KEYS)
    assert note.endswith("; signed here: /pfop\\nbucket=b&key=in%2Fa.mp4&fops=avthumb%2Fmp4")
    assert str(signed.qbox_request().header("Authorization"))[5:] not in note


def test_the_note_is_bounded_and_in_printable_ascii() -> None:
    body = "fops=\u76ee\x00\x7f\\\r\n".encode() * 1_000 + b"\xff"
    note = note_of(denied("wangsu", signed.wangsu_request(body=body, header="ak-1:x")), KEYS)
    assert len(note) == NOTE.value
    assert "\\u76ee\\x00\\x7f\\\\\\r\\n" in note
    assert note.endswith("...")


def test_a_secret_in_the_text_itself_is_hidden() -> None:
    body = f"fops={PAIR.sk}&made-up-token".encode()
    note = note_of(denied("wangsu", signed.wangsu_request(body=body, header="ak-1:x")), KEYS)
    assert note.endswith("fops=***&***")


TOKEN = "X-Auth-Token"
ORDER: list[tuple[str, Request, str, str]] = [
    ("qiniu", with_header(signed.qbox_request(), "Authorization", None), "unauthorized", "has no Authorization"),
    ("qiniu", with_header(signed.qbox_request(), "Authorization", "QBox ak"), "unauthorized", "is not <scheme>"),
    ("qiniu", with_header(signed.qbox_request(), "Authorization", "Bearer a:b"), "unauthorized", "is not <scheme>"),
    ("qiniu", signed.qbox_request(pair=Pair("other")), "unauthorized", "none of --access-key"),
    (
        "qiniu",
        with_header(signed.qiniu_request(stamp="20000101T000000Z"), "Authorization", "Qiniu other:x"),
        "unauthorized",
        "none of --access-key",
    ),
    ("qiniu", signed.qiniu_request(stamp="20231114T222821Z"), "unauthorized", "X-Qiniu-Date is 15 minutes after"),
    ("qiniu", signed.qiniu_request(stamp="yesterday"), "unauthorized", "X-Qiniu-Date is not a time"),
    ("qiniu", signed.qbox_request(pair=Pair(PAIR.sk)), "unauthorized", "in the place of the access key"),
    ("huawei", with_header(signed.huawei_request(), "Authorization", None), "unsigned", "neither Authorization nor"),
    (
        "huawei",
        with_header(with_header(signed.huawei_request(), "Authorization", None), TOKEN, "x"),
        "bad_token",
        "is not the one of --auth-token",
    ),
    (
        "huawei",
        with_header(signed.huawei_request(), "Authorization", "SDK-HMAC-SHA256"),
        "unauthorized",
        "is not SDK",
    ),
    (
        "huawei",
        with_header(
            signed.huawei_request(),
            "Authorization",
            f"SDK-HMAC-SHA256 Access=ak-1, SignedHeaders={';'.join(['a'] * 99)}, Signature=x",
        ),
        "unauthorized",
        "Authorization is not",
    ),
    ("huawei", signed.huawei_request(pair=Pair("other"), stamp="20000101T000000Z"), "unknown_key", "none of"),
    ("huawei", signed.huawei_request(pair=Pair("ak-1", "wrong"), stamp="20000101T000000Z"), "expired", "before the"),
    ("huawei", with_header(signed.huawei_request(), "X-Sdk-Date", None), "expired", "has no X-Sdk-Date"),
    ("huawei", signed.huawei_request(stamp="20231314T221320Z"), "expired", "X-Sdk-Date is not a time"),
    ("wangsu", with_header(signed.wangsu_request(), "Authorization", None), "unauthorized", "has no Authorization"),
    ("wangsu", signed.wangsu_request(header="ak-1"), "bad_format", "is not AK:SIGNATURE"),
    ("wangsu", signed.wangsu_request(header=":x"), "bad_format", "is not AK:SIGNATURE"),
    ("wangsu", signed.wangsu_request(pair=Pair("other")), "unknown_key", "none of --access-key"),
]


@pytest.mark.parametrize(("vendor", "request_", "error", "differs"), ORDER)
def test_header_form_key_date_and_signature_are_judged_in_this_order(
    vendor: str, request_: Request, error: str, differs: str
) -> None:
    found = denied(vendor, request_)
    assert (found.error, differs in found.differs) == (error, True), found.differs


def test_the_vendors_words() -> None:
    def text(vendor: str, request: Request) -> str:
        found = denied(vendor, request)
        row, body = REGISTRY.dialect(vendor).error(found.error, found.key)
        assert row.status == 401
        return str(next(value for name, value in body.items() if name in ("error", "error_msg", "message")))

    assert {text(*row[:2]) for row in ORDER if row[0] == "qiniu"} == {"bad token"}
    incorrect = "Incorrect IAM authentication information: "
    said = [text(*row[:2]).removeprefix(incorrect) for row in ORDER if row[0] == "huawei"]
    assert dict.fromkeys(said) == dict.fromkeys(
        [
            "x-auth-token not found",
            "decrypt token fail",
            "verify aksk signature fail",
            "Get secretKey failed,ak:other,err:ak not exist",
            "calc ak sk signature fail:signature expired",
        ]
    )
    assert [text(*row[:2]) for row in ORDER if row[0] == "wangsu"] == [
        "Authorization Required",
        "Token Format Invalid",
        "Token Format Invalid",
        "AK/SK Not Found",
    ]
    assert text("wangsu", wangsu_with(b"x")) == "Token Invalid"


@pytest.mark.parametrize("sk", [PAIR.sk, "0"])
def test_a_secret_key_that_is_sent_as_the_access_key_is_not_named(sk: str) -> None:
    found = huawei_signing.judge(signed.huawei_request(pair=Pair(sk, "x")), Keys({"ak": sk.encode()}), NOW)
    assert found is not None
    assert (found.key, "in the place of the access key" in found.differs) == ("***", True)


@pytest.mark.parametrize("vendor", ["qiniu", "huawei"])
@pytest.mark.parametrize("off", [-WINDOW, WINDOW])
def test_a_date_may_be_a_quarter_of_an_hour_off(vendor: str, off: int) -> None:
    stamp = datetime.fromtimestamp((NOW + off) / 1000, UTC).strftime("%Y%m%dT%H%M%SZ")
    request = signed.huawei_request(stamp=stamp) if vendor == "huawei" else signed.qiniu_request(stamp=stamp)
    assert judged(vendor, request) is None
    beyond = denied(vendor, request, NOW + (1 if off < 0 else -1))
    assert beyond.differs.endswith(f"15 minutes {'before' if off < 0 else 'after'} the time of this machine")


def test_a_token_that_was_not_set_is_not_taken() -> None:
    request = request_of("GET", PREHEATING, ((TOKEN, "made-up-token"),), b"")
    found = huawei_signing.judge(request, Keys({}), NOW)
    assert found is not None
    assert (found.error, "no --auth-token is set" in found.differs) == ("bad_token", True)


def test_the_representation_of_keys_shows_none() -> None:
    assert not any(secret in repr(KEYS) for secret in SECRETS)
