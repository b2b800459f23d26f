"""Plausible Wangsu items for Faker: commands that make a file (fetch, copy, move), with that file's fields.

Deletions are not among them, since they have no hash, size or access path.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import NamedTuple
from urllib.parse import quote

from faker.providers import BaseProvider

_FOLDERS = ("", "", "2024/11/", "upload/", "素材/", "архив/2023/", "صور/")
_STEMS = (
    "backup-0117",
    "annual report (final)",
    "año nuevo",
    "宣传片",
    "课程 第三讲",
    "旅行の写真",
    "カタログ",
    "تقرير",
    "دليل المستخدم",
    "Новости",
    "Каталог товаров",
    "🎧 podcast",
    "party 🎉 2024",
    "50% + more",
)
_SUFFIXES = ("mp4", "jpg", "pdf", "m3u8", "zip", "apk", "ts")
_BUCKETS = ("media-src", "media-out", "backup", "static-assets")

_FETCH_REASONS = (
    "fetch failed: the source answered 404",
    "fetch failed: connection to the source timed out",
    "fetch failed: the content does not match its md5",
)
_COPY_REASONS = ("File Not Found", "Bucket Not Found", "File Already Exist")


class _Target(NamedTuple):
    """Where the file goes."""

    bucket: str
    key: str


class WangsuProvider(BaseProvider):
    """Items of a file task. They depend on the generator's `random` alone, not on Faker's version."""

    def item(self) -> dict[str, str | int]:
        """`cmd`, the size, key and access path of the file it makes, and the `reason` that it has if it fails."""
        random = self.generator.random
        name = f"{random.choice(_STEMS)}_{random.randint(1, 999)}.{random.choice(_SUFFIXES)}"
        target = _Target(random.choice(_BUCKETS), random.choice(_FOLDERS) + name)
        cmd, reasons = random.choice((self._fetch, self._copy))(target)
        return {
            "cmd": cmd,
            "fsize": random.randint(1 << 10, 1 << random.randint(16, 31)),
            "key": target.key,
            "url": f"http://{target.bucket}.example.com/{quote(target.key)}",
            "reason": random.choice(reasons),
        }

    def _fetch(self, target: _Target) -> tuple[str, tuple[str, ...]]:
        random = self.generator.random
        source = f"http://origin.example.com/{random.randint(1000, 9999)}/{quote(target.key)}"
        md5 = random.choice(("", f"/md5/{random.getrandbits(128):032x}"))
        return f"fetchURL/{_coded(source)}/{_destination(target)}{md5}", _FETCH_REASONS

    def _copy(self, target: _Target) -> tuple[str, tuple[str, ...]]:
        # A copy and a move are spelt alike: which one it is stands in the path of the submit request.
        source = f"{self.generator.random.choice(_BUCKETS)}-old:{target.key}"
        return f"resource/{_coded(source)}/{_destination(target)}", _COPY_REASONS


def _destination(target: _Target) -> str:
    return f"bucket/{_coded(target.bucket)}/key/{_coded(target.key)}"


def _coded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()
