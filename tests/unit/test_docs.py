"""The pages say what is true: generated parts are current, links lead somewhere, commands agree."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import pytest
from jsonschema import Draft202012Validator

from convert.cli import cli
from convert.mapping.nodes import parse_yaml, plain
from convert.registry import own_transforms

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("docs")  # the pages' commands write into out/, so not two at once
ROOT = Path(__file__).parents[2]
READMES = [ROOT / "README.md", ROOT / "README.ja.md"]
SH_BLOCK = re.compile(r"^```sh\n(.*?)\n```$", re.M | re.S)
CODE_BLOCK = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")


def load_generator() -> Any:
    spec = importlib.util.spec_from_file_location("docs_generate", ROOT / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


generate = load_generator()
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*.md"), *ROOT.glob("bench/*.md")])
PAGES = [page for page in PAGES if page.parent.name != "codes"]  # test_code_examples looks at the pages of codes


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def headings(text: str) -> list[str]:
    return re.findall(r"^(#+) .*$", CODE_BLOCK.sub("", text), re.M)


def shown_commands(text: str) -> list[str]:
    return [line.replace(" --lang en", "") for line in re.findall(r"^\$ .*$", text, re.M)]


# ── Generated parts ──────────────────────────────────────────────────────────────────────────────


def test_what_is_generated_is_current() -> None:
    stale = [str(path.relative_to(ROOT)) for path in generate.stale()]
    assert not stale, f"run python docs/generate.py: {', '.join(stale)}"


def test_every_code_is_in_the_reference() -> None:
    shown = set(re.findall(r"^### (\S+)$", read(ROOT / "docs/reference/codes.md"), re.M))
    assert shown == {entry.code for entry in generate.own_catalogue().codes()}


def test_every_transform_is_documented() -> None:
    words = generate.japanese_summaries()
    assert set(words) == set(own_transforms())
    for name, item in own_transforms().items():
        assert f">>> {item.function.__name__}(" in item.doc, f"{name}: no doctest"


def every_command(group: click.Group) -> Iterator[click.Command]:
    yield group
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        yield from every_command(command) if isinstance(command, click.Group) else [command]


def test_every_command_and_option_has_help() -> None:
    for command in every_command(cli):
        assert command.help, command.name
        for parameter in command.params:
            assert not isinstance(parameter, click.Option) or parameter.help, f"{command.name} {parameter.name}"


# ── The first screen ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("path", READMES, ids=lambda path: path.name)
def test_readme_opens_in_both_languages_with_two_commands(path: Path) -> None:
    first_screen = read(path).partition("\n## ")[0]
    opening = [line for line in first_screen.splitlines() if line][1:3]
    assert re.search("[ぁ-ん]", opening[0])
    assert opening[1].startswith("mokuroku converts")
    commands = SH_BLOCK.findall(first_screen)
    assert len(commands) == 2
    assert not any("\n" in command for command in commands)


def test_readmes_agree() -> None:
    english, japanese = (read(path) for path in READMES)
    assert headings(english) == headings(japanese)
    assert SH_BLOCK.findall(english) == SH_BLOCK.findall(japanese)
    shown = [
        [line.replace(" --lang en", "") for line in re.findall(r"^\$ .*$", text, re.M)] for text in (english, japanese)
    ]
    assert shown[0] == shown[1]


def test_ci_runs_the_test_command_of_the_readme() -> None:
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    command = SH_BLOCK.findall(read(READMES[0]))[1]
    assert read(ROOT / ".ci" / "run").rstrip().splitlines()[-1] == command


def test_requirements_are_pinned_and_name_no_registry() -> None:
    text = read(ROOT / "requirements.lock")
    packages = re.split(r"\n(?=[a-z])", text)[1:]
    assert all("==" in package and "--hash=sha256:" in package for package in packages)
    assert "://" not in text
    names = {re.split("[=<>~ ]", package, maxsplit=1)[0] for package in packages}
    project = tomllib.loads(read(ROOT / "pyproject.toml"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"], "hatchling"]
    assert {re.split("[=<>~ ]", name, maxsplit=1)[0].lower() for name in wanted} <= names


# ── Links ────────────────────────────────────────────────────────────────────────────────────────


def anchors(text: str) -> set[str]:
    """The anchors that a forge makes of headings: lower case, no punctuation, hyphens for blanks."""
    titles = re.findall(r"^#+ (.*)$", CODE_BLOCK.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(path: Path) -> None:
    for link in LINK.findall(CODE_BLOCK.sub("", read(path))):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(read(target)), link


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_name_no_place_of_one_machine(path: Path) -> None:
    assert str(ROOT) not in read(path)


# ── Examples in the pages ────────────────────────────────────────────────────────────────────────


def schema_errors(text: str) -> list[str]:
    node, issues = parse_yaml(text.encode(), "page")
    assert node is not None
    assert not issues
    validator = Draft202012Validator(json.loads(read(ROOT / "schemas" / "mapping.schema.json")))
    return [error.message for error in validator.iter_errors(plain(node))]


def test_the_schema_takes_the_shipped_mappings() -> None:
    for path in sorted(ROOT.glob("mappings/**/*.yaml")):
        if "databases" not in path.parts:
            assert not schema_errors(read(path)), path.name


FILE_BLOCK = re.compile(r"^```\w+\n# (museum_tools/\S+|pyproject\.toml|titles\.yaml)\n(.*?)^```$", re.M | re.S)


def example_files(page: str) -> dict[str, str]:
    """The files of the example package in ``docs/extending.md``, by name."""
    return {name: text for name, text in FILE_BLOCK.findall(read(ROOT / "docs" / page))}  # noqa: C416


def entry_lines(names: dict[str, str]) -> str:
    return "".join(f"{name} = {place}\n" for name, place in names.items())


def install(files: dict[str, str], folder: Path) -> None:
    """Put the package where Python finds it, with the entry points of its ``pyproject.toml``."""
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    groups = tomllib.loads(files["pyproject.toml"])["project"]["entry-points"]
    info = folder / "museum_tools-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: museum-tools\nVersion: 1.0\n")
    points = [f"[{group}]\n{entry_lines(names)}" for group, names in groups.items()]
    (info / "entry_points.txt").write_text("\n".join(points))


TRY = """
from convert.examples import example_of
from convert.examples.running import run_side
found = example_of("{0}")
fails, passes = run_side(found.fails), run_side(found.passes)
assert [one.place for one in fails.of("{0}")] == [found.at], fails
assert (passes.told, passes.exit) == ((), 0), passes
"""


def test_the_package_in_the_extending_pages_works(tmp_path: Path) -> None:
    install(example_files("extending.md"), tmp_path)
    data = "no:1\ttitle:染付皿\tshelf:A12\nno:2\ttitle:無題\nno:3\ttitle:資料\tshelf:x\nbroken\nno:5\n"
    (tmp_path / "titles.ltsv").write_text(data, encoding="utf-8")
    command = [sys.executable, "-m", "convert", "convert", "titles.yaml", "titles.ltsv"]
    command += ["-o", "out.txt", "--report", "out.md", "--json"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    report = json.loads(done.stdout)
    assert done.returncode == 1
    assert {code["code"]: code["instances"] for code in report["codes"]} == {
        "LTSV-CELL": 1,
        "OUTLINE-REQUIRED": 1,
        "MUSEUM-VAGUE": 2,
        "MUSEUM-VAGUE-MANY": 1,
        "MAP-NO-VALUE": 1,
    }
    assert read(tmp_path / "out.txt") == "染付皿 / 2F-A12 (1)\n無題 (2)\n資料 (3)\n"
    assert "| MUSEUM-VAGUE | warning | 2 |" in read(tmp_path / "out.md")
    for code in ("MUSEUM-VAGUE", "LTSV-CELL"):
        done = subprocess.run(
            [sys.executable, "-c", TRY.format(code)], cwd=tmp_path, env=environment, capture_output=True, check=False
        )
        assert done.returncode == 0, done.stderr.decode()


def test_the_extending_pages_show_the_same_package() -> None:
    assert example_files("extending.md") == example_files("extending.en.md")


YAML_BLOCK = re.compile(r"^```yaml\n(mapping: 1\n.*?)^```$", re.M | re.S)


@pytest.mark.parametrize("page", ["csv-to-japansearch.md", "csv-to-japansearch.en.md", "mapping.md", "mapping.en.md"])
def test_whole_mappings_in_the_pages_are_right(page: str, tmp_path: Path) -> None:
    from convert.check.issue import Severity
    from convert.mapping.load import inspect_mapping
    from convert.messages.catalogue import catalogue

    found = YAML_BLOCK.findall(read(ROOT / "docs" / page))
    assert found
    for number, text in enumerate(found):
        file = tmp_path / f"{number}.yaml"
        file.write_text(text, encoding="utf-8")
        bad = [issue for issue in inspect_mapping(file).issues if catalogue().severity(issue) >= Severity.WARNING]
        assert not bad, text
        assert not schema_errors(text)
