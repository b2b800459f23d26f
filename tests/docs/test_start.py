"""The start pages, followed word for word in an empty folder by somebody who has a shell and the wheel."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import site
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mock_server import __version__
from tests.support.documents import ADDRESS, LONGEST, ROOT, blocks_of, commands_of, is_scenario, shows
from tests.support.wheel import clean_environment

pytestmark = pytest.mark.xdist_group("package")

DOCS = ROOT / "docs"
WHEEL = f"task_status_mock-{__version__}-py3-none-any.whl"
OURS = ("task_status_mock", "mock_server", "__editable__", "pip")
END = "end of the command"


class Shell:
    """A bash that stays, as a terminal does, with nothing of this tree on its paths."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self._bash = subprocess.Popen(
            ("bash", "--norc", "--noprofile"),
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        # A command that hangs would keep `readline` waiting for ever.
        self._watch = threading.Timer(3 * LONGEST, self.close)
        self._watch.start()

    def run(self, line: str) -> str:
        """What a line prints. It must end well."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._bash.stdin.write(f"{line}\necho '{END}' $?\n")
        self._bash.stdin.flush()
        printed = ""
        for said in self._bash.stdout:
            if said.startswith(END):
                assert said.split() == [*END.split(), "0"], f"{line}\n{printed}"
                return printed
            printed += said
        pytest.fail(f"the shell ended at {line}\n{printed}")

    def serve(self, line: str) -> str:
        """The first line that a server prints, which then goes on in the background."""
        return self.run(f'exec 3< <(exec {line} 2>&1); read -r -u 3 first; echo "$first"')

    def close(self) -> None:
        """Ends it and all that it started."""
        self._watch.cancel()
        if self._bash.poll() is None:
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.wait(timeout=LONGEST)
        if threading.current_thread() is not self._watch:
            self._bash.communicate()


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages of this interpreter without ours, so that pip finds every requirement and fetches nothing."""
    folder = tmp_path_factory.mktemp("packages")
    for each in (entry for place in site.getsitepackages() for entry in Path(place).iterdir()):
        standard = each.stem in sys.stdlib_module_names  # an old package has an argparse of its own
        if not each.name.startswith(OURS) and each.suffix != ".pth" and not standard:
            (folder / each.name).symlink_to(each)
    return folder


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of commands: python3 is this interpreter, and curl reaches the server at the port it has here."""
    folder = tmp_path_factory.mktemp("tools")
    curl = f'{sys.executable} {ROOT}/tests/support/curl.py "${{@//{ADDRESS}/127.0.0.1:$MOCK_SERVER_PORT}}"'
    for name, line in (("python3", f'{sys.executable} "$@"'), ("curl", curl)):
        (folder / name).write_text(f"#!/bin/bash\nexec {line}\n")
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def shell(tmp_path: Path, wheel: Path, packages: Path, tools: Path) -> Iterator[Shell]:
    """A shell in an empty folder that has the wheel, as the pages ask for."""
    home = tmp_path / "project"
    home.mkdir()
    shutil.copy(wheel, home / WHEEL)
    environment = {
        **clean_environment(),
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PYTHONPATH": str(packages),
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "HOME": str(tmp_path),
    }
    environment.pop("VIRTUAL_ENV", None)
    shell = Shell(home, environment)
    yield shell
    shell.close()


def free_port() -> int:
    """A port that nobody listens on, for pages that say 8080."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("page", ["start-ci.md", "start-qa.md"])
def test_a_start_page_can_be_followed_word_for_word(page: str, shell: Shell) -> None:
    steps = 0
    for block in blocks_of(DOCS / page):
        if block.language == "sh":
            for line in block.text.splitlines():
                if line == "mock-server serve":
                    port = free_port()
                    shell.run(f"export MOCK_SERVER_PORT={port} MOCK_SERVER_URL=http://127.0.0.1:{port}")
                    assert f"http://127.0.0.1:{port}" in shell.serve(line)
                else:
                    shell.run(line)
        elif block.language == "console":
            for command in commands_of(block):
                printed = shell.run(shlex.join(command.words))
                assert shows(command.shown, printed), f"{block.where}\n{printed}"
        else:
            name = block.text.splitlines()[0].removeprefix("# ")
            assert not is_scenario(block)
            shell.run(f"cat > {name} <<'END OF FILE'\n{block.text}END OF FILE")
        steps += 1
    assert steps >= 5
    assert shell.run("command -v mock-server").strip().endswith("/project/.venv/bin/mock-server")
