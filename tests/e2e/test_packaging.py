"""A wheel, an editable install and a checkout find their data and run from any directory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., subprocess.CompletedProcess[str]]

pytest.importorskip("hatchling", reason="builds a wheel")

ROOT = Path(__file__).parents[2]
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
LOCAL = ["--no-deps", "--no-index"]
TABLE = "資料番号,公開可否,資料名\nK1,公開,架空川染付皿\n"


def environment() -> dict[str, str]:
    return {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "MOKUROKU"))}


def new_venv(folder: Path) -> Path:
    """A fresh environment that sees the packages of this one, after its own; the path of its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages") if os.name == "posix" else folder.glob("Lib/site-packages")
    seen = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (site / "dependencies.pth").write_text("".join(f"{path}\n" for path in sorted(seen)), encoding="utf-8")
    return folder / ("bin/python" if os.name == "posix" else "Scripts/python.exe")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    place = tmp_path_factory.mktemp("wheel")
    subprocess.run([*PIP, "wheel", *LOCAL, "--no-build-isolation", "--wheel-dir", str(place), str(ROOT)], check=True)
    (found,) = place.glob("mokuroku-*.whl")
    return found


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment in which the wheel is installed."""
    python = new_venv(tmp_path_factory.mktemp("installed"))
    subprocess.run([*PIP, "--python", str(python), "install", *LOCAL, str(wheel)], check=True)
    return python


@pytest.fixture(scope="module")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Python of an environment that has this checkout as an editable install."""
    pytest.importorskip("editables", reason="hatchling needs it for editable installs")
    python = new_venv(tmp_path_factory.mktemp("editable"))
    arguments = ["install", *LOCAL, "--no-build-isolation", "--editable", str(ROOT)]
    subprocess.run([*PIP, "--python", str(python), *arguments], check=True)
    return python


def assert_works(command: list[str], folder: Path, variables: dict[str, str]) -> str:
    """The command lists its mappings and converts, in a directory that holds nothing else; it tells its package."""

    def run(*arguments: str) -> str:
        done = subprocess.run([*command, *arguments], cwd=folder, env=variables, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode("utf-8")
        return done.stdout.decode("utf-8")

    rows = json.loads(run("mappings", "--json"))
    assert {"museum/csv-to-japansearch", "museum/jsonl-to-japansearch"} <= {row["id"] for row in rows}
    assert all(Path(folder, row["file"]).is_file() for row in rows)
    run("mapping", "check", "museum/csv-to-japansearch")
    columns = run("mapping", "explain", "museum/csv-to-japansearch")
    assert "資料名_s" in columns
    (folder / "small.yaml").write_text(
        "mapping: 1\nid: small\nsource: {format: csv}\n"
        "target: {format: japansearch, database: databases/example-museum.yaml}\nrecord: {id: 資料番号}\nfields:\n"
        "  資料名_s: {from: 資料名, label: title}\n"
        '  common.linkUrl: {template: "https://museum.example.jp/{$id}"}\n',
        encoding="utf-8",
    )
    (folder / "in.csv").write_text(TABLE, encoding="utf-8")
    report = json.loads(run("convert", "small.yaml", "in.csv", "-o", "out.jsonl", "--report", "r.txt", "--json"))
    assert report["counts"]["written"] == 1
    (line,) = (folder / "out.jsonl").read_bytes().splitlines()
    assert json.loads(line)["common"]["title"] == "架空川染付皿"
    return run("--version")


class TestWheel:
    """All on one wheel, built once."""

    def test_it_carries_all_data_and_nothing_else(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as opened:
            names = {name for name in opened.namelist() if not name.endswith("/")}
        ours = {name for name in names if ".dist-info/" not in name}
        assert all(name.startswith("convert/") for name in ours)
        for folder in ("mappings", "schemas"):
            files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
            assert {f"convert/_data/{path.relative_to(ROOT).as_posix()}" for path in files} <= ours
        wanted = [path for path in (ROOT / "convert").rglob("*") if path.suffix in (".py", ".toml", ".typed", ".yaml")]
        assert {path.relative_to(ROOT).as_posix() for path in wanted} <= ours
        assert not [name for name in ours if "__pycache__" in name or name.endswith((".pyc", ".csv.part"))]

    def test_its_metadata(self, wheel: Path) -> None:
        with zipfile.ZipFile(wheel) as opened:
            (name,) = [name for name in opened.namelist() if name.endswith("/METADATA")]
            text = opened.read(name).decode("utf-8")
            (entries,) = [name for name in opened.namelist() if name.endswith("/entry_points.txt")]
            assert "mokuroku = convert.cli:main" in opened.read(entries).decode("utf-8")
            assert [name for name in opened.namelist() if name.endswith("/LICENSE")]
        assert "Name: mokuroku\n" in text
        assert "Requires-Python: >=3.11\n" in text
        for package in ("click", "jsonschema", "lxml", "openpyxl", "rdflib", "xmlschema"):
            assert f"Requires-Dist: {package}" in text

    def test_the_script_works_from_an_empty_directory(self, installed: Path, tmp_path: Path) -> None:
        version = assert_works([str(installed.parent / "mokuroku")], tmp_path, environment())
        assert version.startswith("mokuroku, version 0.")

    def test_the_module_works_from_an_empty_directory(self, installed: Path, tmp_path: Path) -> None:
        assert_works([str(installed), "-m", "convert"], tmp_path, environment())

    def test_the_package_is_the_installed_one(self, installed: Path, tmp_path: Path) -> None:
        code = "import convert, convert.resources as r; print(convert.__file__); print(r.root())"
        done = subprocess.run(
            [str(installed), "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
        )
        package, data = map(Path, done.stdout.splitlines())
        assert package.is_relative_to(installed.parent.parent)
        assert data == package.parent / "_data"


COMPILED = "from convert.formats.xml.plain import Parser; print(Parser is not None)"
COMPILER = (sysconfig.get_config_var("CC") or "cl").split()[0]
HEADERS = Path(sysconfig.get_path("include"), "Python.h")


class TestCompiled:
    """The part in C is there where it can be compiled, and not missed elsewhere."""

    @pytest.mark.skipif(not (shutil.which(COMPILER) and HEADERS.exists()), reason="no C compiler, or no headers")
    def test_a_wheel_has_it(self, wheel: Path, installed: Path, tmp_path: Path) -> None:
        assert not wheel.name.endswith("-none-any.whl")
        done = subprocess.run(
            [str(installed), "-c", COMPILED], cwd=tmp_path, env=environment(), capture_output=True, check=True
        )
        assert done.stdout.split() == [b"True"]

    def test_a_wheel_does_without_it(self, tmp_path: Path) -> None:
        command = [*PIP, "wheel", *LOCAL, "--no-build-isolation", "--wheel-dir", str(tmp_path), str(ROOT)]
        subprocess.run(command, check=True, env=dict(os.environ) | {"CC": "no-such-compiler"})
        (wheel,) = tmp_path.glob("mokuroku-*.whl")
        assert wheel.name.endswith("-py3-none-any.whl")
        with zipfile.ZipFile(wheel) as opened:
            assert not [name for name in opened.namelist() if name.endswith((".so", ".pyd"))]
        variables = environment() | {"PYTHONPATH": str(wheel)}
        done = subprocess.run(
            [sys.executable, "-c", COMPILED], cwd=tmp_path, env=variables, capture_output=True, check=True
        )
        assert done.stdout.split() == [b"False"], done.stderr.decode()


class TestEditable:
    """An editable install of this checkout."""

    def test_the_script_works_from_an_empty_directory(self, editable: Path, tmp_path: Path) -> None:
        assert_works([str(editable.parent / "mokuroku")], tmp_path, environment())

    def test_the_package_is_the_checkout(self, editable: Path, tmp_path: Path) -> None:
        code = "import convert, convert.resources as r; print(convert.__file__); print(r.root())"
        done = subprocess.run(
            [str(editable), "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=True
        )
        package, data = map(Path, done.stdout.splitlines())
        assert (package.parent.parent, data) == (ROOT, ROOT)


class TestCheckout:
    """No installation: the checkout on PYTHONPATH."""

    def test_the_module_works_from_an_empty_directory(self, tmp_path: Path) -> None:
        variables = environment() | {"PYTHONPATH": str(ROOT)}
        assert_works([sys.executable, "-m", "convert"], tmp_path, variables)
