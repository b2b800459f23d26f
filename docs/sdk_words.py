"""What `sdk-matrix.json` names, in English and Chinese: words for reactions, conditions, vendors and details."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

SURPRISING = frozenset({"nothing", "mistaken", "value", "text", "foreign"})
"""Words for what a caller does not expect: shown in bold."""


class SdkWords(NamedTuple):
    """The names in one language. `words` has each word and its meaning. LookupError: a language lacks a name.

    `status` is how a status is written. Where a mapping is empty, names are written as the matrix has them, those of
    vendors with a capital letter.
    """

    words: Mapping[str, tuple[str, str]] = MappingProxyType({})
    conditions: Mapping[str, str] = MappingProxyType({})
    vendors: Mapping[str, str] = MappingProxyType({})
    details: Mapping[str, str] = MappingProxyType({})
    status: str = "status "

    def word(self, word: str) -> str:
        """A word as it is shown."""
        shown = self.words[word][0] if self.words else word
        return f"**{shown}**" if word in SURPRISING else shown

    def meaning(self, word: str, english: str) -> str:
        """What a word means."""
        return self.words[word][1] if self.words else english

    def condition(self, name: str) -> str:
        """A condition that no scenario makes."""
        return self.conditions[name] if self.conditions else name

    def vendor(self, name: str) -> str:
        """A vendor, in short."""
        return self.vendors[name] if self.vendors else name.capitalize()

    def detail(self, text: str) -> str:
        """What else is known of a reaction, or with what it was tried; names of exceptions are the same everywhere."""
        number = text.removeprefix("status ")
        return f"{self.status}{number}" if number != text else self.details.get(text, text)


ENGLISH = SdkWords()
CHINESE = SdkWords(
    words=MappingProxyType(
        {
            "task": ("任务", "调用方得到任务"),
            "nothing": ("无结果", "既没有任务，也没有错误：null、空任务，或没有结果的响应"),
            "mistaken": ("误当任务", "错误的响应体被当作任务，并且不报错"),
            "value": ("非任务值", "一个不是任务的 JSON 值被当作任务，并且不报错"),
            "text": ("原文", "未解析的响应体文本，并且不报错"),
            "raw": ("原样", "状态码和响应体原样返回"),
            "error": ("错误", "SDK 的错误，带有状态码"),
            "refused": ("拒收", "报错，说响应不是该厂商的"),
            "unread": ("无法读取", "报错，说响应无法读取"),
            "failed": ("失败", "没有状态码的错误：连接失败、连接中断或超时"),
            "foreign": ("外部异常", "不属于该 SDK 的异常"),
        }
    ),
    conditions=MappingProxyType(
        {
            "an HTML page with 200 that kept the request id": "状态码 200、保留了请求 id 的 HTML 页面",
            "no response, and a timeout of one second": "没有响应，超时为一秒",
            "a late response, and a timeout of one second": "迟到的响应，超时为一秒",
            "a body in small pieces, and a timeout of one second": "一小段一小段到达的响应体，超时为一秒",
            "Content-Length too large, the connection left open": "Content-Length 过大，连接保持打开",
            "204 with a Content-Length and a body": "带 Content-Length 和响应体的 204",
            "a byte that is not UTF-8 in the body": "响应体中有一个不属于 UTF-8 的字节",
            "HTTP/1.0": "HTTP/1.0",
            "neither Content-Length nor chunks": "既没有 Content-Length，也不分块",
            "header names in lower case": "响应头名称为小写",
            "100 before the response": "响应之前先有 100",
            "103 before the response": "响应之前先有 103",
            "a body in chunks": "分块的响应体",
            "a body that is compressed": "压缩的响应体",
            "a status line without a reason": "状态行没有原因短语",
            "a header of 100,000 bytes": "长达 100,000 字节的响应头",
            "two Content-Lengths that differ": "两个不同的 Content-Length",
        }
    ),
    vendors=MappingProxyType({"qiniu": "七牛", "huawei": "华为", "wangsu": "网宿"}),
    details=MappingProxyType(
        {
            "it has no timeout to set": "没有可设置的超时",
            "while it read the body": "读取响应体时",
            "Go 1.19; 7.27.0 behaves alike": "Go 1.19；7.27.0 行为相同",
            "JDK 17, okhttp 3.13.1 in place of 4.12": "JDK 17，okhttp 3.13.1（代替 4.12）",
        }
    ),
    status="状态码 ",
)
LANGUAGES: Mapping[str, SdkWords] = MappingProxyType({"en": ENGLISH, "zh": CHINESE})
