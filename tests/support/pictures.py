"""`make pictures`: rewrites docs/img/ from a server with a fixed clock and seed and a story of its own.

The fonts are Debian's fonts-inter, fonts-jetbrains-mono and fonts-noto-cjk. The browser is Debian's chromium.
"""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page, expect

from mock_server.assembly import Server
from mock_server.client import Client
from tests.support.browser import Look, chromium, opened
from tests.support.harness import Now, asking, exchanges, started
from tests.support.live import LiveServer, serving_parts
from tests.support.notified import ask
from tests.support.palette import png
from tests.support.receivers import answers, receiving
from tests.support.wire_kit import until

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "img"
FONTS: Mapping[str, str] = MappingProxyType(
    {"fonts-inter": "Inter", "fonts-jetbrains-mono": "JetBrains Mono", "fonts-noto-cjk": "Noto Sans CJK SC"}
)
"""By Debian package, the font that the pictures have of it."""
STACKS: Mapping[str, str] = MappingProxyType(
    {"--font-ui": 'Inter, "Noto Sans CJK SC"', "--font-mono": '"JetBrains Mono", "Noto Sans CJK SC"'}
)
"""Instead of the stacks of tokens.css, which begin with the font of the reader's system."""
MORNING = 1_700_038_800_000
"""Nine o'clock, in milliseconds of the server's clock."""
PORT = 18081
"""The receiver's if it is free, for the id of a submitted job depends on the address that it notifies."""
UI = "/__admin/ui"
_PIXELS = """async text => {
  const picture = await createImageBitmap(new Blob([Uint8Array.from(atob(text), each => each.charCodeAt(0))]));
  const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
  context.drawImage(picture, 0, 0);
  const bytes = context.getImageData(0, 0, picture.width, picture.height).data;
  let found = "";
  for (let at = 0; at < bytes.length; at += 32768) found += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return [picture.width, picture.height, btoa(found)];
}"""
BROKEN = """\
about: A job that waits, and then succeeds.
vendors: [qiniu]
items: 2
steps:
  - {state: waiting, polls: 2}
  - {state: procesing, for: 30s}
  - {state: succeeded}
"""


class Story(NamedTuple):
    """A server in the middle of a morning: its address, the task of a submitted job, and an exchange with a fault."""

    live: LiveServer
    submitted: str
    fault: int


class Shot(NamedTuple):
    """One picture: the address, how it is looked at, and what is done on the page before."""

    path: str
    look: Look = Look()
    does: Callable[[Page], object] | None = None


def shots(submitted: str = "", fault: int = 0) -> dict[str, Shot]:
    """The pictures, by the names of their files: of the task of a submitted job, of an exchange with a fault."""
    task = f"{UI}/task?" + urlencode({"vendor": "qiniu", "id": submitted})
    flaky = f"{UI}/task?" + urlencode({"vendor": "qiniu", "id": "flaky.ci-3f2"})
    return {
        "tasks": Shot("/__admin/"),
        "task": Shot(task),
        "request": Shot(f"{UI}/requests?n={fault}"),
        "scenarios": Shot(f"{UI}/scenarios"),
        "editor": Shot(f"{UI}/edit?name=my-job", does=_write),
        "dark": Shot(flaky, Look(dark=True)),
        "phone": Shot("/__admin/", Look(width=390)),
        "chinese": Shot(task, Look(language="zh")),
        "faults": Shot(f"{UI}/faults", does=_arm),  # the last, for the others are of a server without one
    }


@contextmanager
def story() -> Iterator[Story]:
    """The server, until the block ends."""
    now = Now(MORNING)
    parts = started(now, seed=7)
    with receiving(answers(500, 200), port=free_or_any(PORT)) as receiver, serving_parts(parts) as live:

        def poll(vendor: str, id: str, times: int, gap: int) -> None:
            for _ in range(times):
                parts.emulator.answer(asking(vendor, id))
                now.ms += gap

        body = {"bucket": "media", "key": "in/realistic.mp4", "fops": "avthumb/mp4", "notifyURL": receiver.url("/done")}
        poll("qiniu", "slow.nightly", 14, 4_000)
        submitted = str(ask(f"{live.url}/pfop", urlencode(body).encode())["persistentId"])
        poll("qiniu", submitted, 3, 5_000)
        poll("wangsu", "notified.copy-7", 4, 3_000)
        poll("huawei", "one-by-one.album", 3, 4_000)
        poll("wangsu", "never-ends.poll-loop", 23, 2_000)
        poll("qiniu", "flaky.ci-3f2", 7, 3_000)
        poll("qiniu", submitted, 2, 4_000)
        client = Client(live.url)
        client.finish("qiniu", submitted)
        until(lambda: attempts(parts) == 1, "an attempt to notify")
        poll("qiniu", submitted, 1, 2_000)
        poll("qiniu", "hapy-path.order-1042", 1, 2_000)
        until(lambda: attempts(parts) == 2, "the next attempt")
        poll("qiniu", "happy-path.order-1041", 1, 2_000)
        client.arm(fault="malformed", id="happy-path.order-1041", times=1)
        poll("qiniu", "happy-path.order-1041", 1, 2_000)
        fault = exchanges(parts, "happy-path.order-1041")[-1].number
        poll("huawei", "partial-failure.album-2", 3, 2_000)
        yield Story(live, submitted, fault)
    parts.postman.close()


def free_or_any(port: int) -> int:
    """The port if nobody listens there, else 0, with which ids in the pictures are others."""
    try:
        with socket.create_server(("127.0.0.1", port)):
            return port
    except OSError:
        print(f"Port {port} is taken: the pictures show another id of the submitted job.", file=sys.stderr)
        return 0


def attempts(parts: Server) -> int:
    """How many attempts to notify were made."""
    return sum(entry.told is not None for entry in exchanges(parts))


def take(browser: Browser, base: str, shot: Shot, file: Path) -> None:
    """Takes one picture. The time of the page stands still, as the server's does."""
    with opened(browser, base, shot.look) as visit:
        visit.context.clock.install(time=datetime.fromtimestamp(MORNING / 1_000, UTC))
        visit.context.clock.pause_at(datetime.fromtimestamp(MORNING / 1_000 + 1, UTC))
        page = visit.go(shot.path)
        if shot.does is not None:
            shot.does(page)
        for name, stack in STACKS.items():
            page.evaluate("([name, stack]) => document.documentElement.style.setProperty(name, stack)", [name, stack])
        page.evaluate("document.fonts.ready.then(() => null)")
        file.write_bytes(_small(page, page.screenshot(animations="disabled", caret="hide")))
        if visit.complaints:
            raise RuntimeError(f"{file.name}: {visit.complaints}")


def _write(page: Page) -> None:
    """Writes the broken file, and waits for the verdict, which comes a moment after the last key."""
    page.locator("textarea").fill(BROKEN)
    page.clock.run_for(900)
    expect(page.locator("#edit-verdict")).to_contain_text("is not a state")


def _arm(page: Page) -> None:
    """Arms a fault for the next polls of everybody."""
    page.get_by_label("How many").fill("10")
    page.get_by_label("Which").fill("599")
    page.get_by_role("button", name="Arm", exact=True).click()
    expect(page.locator("#faults-list")).to_contain_text("10 more polls")


def _small(page: Page, picture: bytes) -> bytes:
    """The picture with few colours. The browser itself reads its pixels, so that no library need do it."""
    width, height, pixels = page.evaluate(_PIXELS, base64.b64encode(picture).decode())
    return png(width, height, base64.b64decode(pixels))


def missing_fonts() -> list[str]:
    """The Debian packages of the fonts that this machine lacks."""
    listed = subprocess.run(["fc-list", ":", "family"], capture_output=True, text=True, check=True).stdout
    return [package for package, font in FONTS.items() if font not in listed]


def main() -> None:
    """Takes all pictures, and puts them in the place of the earlier ones when all are there."""
    missing = missing_fonts()
    if missing:
        sys.exit(f"Fonts are missing: apt-get install {' '.join(missing)}")
    with tempfile.TemporaryDirectory() as name, story() as told, chromium() as browser:
        for title, shot in shots(told.submitted, told.fault).items():
            take(browser, told.live.url, shot, Path(name, f"{title}.png"))
        shutil.rmtree(FOLDER, ignore_errors=True)
        shutil.copytree(name, FOLDER)
    for file in sorted(FOLDER.iterdir()):
        print(f"{file.name:<20} {file.stat().st_size / 1_000:>6.0f} kB")


if __name__ == "__main__":
    main()
