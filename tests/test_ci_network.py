"""`.ci/network` puts a machine's network back as it was, with stand-ins for the machine's own commands."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

RULES = "*filter\n:INPUT ACCEPT [5:6]\n:FORWARD ACCEPT [0:0]\n-A INPUT -s 192.0.2.1/32 -j DROP\nCOMMIT\n"
ENGINES = (
    "*filter\n:INPUT ACCEPT [5:6]\n:FORWARD DROP [0:0]\n:DOCKER - [0:0]\n-A FORWARD -j DOCKER\nCOMMIT\n"
    "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING DROP [0:0]\n:DOCKER - [0:0]\n-A POSTROUTING -j MASQUERADE\nCOMMIT\n"
)
EMPTY_NAT = "*nat\n:PREROUTING ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\nCOMMIT\n"
EMPTY_FILTER = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"
SWITCHES = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")


class Machine:
    """A machine of files: its rules, tables, switches and interfaces."""

    def __init__(self, root: Path, folder: Path) -> None:
        self._script = root / ".ci" / "network"
        self.folder, self.saved = folder, folder / "saved"
        (folder / "bin").mkdir()
        self.saved.mkdir()
        for rules in ("iptables", "ip6tables"):
            self._command(f"{rules}-save", f"cat {folder}/{rules}")
            self._command(f"{rules}-restore", f"cat > {folder}/{rules}.restored")
        self._command("nft", f'if [ "$1" = list ]; then cat {folder}/tables; else echo "$@" >> {folder}/deleted; fi')
        self._command("ip", f'echo "$@" >> {folder}/links')
        self.set(rules="", tables="", switches="0", interfaces=("lo", "eth0"))

    def _command(self, name: str, text: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def set(self, *, rules: str, tables: str, switches: str, interfaces: tuple[str, ...]) -> None:
        """What the machine has now."""
        (self.folder / "iptables").write_text(rules)
        (self.folder / "ip6tables").write_text(rules)
        (self.folder / "tables").write_text(tables)
        for switch in SWITCHES:
            path = self.folder / "proc" / switch
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{switches}\n")
        for name in interfaces:
            (self.folder / "net" / name).mkdir(parents=True, exist_ok=True)

    def run(self, word: str) -> None:
        """Saves or restores."""
        environ = {
            "PATH": f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PROC_SYS": str(self.folder / "proc"),
            "SYS_NET": str(self.folder / "net"),
        }
        subprocess.run([self._script, word, self.saved], env=environ, check=True)

    def read(self, name: str) -> str:
        """What a stand-in wrote."""
        return (self.folder / name).read_text()


@pytest.fixture
def machine(root: Path, tmp_path: Path) -> Machine:
    return Machine(root, tmp_path)


@pytest.mark.parametrize(("before", "after"), [("", EMPTY_FILTER + EMPTY_NAT), (RULES, RULES + EMPTY_NAT)])
def test_what_an_engine_changed_is_put_back(machine: Machine, before: str, after: str) -> None:
    machine.set(rules=before, tables="table ip mine\n", switches="0", interfaces=("lo", "eth0"))
    machine.run("save")
    machine.set(
        rules=ENGINES,
        tables="table ip mine\ntable ip nat\ntable ip6 filter\n",
        switches="1",
        interfaces=("docker0", "br-0123", "veth1", "tun0"),
    )
    machine.run("restore")
    assert machine.read("iptables.restored") == after
    assert machine.read("ip6tables.restored") == after
    assert machine.read("deleted") == "delete table ip nat\ndelete table ip6 filter\n"
    assert [machine.read(f"proc/{switch}") for switch in SWITCHES] == ["0\n", "0\n"]
    assert sorted(machine.read("links").splitlines()) == [
        f"link delete {name}" for name in ("br-0123", "docker0", "veth1")
    ]


def test_a_machine_without_rules_and_changes_stays_as_it_is(machine: Machine) -> None:
    machine.run("save")
    machine.run("restore")
    assert machine.read("iptables.restored") == ""
    assert not (machine.folder / "deleted").exists()
    assert not (machine.folder / "links").exists()
