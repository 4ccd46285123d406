"""A package of its own adds a reader, target, transform, check, report and messages by entry points alone."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., Any]

pytest.importorskip("hatchling", reason="builds a wheel")

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "tests" / "fixtures" / "plugin"
MAPPING = """\
mapping: 1
id: sample
source: {format: sample-lines}
target: {format: sample-cards, rule: "===="}
record:
  id: id
fields:
  heading: {from: name, do: [{sample.shout: {times: 2}}]}
  price: price
checks: [sample.total]
"""
LINES = """\
id=A|name=皿|price=3
id=B|name=とても長い名前の絵|price=4
ただの行
id=C|price=なし
id=a|name=静か|name=箱|price=5
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which the plug-in was installed, metadata and all."""
    place = tmp_path_factory.mktemp("plugin")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = ["wheel", "--no-deps", "--no-index", "--no-build-isolation", "--wheel-dir", str(place), str(PLUGIN)]
    subprocess.run([*pip, *build], check=True, timeout=120)
    (wheel,) = place.glob("*.whl")
    target = place / "site"
    subprocess.run([*pip, "install", "--no-deps", "--no-index", "--target", str(target), str(wheel)], check=True)
    return target


@pytest.fixture
def plugged(installed: Path, environment: dict[str, str], cli: Run, folder: Path) -> Run:
    """The command with the plug-in installed."""
    (folder / "sample.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "in.lines").write_text(LINES, encoding="utf-8")
    path = f"{ROOT}:{installed}"
    environment["PYTHONPATH"] = path
    return cli


def python(code: str, environment: dict[str, str], folder: Path) -> Any:
    """What a program prints, as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=folder, capture_output=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def test_reader_transform_target_check_report_and_messages_in_one_run(plugged: Run, folder: Path) -> None:
    done = plugged("convert", "sample.yaml", "in.lines", "-o", "out.txt", "--report", "r.marks", "--report", "r.json")
    assert done.returncode == 1, done.stderr
    assert (folder / "out.txt").read_text(encoding="utf-8") == (
        "CARDS\n#A\nheading: 皿!!\nprice: 3\n====\n#B\nheading: とても長い名前の絵!\nprice: 4\n====\n"
        "#a\nheading: 箱!!\nprice: 5\nEND\n"
    )
    assert (folder / "out.txt.note.txt").read_text(encoding="utf-8") == "見本\n"
    marks = (folder / "r.marks").read_text(encoding="utf-8").splitlines()
    assert sorted(marks[:-3]) == [
        "2 SAMPLE-LONG",
        "3 SAMPLE-LINE",
        "4 SAMPLE-HEADING",
        "4 SAMPLE-PRICE",
        "5 MAP-NO-VALUE",
    ]
    assert marks[-3:] == ["5 DSET-ID-MEET", "- SAMPLE-TOTAL", "ja fail"]
    report = json.loads((folder / "r.json").read_bytes())
    counts = {"read": 5, "written": 3, "skipped": 0, "deleted": 0, "rejected": 1, "broken": 1}
    assert report["counts"] == counts
    samples = {code["code"]: code["samples"][0] for code in report["codes"]}
    assert samples["SAMPLE-LONG"]["message"]["en"] == "'とても長い名前の絵' is cut to 10 characters."
    assert samples["SAMPLE-LONG"]["source"]["line"] == 2
    assert samples["SAMPLE-PRICE"]["source"] == {"file": "in.lines", "line": 4, "path": "price"}
    assert samples["SAMPLE-TOTAL"]["message"]["ja"] == "4件の合計は12です。"
    assert "見出しがありません。" in done.stdout


def test_reader_option_of_a_plug_in(plugged: Run, folder: Path) -> None:
    (folder / "in.lines").write_text("id=A;name=皿;price=3\n", encoding="utf-8")
    done = plugged("convert", "sample.yaml", "in.lines", "-r", "mark=;", "-w", "rule=*", "-o", "-")
    assert done.stdout == "CARDS\n#A\nheading: 皿!!\nprice: 3\nEND\n"
    assert done.returncode == 0


def test_the_check_sees_every_shard_at_the_end(plugged: Run, folder: Path, environment: dict[str, str]) -> None:
    lines = [f"id=A{number}|name=皿|price={number}\n" for number in range(300)]
    (folder / "many.lines").write_text("".join(lines), encoding="utf-8")
    found = python(
        "import convert, json\n"
        "if __name__ == '__main__':\n"
        "    found = []\n"
        "    for jobs in 1, 2:\n"
        "        job = convert.Job('sample.yaml', jobs=jobs, shard_bytes=1)\n"
        "        report = job.run('many.lines', f'out{jobs}.txt', [f'r{jobs}.marks'])\n"
        "        found.append([issue.slots for issue in report.issues])\n"
        "    print(json.dumps(found))\n",
        environment,
        folder,
    )
    (serial,), (sharded,) = found
    assert serial == {"records": 300, "total": 44850, "shards": 1}
    assert sharded["shards"] > 2
    assert {**sharded, "shards": 1} == serial
    assert (folder / "out1.txt").read_bytes() == (folder / "out2.txt").read_bytes()
    assert (folder / "r1.marks").read_bytes() == (folder / "r2.marks").read_bytes()


def test_catalogues_show_what_the_plug_in_adds(plugged: Run) -> None:
    listed = {item["name"]: item for item in json.loads(plugged("formats", "--json").stdout)}
    assert (listed["sample-lines"]["source"], listed["sample-lines"]["target"]) == (True, False)
    assert (listed["sample-cards"]["source"], listed["sample-cards"]["target"]) == (False, True)
    assert "-r mark" in plugged("formats", "sample-lines").stdout
    assert "切りつめます" in plugged("codes", "SAMPLE-LONG").stdout
    assert plugged("codes", "SAMPLE-LOG").returncode == 2


def test_a_plug_in_that_walks_can_be_looked_at_and_drafted_from(plugged: Run, folder: Path) -> None:
    found = json.loads(plugged("inspect", "in.lines", "--json").stdout)["sources"][0]
    assert [(column["path"], column["records"]) for column in found["columns"]] == [
        ("id", 4),
        ("name", 3),
        ("price", 4),
    ]
    assert (found["format"], found["broken"], found["table"]) == ("sample-lines", 1, False)
    done = plugged("mapping", "new", "--from", "in.lines", "--to", "japansearch", "-o", "new.yaml")
    assert done.returncode == 0, done.stderr
    assert plugged("mapping", "check", "new.yaml", "in.lines").returncode == 0
    plugged("convert", "new.yaml", "in.lines", "-o", "new.jsonl")
    first = json.loads((folder / "new.jsonl").read_text("utf-8").splitlines()[0])
    assert first["common"]["title"] == "皿"


def test_codes_of_a_plug_in_stand_in_profiles(plugged: Run, folder: Path) -> None:
    (folder / "p.yaml").write_text("severities: {SAMPLE-TOTAL: error}\n", encoding="utf-8")
    (folder / "in.lines").write_text("id=A|name=皿|price=3\n", encoding="utf-8")
    assert plugged("convert", "sample.yaml", "in.lines").returncode == 0
    assert plugged("convert", "sample.yaml", "in.lines", "--profile", "p.yaml").returncode == 1


def codes_of(done: Any, folder: Path) -> set[str]:
    assert done.returncode < 2, done.stderr
    return {code["code"] for code in json.loads((folder / "r.json").read_bytes())["codes"]}


def test_checks_of_a_plug_in_stand_in_profiles(plugged: Run, folder: Path) -> None:
    bare = MAPPING.replace("checks: [sample.total]\n", "")
    (folder / "bare.yaml").write_text(bare, encoding="utf-8")
    profile = "checks: [sample.total, sample.shouting]\nthresholds: {sample.shouting: {values: 2}}\n"
    (folder / "p.yaml").write_text(profile, encoding="utf-8")
    run = ("convert", "bare.yaml", "in.lines", "-o", "out.txt", "--report", "r.json", "--profile")
    assert not {"SAMPLE-TOTAL", "SAMPLE-SHOUTING"} & codes_of(plugged(*run, "submission"), folder)
    assert {"SAMPLE-TOTAL", "SAMPLE-PRICE", "SAMPLE-SHOUTING"} <= codes_of(plugged(*run, "p.yaml"), folder)
    (folder / "p.yaml").write_text("checks: [all, sample.shouting]\nseverities: {SAMPLE-SHOUTING: error}\n", "utf-8")
    assert "SAMPLE-SHOUTING" not in codes_of(plugged(*run, "p.yaml"), folder)  # fewer than a hundred
    (folder / "p.yaml").write_text("checks: [sample.shoutin]\nthresholds: {sample.shouting: {valus: 2}}\n", "utf-8")
    done = plugged(*run, "p.yaml")
    assert done.returncode == 2
    assert "sample.shouting" in done.stderr
    assert "values" in done.stderr


def test_checks_of_a_plug_in_look_at_files(plugged: Run, folder: Path) -> None:
    (folder / "in.jsonl").write_text('{"name": "静か!"}\n{"name": "皿!"}\n', encoding="utf-8")
    (folder / "p.yaml").write_text("checks: [sample.shouting]\nthresholds: {sample.shouting: {values: 1}}\n", "utf-8")
    run = ("check", "in.jsonl", "--format", "jsonl", "--report", "r.json", "--profile", "p.yaml")
    assert codes_of(plugged(*run), folder) == {"SAMPLE-SHOUTING"}
    (folder / "p.yaml").write_text("checks: [sample.total]\n", encoding="utf-8")
    done = plugged(*run)
    assert done.returncode == 2
    assert "sample.total" in done.stderr


@pytest.mark.parametrize(
    ("old", "new", "code", "near"),
    [
        ("format: sample-lines", "format: sample-line", "MAP-FORMAT", "sample-lines"),
        ("sample.shout", "sample.shuot", "MAP-TRANSFORM", "sample.shout"),
        ("sample.total", "sample.totl", "MAP-CHECK", "sample.total"),
        ("times: 2", "tims: 2", "MAP-ARGUMENT-NAME", "times"),
        ("times: 2", "times: viel", "MAP-ARGUMENT-TYPE", "viel"),
        ("  price:", "  PRICE:", "SAMPLE-NAME", "PRICE"),
        ("price: price", "price: pr-ice", "MAP-PATH", "pr-ice"),
        ("rule:", "ruel:", "MAP-OPTION-NAME", "rule"),
    ],
)
def test_faults_in_what_a_plug_in_adds(old: str, new: str, code: str, near: str, plugged: Run, folder: Path) -> None:
    assert old in MAPPING
    (folder / "sample.yaml").write_text(MAPPING.replace(old, new), encoding="utf-8")
    done = plugged("convert", "sample.yaml", "in.lines", "-o", "out.txt")
    assert done.returncode == 2
    assert code in done.stderr
    assert near in done.stderr


def test_an_unknown_report_brings_the_plug_ins(plugged: Run) -> None:
    done = plugged("convert", "sample.yaml", "in.lines", "--report", "r.mark")
    assert done.returncode == 2
    assert "marks" in done.stderr


def test_without_the_plug_in_its_names_are_unknown(cli: Run, folder: Path) -> None:
    (folder / "sample.yaml").write_text(MAPPING, encoding="utf-8")
    done = cli("mapping", "check", "sample.yaml")
    assert done.returncode == 2
    for code in ("MAP-FORMAT", "MAP-TRANSFORM", "MAP-CHECK"):
        assert code in done.stdout


def test_only_what_is_asked_for_is_imported(plugged: Run, folder: Path, environment: dict[str, str]) -> None:
    look = "json.dumps(sorted(name for name in sys.modules if name.startswith('sample_plugin.')))"
    run = "import convert, json, sys\nconvert.Job({!r}).run({!r}, None)\nprint({})\n"
    assert python(run.format("small.yaml", "small.csv", look), environment, folder) == []
    everything = python(run.format("sample.yaml", "in.lines", look), environment, folder)
    assert everything == [f"sample_plugin.{name}" for name in ("checks", "formats", "reader", "target", "transforms")]


@pytest.mark.parametrize("fault", ["import nosuch_module_at_all\n", "from sample_plugin import nosuch\n"])
def test_a_plug_in_that_cannot_be_imported_is_named(
    fault: str, installed: Path, plugged: Run, folder: Path, environment: dict[str, str]
) -> None:
    assert plugged
    broken = folder.parent / "broken"
    broken.mkdir()
    for path in installed.rglob("*"):
        if path.is_file() and path.suffix != ".pyc":
            copy = broken / path.relative_to(installed)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    for module in ("transforms", "formats", "checks", "report"):
        (broken / "sample_plugin" / f"{module}.py").write_text(fault, encoding="utf-8")
    environment["PYTHONPATH"] = f"{ROOT}:{broken}"
    for arguments in (
        ["convert", "sample.yaml", "in.lines"],
        ["mapping", "check", "sample.yaml"],
        ["formats"],
        ["convert", "small.yaml", "small.csv", "--report", "r.marks"],
    ):
        done = plugged(*arguments)
        assert done.returncode == 2
        assert "sample" in done.stderr
    assert plugged("convert", "small.yaml", "small.csv").returncode == 0
