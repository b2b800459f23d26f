"""Plausible Huawei items for Faker: media URLs in the two forms of the page's sample, on example hosts."""

from __future__ import annotations

from faker.providers import BaseProvider

_HOSTS = ("example.com", "vod.example.com", "cdn-01.example.com", "play.media.example.com")
_SUFFIXES = ("mp4", "flv", "mov", "mkv", "ts", "mp3")

# Picture size and the bit rate that goes with it, as the names of transcoded files end.
_OUTPUTS = (("480X270", 300), ("640X360", 600), ("1280X720", 1000), ("1920X1080", 3000), ("3840X2160", 8000))


class HuaweiProvider(BaseProvider):
    """Items of a preheating task. They depend on the generator's `random` alone, not on Faker's version."""

    def item(self) -> dict[str, str]:
        """`url`: an uploaded file, or one of its transcoded outputs."""
        random = self.generator.random
        asset = f"https://{random.choice(_HOSTS)}/asset/{self._hex()}"
        if random.random() < 0.5:
            return {"url": f"{asset}/{self._hex()}.{random.choice(_SUFFIXES)}"}
        size, rate = random.choice(_OUTPUTS)
        codec = random.choice(("H.264", "H.265"))
        return {"url": f"{asset}/play_video/{self._hex()}_{codec}_{size}_HEAACV1_{rate}.mp4"}

    def _hex(self) -> str:
        return f"{self.generator.random.getrandbits(128):032x}"
