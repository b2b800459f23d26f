"""Folders of scenario files: what is loaded, what is left out, and what is reported about it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mock_server import paths
from mock_server.scenarios import Report, folder, scenario_files
from mock_server.scenarios.compile.scenario import File
from mock_server.scenarios.file import FileLoader
from tests.support.loading import loader

FINE = "steps: [{state: succeeded}]\n"


def written(place: Path, files: Mapping[str, str]) -> Path:
    """The folder, with these files in it."""
    for name, text in files.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return place


def loaded(*places: Path, builtin: Path | None = None) -> Report:
    """What a server makes of these places."""
    return loader().load(places, builtin)


def names(report: Report) -> list[str]:
    """The scenarios taken in."""
    return sorted(scenario.name for scenario in report.scenarios)


def test_everything_shipped_loads() -> None:
    report = loaded(builtin=paths.data("scenarios"))
    assert report.problems == ()
    assert report.notes == ()
    assert names(report) == sorted(path.stem for path in paths.data("scenarios").glob("*.yaml"))
    assert report.steps > len(report.scenarios)
    assert report.edges > 0
    assert report.bodies > report.steps


def test_a_folder_gives_its_own_yaml_files_and_nothing_else(tmp_path: Path) -> None:
    files = {"a.yaml": FINE, "b.yml": FINE, "c.txt": "x", ".d.yaml": "x", "deeper/e.yaml": "x", "f.yaml.orig": "x"}
    report = loaded(written(tmp_path, files))
    assert names(report) == ["a", "b"]
    assert report.problems == ()


def test_a_single_file_can_be_named(tmp_path: Path) -> None:
    written(tmp_path, {"a.yaml": FINE, "b.yaml": "bad"})
    assert names(loaded(tmp_path / "a.yaml")) == ["a"]


def test_a_folder_named_twice_is_read_once(tmp_path: Path) -> None:
    report = loaded(written(tmp_path, {"a.yaml": FINE}), tmp_path, tmp_path / "." / "a.yaml")
    assert (names(report), report.problems) == (["a"], ())


def test_a_missing_path_is_a_problem(tmp_path: Path) -> None:
    (problem,) = loaded(tmp_path / "nowhere").problems
    assert str(problem) == f"{tmp_path}/nowhere: no such file or folder (expected scenario files, *.yaml)"


def test_an_empty_folder_is_worth_a_note(tmp_path: Path) -> None:
    report = loaded(tmp_path)
    assert report.problems == ()
    assert report.notes == (f"{tmp_path} holds no scenario files (*.yaml, *.yml)",)


def test_a_bad_file_leaves_the_others_alone(tmp_path: Path) -> None:
    report = loaded(written(tmp_path, {"a.yaml": FINE, "b.yaml": "steps: 3\n", "c.yaml": "steps: [{stat: x}]\n"}))
    assert names(report) == ["a"]
    assert [str(problem).removeprefix(f"{tmp_path}/")[:12] for problem in report.problems] == [
        "b.yaml:1:8: ",
        "c.yaml:1:10:",
    ]
    assert set(report.bad) == {tmp_path / "b.yaml", tmp_path / "c.yaml"}


def test_a_file_that_cannot_be_read_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, most: int) -> bytes:
        raise PermissionError(13, "Permission denied")

    written(tmp_path, {"a.yaml": FINE})
    monkeypatch.setattr(paths, "read_start", refuse)
    (problem,) = loaded(tmp_path).problems
    assert str(problem).startswith(f"{tmp_path}/a.yaml: cannot be read: Permission denied (the server runs as user")


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ("gone/x.yaml", "the link leads nowhere: there is no {folder}/gone/x.yaml (mend or remove the link)"),
        ("/nowhere/x.yaml", "the link leads nowhere: there is no /nowhere/x.yaml (mend or remove the link)"),
        ("b.yaml/x", "the link leads nowhere: there is no {folder}/b.yaml/x (mend or remove the link)"),
        ("a.yaml", "the link leads round in a circle, by way of {folder}/a.yaml (mend or remove the link)"),
    ],
)
def test_a_link_that_leads_nowhere_is_a_problem_that_names_its_target(tmp_path: Path, target: str, what: str) -> None:
    written(tmp_path, {"b.yaml": FINE})
    (tmp_path / "a.yaml").symlink_to(target)
    report = loaded(tmp_path)
    expected = f"{tmp_path}/a.yaml: {what.format(folder=tmp_path)}"
    assert (names(report), [str(problem) for problem in report.problems]) == (["b"], [expected])
    assert [str(problem) for problem in loaded(tmp_path / "a.yaml").problems] == [expected]


def test_a_bad_link_of_a_shipped_name_does_not_let_the_shipped_one_back_in(tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").symlink_to("gone")
    assert "slow" not in names(loaded(tmp_path, builtin=paths.data("scenarios")))


def test_a_link_to_a_file_is_that_file(tmp_path: Path) -> None:
    written(tmp_path, {"..data/b.yaml": FINE})
    (tmp_path / "a.yaml").symlink_to("..data/b.yaml")
    assert names(loaded(tmp_path)) == ["a"]


def test_what_is_no_file_is_a_problem_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.yaml")
    assert [str(each) for each in loaded(tmp_path).problems] == [
        f"{tmp_path}/a.yaml: this is no file (expected a scenario file)"
    ]


@pytest.mark.parametrize(
    ("file", "note"),
    [
        ("b.YAML", "/b.YAML is not read: its name ends in .YAML (rename it to b.yaml)"),
        ("b.Yml", "/b.Yml is not read: its name ends in .Yml (rename it to b.yml)"),
        ("b.json", "/b.json is not read: scenario files are *.yaml or *.yml (rename it; JSON is YAML too)"),
        ("sub/b.yaml", "/sub/ is not read: subfolders never are (name it as another folder, or move the files)"),
        ("sub/deeper/b.YML", "/sub/ is not read: subfolders never are (name it as another folder, or move the"),
        ("b.yaml/c.yaml", "/b.yaml/ is not read: subfolders never are (name it as another folder, or move the"),
    ],
)
def test_what_looks_like_a_scenario_file_and_is_not_read_is_noted(tmp_path: Path, file: str, note: str) -> None:
    report = loaded(written(tmp_path, {"a.yaml": FINE, file: FINE}))
    assert (names(report), report.problems, len(report.notes)) == (["a"], (), 1)
    assert report.notes[0].startswith(f"{tmp_path}{note}")


def test_what_is_plainly_something_else_is_not_noted(tmp_path: Path) -> None:
    others = {
        ".hidden.YAML": "",
        ".git/a.yaml": "",
        "sub/.hidden/a.yaml": "",
        "README.md": "",
        "fixtures/qiniu/a.json": "[{}]",
        "sub/x.json": "",
        "a.yaml~": "",
    }
    assert loaded(written(tmp_path, {"a.yaml": FINE, **others})).notes == ()


def test_of_a_large_subfolder_only_so_many_entries_are_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, {"a.yaml": FINE, "sub/x.txt": "", "sub/deeper/y.txt": "", "sub/deeper/below/b.yaml": FINE})
    assert len(loaded(tmp_path).notes) == 1
    monkeypatch.setattr(folder, "MOST_SEARCHED", 4)  # `sub` and `deeper` hold so many with themselves
    assert loaded(tmp_path).notes == ()


def test_a_defect_met_by_one_file_is_reported_and_leaves_the_others_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: FileLoader, path: Path, file: File, lookup: object) -> object:
        if file.name == "a":
            raise RecursionError("too deep")
        return whole(self, path, file, lookup)

    whole: Any = FileLoader._load
    monkeypatch.setattr(FileLoader, "_load", fail)
    report = loaded(written(tmp_path, {"a.yaml": FINE, "b.yaml": FINE}))
    assert names(report) == ["b"]
    assert str(report.problems[0]).startswith(f"{tmp_path}/a.yaml: cannot be loaded: RecursionError: too deep (this is")


def test_a_file_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    (problem,) = loaded(written(tmp_path, {"a.yaml": "#" * 300_000})).problems
    assert problem.what == "larger than 256 KiB"


def test_the_same_name_twice_names_both_files(tmp_path: Path) -> None:
    one, other = written(tmp_path / "one", {"a.yaml": FINE}), written(tmp_path / "other", {"a.yml": FINE})
    report = loaded(one, other)
    (problem,) = report.problems
    assert problem.where == f"{other}/a.yml:1:1"
    assert f"{one}/a.yaml" in problem.what
    assert names(report) == ["a"]


def test_a_users_file_overrides_the_shipped_one_with_a_note(tmp_path: Path) -> None:
    shipped = written(tmp_path / "shipped", {"slow.yaml": FINE, "fast.yaml": FINE})
    own = written(tmp_path / "own", {"slow.yaml": f"about: mine\n{FINE}"})
    report = loaded(own, builtin=shipped)
    assert names(report) == ["fast", "slow"]
    assert {scenario.about for scenario in report.scenarios} == {"", "mine"}
    assert report.notes == (f"{own}/slow.yaml overrides the shipped slow",)


def test_a_bad_override_does_not_let_the_shipped_one_back_in(tmp_path: Path) -> None:
    shipped = written(tmp_path / "shipped", {"slow.yaml": FINE})
    report = loaded(written(tmp_path / "own", {"slow.yaml": "bad"}), builtin=shipped)
    assert report.scenarios == ()
    assert len(report.problems) == 1


@pytest.mark.parametrize("claim", ["abc", "z0.5*", "slow", "slow.*"])
def test_the_same_claim_twice_names_both_files(tmp_path: Path, claim: str) -> None:
    shipped = written(tmp_path / "shipped", {"slow.yaml": f"ids: [abc, z0.5*]\n{FINE}"})
    own = written(tmp_path / "own", {"mine.yaml": f"ids: [other, '{claim}']\n{FINE}"})
    report = loaded(own, builtin=shipped)
    (problem,) = report.problems
    assert problem.where == f"{own}/mine.yaml:1:14"
    assert f'"{claim}" is claimed by {shipped}/slow.yaml' in problem.what
    assert names(report) == ["slow"]


def test_a_claim_may_be_shared_between_vendors(tmp_path: Path) -> None:
    files = {f"{vendor}-one.yaml": f"vendors: [{vendor}]\nids: [abc]\n{FINE}" for vendor in ("qiniu", "huawei")}
    assert loaded(written(tmp_path, files)).problems == ()


def test_fixtures_beside_the_scenarios_hide_the_shipped_ones(tmp_path: Path) -> None:
    use = "vendors: [huawei]\nitems: {fixture: document-sample}\n" + FINE
    report = loaded(
        written(tmp_path, {"a.yaml": use, "fixtures/huawei/document-sample.json": '[{"url": "http://mine.example/x"}]'})
    )
    assert report.problems == ()
    assert report.scenarios[0].items["huawei"][0].fields == {"url": "http://mine.example/x"}


@pytest.mark.parametrize(
    ("fixture", "why"),
    [
        ("[{", "not JSON"),
        ("[]", "expected a JSON list of objects"),
        ("[" * 100_000, "nested more than 20 deep"),
        ('[{"url": ' + "[" * 30 + "]" * 30 + "}]", "nested more than 20 deep"),
        ('[{"url": NaN}]', "NaN is not a number in JSON"),
        ('[{"url": 3}]', 'huawei/mine.json, item 0: "url": expected a string'),
        ("[{}]" + " " * (1 << 20), "larger than 1048576 bytes"),
        ('[{"ur": "x"}]', 'huawei/mine.json, item 0: no item of huawei has "ur"'),
        ("[" + ", ".join(["{}"] * 1001) + "]", "the fixture of huawei has 1001 items, 1000 at most"),
    ],
)
def test_a_bad_fixture_is_reported_where_it_is_used(tmp_path: Path, fixture: str, why: str) -> None:
    use = "vendors: [huawei]\nitems: {fixture: mine}\n" + FINE
    (problem,) = loaded(written(tmp_path, {"a.yaml": use, "fixtures/huawei/mine.json": fixture})).problems
    assert problem.where == f"{tmp_path}/a.yaml:2:18"
    assert why in problem.what


def test_another_fixture_makes_another_version(tmp_path: Path) -> None:
    use = "vendors: [huawei]\nitems: {fixture: mine}\n" + FINE
    digests = set()
    for url in ("http://a.example", "http://b.example"):
        files = {"a.yaml": use, "fixtures/huawei/mine.json": f'[{{"url": "{url}"}}]'}
        digests.add(loaded(written(tmp_path, files)).scenarios[0].digest)
    assert len(digests) == 2


def test_the_files_of_a_place_are_in_the_order_of_their_names(tmp_path: Path) -> None:
    written(tmp_path, {"b.yaml": "", "a.yml": "", "c.yaml": ""})
    assert [path.name for path in scenario_files(tmp_path)] == ["a.yml", "b.yaml", "c.yaml"]
    assert scenario_files(tmp_path / "nowhere") == []
