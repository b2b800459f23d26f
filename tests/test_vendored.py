"""Files that others wrote are listed with their licences, are unchanged, and are named wherever they go."""

from __future__ import annotations

import configparser
import hashlib
import json
import re
from pathlib import Path

from tests.support.vendored import NOTICE, SKIPPED, add_to, notice, read

WORDS = {
    "0BSD": "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee",
    "Apache-2.0": "Apache License Version 2.0",
    "MIT": "Permission is hereby granted, free of charge",
}
"""The licences that ask nothing of users but a notice, each with words of its text."""
FOREIGN = re.compile(r"[.]min[.](js|css)$|[.](woff2?|ttf|otf|eot)$|LICEN[CS]E", re.I)
"""Names that files of others have."""
MARKED = re.compile(rb"@license|SPDX-License-Identifier|Copyright \(c\)|Licensed under", re.I)


def test_each_file_is_as_its_package_has_it_under_a_licence_that_is_there(root: Path) -> None:
    found = read(root)
    assert {each.file.name for each in found} >= {"htmx.min.js", "github-workflows.json", "kubernetes.json"}
    for each in found:
        assert hashlib.sha256((root / each.file).read_bytes()).hexdigest() == each.sha256, each.file
        text = " ".join((root / each.licence_file).read_text("utf-8").split())
        assert WORDS[each.licence] in text, each.file
        assert each.purl.endswith(f"@{each.version}")


def test_nothing_that_looks_like_anothers_is_unlisted(root: Path) -> None:
    listed = {root / name for each in read(root) for name in (each.file, each.licence_file)}
    tops = [top for top in root.iterdir() if top.is_dir() and not top.name.startswith(".") and top.name not in SKIPPED]
    files = {
        path
        for top in tops
        for path in top.rglob("*")
        if path.is_file() and not {*SKIPPED, "__pycache__"} & set(path.relative_to(root).parts)
    }
    assert listed <= files
    unlisted = files - listed - {Path(__file__)}
    assert sorted(str(path) for path in unlisted if FOREIGN.search(path.name)) == []
    texts = [path for path in unlisted if path.suffix in (".js", ".css", ".json", ".html", ".py", ".svg")]
    assert sorted(str(path) for path in texts if MARKED.search(path.read_bytes())) == []


def test_the_notice_that_goes_with_the_package_has_each_licence_whole(root: Path) -> None:
    text = (root / NOTICE).read_text("utf-8")
    assert text == notice(root), "run python -m tests.support.vendored"
    packaged = [each for each in read(root) if each.packaged]
    assert packaged
    for each in packaged:
        assert f"{each.name} {each.version}" in text
        assert (root / each.licence_file).read_text("utf-8").strip() in text
    metadata = configparser.ConfigParser()
    metadata.read(root / "setup.cfg")
    assert metadata["metadata"]["license_files"].split() == ["LICENSE", NOTICE]


def test_a_bill_of_materials_gets_what_is_in_the_package_and_nothing_else(root: Path, tmp_path: Path) -> None:
    bill = tmp_path / "bill.json"
    bill.write_text('{"components": [{"name": "flask"}]}')
    add_to(bill, root)
    (flask, *added) = json.loads(bill.read_text("utf-8"))["components"]
    assert flask == {"name": "flask"}
    packaged = [str(each.file) for each in read(root) if each.packaged]
    assert [each["properties"][0]["value"] for each in added] == packaged
    assert {each["name"] for each in added} == {"htmx.org"}
    assert all(each["licenses"] and each["hashes"] and each["version"] for each in added)
