"""Plausible Qiniu items for Faker: operations that the vendor offers, names of input files, and its error texts."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from typing import NamedTuple

from faker.providers import BaseProvider


class _Kind(NamedTuple):
    """The suffixes of files that an operation reads, and the errors it has when it cannot."""

    suffixes: tuple[str, ...]
    reasons: tuple[str, ...]


_NO_DATA = "execute fop cmd failed: source data is empty or fail to get source data"
_NO_VIDEO = "execute fop cmd failed: not a valid video"
_NO_MEDIA = "execute fop cmd failed: not a valid media"
_NOT_FETCHED = "execute fop cmd failed: failed to GET {url}"

_VIDEO = _Kind(("mp4", "mov", "mkv", "avi", "flv", "MP4"), (_NO_VIDEO, _NO_MEDIA, _NO_DATA))
_AUDIO = _Kind(("mp3", "wav", "m4a", "amr", "flac"), (_NO_MEDIA, _NO_DATA))
_IMAGE = _Kind(("jpg", "png", "webp", "HEIC"), (_NO_DATA,))
_MANY = _Kind(("mp4", "txt", "jpg"), (_NOT_FETCHED, _NO_DATA))

# Commands that a client may submit; what is in braces is drawn, in base64 where the vendor requires it.
_COMMANDS = (
    ("avthumb/mp4/s/{size}/vb/{rate}k", _VIDEO),
    ("avthumb/mp4/r/{frames}/vb/{rate}k/vcodec/libx264/ab/{sound}k/acodec/libmp3lame", _VIDEO),
    ("avthumb/mp4/vcodec/libx265/crf/{quality}/s/{size}/autoscale/1", _VIDEO),
    ("avthumb/mp4/ss/{second}/t/{length}", _VIDEO),
    ("avthumb/mp4/wmImage/{coded}/wmGravity/NorthEast/vb/{rate}k", _VIDEO),
    ("avthumb/flv/r/{frames}/vb/{rate}k/stripmeta/0", _VIDEO),
    ("avthumb/iphone_low", _VIDEO),
    ("avthumb/m3u8/noDomain/1/segtime/{length}/vb/{rate}k", _VIDEO),
    ("avthumb/m3u8/preset/video_16x9_{preset}k", _VIDEO),
    ("avthumb/mp3/ab/{sound}k/ar/44100", _AUDIO),
    ("avthumb/m4a/ab/{sound}k/acodec/libfdk_aac", _AUDIO),
    ("avthumb/m3u8/segtime/{length}/preset/audio_{sound}k", _AUDIO),
    ("vframe/jpg/offset/{second}/w/{width}/h/{height}", _VIDEO),
    ("vframe/png/offset/{second}/rotate/auto", _VIDEO),
    ("vsample/jpg/ss/{second}/t/{length}/s/{size}/interval/5/pattern/{pattern}", _VIDEO),
    ("adapt/m3u8/envBandWidth/200000,800000,1700000/hlstime/{length}", _VIDEO),
    ("avconcat/2/format/mp4/{coded}", _MANY),
    ("mkzip/2/url/{coded}", _MANY),
    ("mkzip/4", _MANY),
    ("imageMogr2/thumbnail/{width}x{height}/quality/{quality}", _IMAGE),
    ("imageView2/2/w/{width}/h/{height}/format/webp", _IMAGE),
)

_STEMS = (
    "lecture-03",
    "Wedding final cut",
    "IMG_4711 (1)",
    "réunion d'équipe",
    "产品发布会",
    "深圳 航拍",
    "夏休みの思い出",
    "インタビュー 完成版",
    "حفل التخرج",
    "مقابلة",
    "День рождения",
    "Отчёт",
    "🎬 trailer",
    "猫 🐈 and friends",
    "100% done & dusted",
)

_SIZES = ((320, 240), (640, 360), (854, 480), (1280, 720), (1920, 1080))


class QiniuProvider(BaseProvider):
    """Items of a job. They depend on the generator's `random` alone, so Faker's version does not change them."""

    def item(self) -> dict[str, str]:
        """`cmd`, the `name` of its input file, and the `reason` that it has if it fails."""
        random = self.generator.random
        command, kind = random.choice(_COMMANDS)
        url = f"http://media.example.com/{random.randint(1000, 9999)}.mp4"
        stem = random.choice(_STEMS) + random.choice(("", "", "_v2", " 2024"))
        return {
            "cmd": command.format_map(self._words(url)),
            "name": f"{stem}.{random.choice(kind.suffixes)}",
            "reason": random.choice(kind.reasons).format(url=url),
        }

    def _words(self, url: str) -> dict[str, str | int]:
        random = self.generator.random
        width, height = random.choice(_SIZES)
        return {
            "size": f"{width}x{height}",
            "width": width,
            "height": height,
            "rate": random.choice((256, 440, 640, 1200, 2500, 4000)),
            "preset": random.choice((150, 240, 440, 640)),
            "sound": random.choice((48, 64, 128, 192, 320)),
            "frames": random.choice((10, 15, 24, 25, 30)),
            "quality": random.randint(18, 51),
            "second": random.randint(0, 600),
            "length": random.choice((5, 10, 15, 30, 60)),
            "coded": _coded(url),
            "pattern": _coded(f"frame-{random.randint(1, 99)}-$(count)"),
        }


def _coded(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()
