"""Files that are not what they are said to be: every command ends with a defined exit code and no traceback."""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="starts its processes by fork")

ROOT = Path(__file__).parents[2]
MAPPING = """\
mapping: 1
id: small
source: {format: csv}
target: {format: japansearch, database: databases/example-museum.yaml}
record: {id: 番号}
fields:
  名前_s: {from: 名前, label: title, required: true}
  日付_d: 日付
  common.linkUrl: {template: "https://museum.example.jp/item/{$id}"}
"""

HEADER = "番号,名前,日付,公開\n"
ROW = "A1,表示「ソ」能,2026-03-31,公開\n"
TABLE = HEADER + ROW
NOISE = random.Random(20260401).randbytes(20_000)  # noqa: S311 - any bytes will do, the same at every run
JSON = '{"番号": "A1", "名前": "架空像", "日付": "2026-03-31"}\n'

NASTY: dict[str, bytes] = {
    "random": NOISE,
    "random-after-header": HEADER.encode() + NOISE,
    "random-lines": b"\n".join(NOISE[at : at + 40] for at in range(0, 4_000, 40)),
    "empty": b"",
    "bom": b"\xef\xbb\xbf",
    "bom-utf16": b"\xff\xfe",
    "bom-utf32": b"\xff\xfe\x00\x00",
    "nuls": bytes(1_000),
    "nul-in-cell": (HEADER + "A1,\0\0,x\0,\nA2,a\0b,,\n").encode(),
    "line-feeds": b"\n" * 50,
    "carriage-returns": b"\r" * 50,
    "only-commas": b",,,\n,,,\n",
    "one-quote": b'"',
    "quotes": b'"' * 1_001,
    "never-closed": (HEADER + 'A1,"' + "あ\n" * 5_000).encode(),
    "header-only": HEADER.rstrip("\n").encode(),
    "header-only-crlf": HEADER.replace("\n", "\r\n").encode(),
    "double-header": ("番号,番号,名前,日付,公開\n" + "A1,A1,x,y,z\n").encode(),
    "big-cell": (HEADER + "A1," + "あ" * 1_750_000 + ",,公開\n").encode(),
    "big-id": (HEADER + "A" * 100_000 + ",x,,公開\n").encode(),
    "columns": (HEADER.rstrip() + "".join(f",c{n}" for n in range(2_000)) + "\n" + ",".join("1" * 2_004)).encode(),
    "long-line": b"x" * 20_000_000,
    "cp932": TABLE.encode("cp932"),
    "euc-jp": TABLE.encode("euc_jp"),
    "utf16-no-bom": TABLE.encode("utf-16-le"),
    "utf16-odd": TABLE.encode("utf-16")[:-1],
    "utf32": TABLE.encode("utf-32"),
    "surrogate-bytes": (HEADER + "A1,").encode() + b"\xed\xa0\x80,,\n",
    "strange-letters": (HEADER + "\u202eA1\u0085,x\u2028y,\ufffe,\U0010ffff\n😀,﷐,\x7f,\n").encode(),
    "formulas": (HEADER + "=cmd|' /C calc'!A0,+1,-1,@x\n").encode(),
    "html": b"<!doctype html><html><body><table><tr><td>1</td></tr></table></body></html>",
    "gzip": gzip.compress(TABLE.encode()),
    "zip": b"PK\x03\x04" + NOISE[:300],
    "jsonl": JSON.encode() * 3,
    "json-array": f"[{JSON.strip()}, 1, null]".encode(),
    "json-deep": b"[" * 100_000,
    "json-deep-objects": b'{"a":' * 50_000,
    "json-numbers": '{"番号": 1e999999, "名前": NaN, "日付": -0.0}\n'.encode() + b'{"a": ' + b"9" * 10_000 + b"}\n",
    "json-surrogates": '{"番号": "\\ud800", "名前": "\\udfff\\ud83d"}\n'.encode(),
    "json-cut": JSON.encode()[:-9],
    "json-scalars": b'1\n"a"\nnull\n[]\n{}\n',
    "json-double-key": '{"番号": "A1", "番号": "A2"}\n'.encode(),
    "yaml-bomb": b"a: &a [x]\n" + b"".join(b"k%d: [*a, *a]\n" % n for n in range(50)),
    "yaml-tag": b"mapping: !!python/object/apply:os.system [echo]\n",
    "yaml-deep": b"[" * 2_000,
}
SLOW_YAML = ("long-line", "big-cell")  # the YAML library takes its time; a mapping is never that large

AS_DATA = (
    ["convert", "small.yaml", "{}", "-o", "{}.csv-out", "--report", "{}.csv-out.jsonl", "--json"],
    ["convert", "json.yaml", "{}", "-o", "{}.json-out", "--report", "{}.json-out.csv", "--json"],
    ["check", "{}", "--format", "japansearch", "--json"],
    ["mapping", "check", "small.yaml", "{}", "--json"],
    ["mapping", "explain", "json.yaml", "{}", "--record", "1"],
)
AS_MAPPING = (["mapping", "check", "{}"], ["convert", "{}", "small.csv", "-o", "{}.out"])
AS_PROFILE = (["convert", "small.yaml", "small.csv", "-o", "{}.out", "--profile", "{}.yaml"],)

DRIVER = """
import gc, json, os, sys
import convert.cli.catalogues, convert.cli.check, convert.cli.convert, convert.run.job
import convert.formats.table.reader, convert.formats.jsonl.reader
import convert.formats.japansearch.target, convert.formats.japansearch.checker, convert.report.csv
convert.cli.catalogues.catalogue()
convert.load_mapping("small.yaml")
gc.freeze()
results = []
for number, arguments in json.load(sys.stdin):
    sys.stdout.flush()
    child = os.fork()
    if not child:
        for descriptor, name in (1, "out"), (2, "err"):
            os.dup2(os.open(f"{number}.{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), descriptor)
        sys.argv[1:] = arguments
        convert.cli.main()
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    results.append([code, *(open(f"{number}.{name}", encoding="utf-8").read() for name in ("out", "err"))])
json.dump(results, sys.stdout)
"""
"""Runs the command many times over, each in a process of its own, without importing it anew each time."""

Ran = dict[tuple[str, ...], tuple[int, str, str]]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with every nasty file, a small table and mapping."""
    folder = tmp_path_factory.mktemp("nasty")
    (folder / "small.yaml").write_text(MAPPING, encoding="utf-8")
    (folder / "json.yaml").write_text(MAPPING.replace("format: csv", "format: jsonl"), encoding="utf-8")
    (folder / "small.csv").write_text(TABLE, encoding="utf-8")
    for name, data in NASTY.items():
        (folder / name).write_bytes(data)
        (folder / f"{name}.yaml").write_bytes(data)
    return folder


@pytest.fixture(scope="module")
def ran(place: Path) -> Ran:
    """Exit code, standard output and standard error of every command on every file."""
    cases = [
        [word.format(name) for word in words]
        for name in NASTY
        for words in (*AS_DATA, *(() if name in SLOW_YAML else AS_MAPPING), *AS_PROFILE)
    ]
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("PYTHON", "MOKUROKU"))}
    numbered = list(enumerate(cases))
    drivers = []
    for half in (numbered[::2], numbered[1::2]):
        driver = subprocess.Popen(
            [sys.executable, "-c", DRIVER],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=place,
            env=environment | {"PYTHONPATH": str(ROOT)},
        )
        assert driver.stdin is not None
        driver.stdin.write(json.dumps(half).encode())
        driver.stdin.close()
        drivers.append((driver, half))
    found: Ran = {}
    for driver, half in drivers:
        with driver:
            assert driver.stdout is not None
            results = json.loads(driver.stdout.read())
        found |= {tuple(case): tuple(result) for (_, case), result in zip(half, results, strict=True)}
    return found


def outcomes(ran: Ran, commands: Iterable[Sequence[str]], name: str) -> list[tuple[Sequence[str], int, str]]:
    """Exit code and standard output of the commands on one file; no traceback in any."""
    found = []
    for words in commands:
        code, out, err = ran[tuple(word.format(name) for word in words)]
        assert "Traceback" not in err, err
        assert code in (0, 1, 2, 3), (words, code, err)
        assert code == 0 or out or err
        found.append((words, code, out))
    return found


@pytest.mark.parametrize("name", NASTY)
def test_as_data(name: str, ran: Ran, place: Path) -> None:
    for words, code, out in outcomes(ran, AS_DATA, name):
        if words[0] == "mapping" or code == 2:
            continue
        report = json.loads(out)
        counts = report["counts"]
        assert counts["read"] == sum(counts.values()) - counts["read"]
        assert code or counts["read"] == counts["written"] + counts["skipped"]
        assert report["exit_code"] == code
        if words[0] == "convert":
            written = place / words[4].format(name)
            assert written.exists() == report["complete"]
            assert not report["complete"] or len(written.read_bytes().splitlines()) == counts["written"]


def test_nothing_temporary_is_left(ran: Ran, place: Path) -> None:
    assert ran
    assert not [path for path in place.iterdir() if ".part" in path.name]


@pytest.mark.parametrize("name", [name for name in NASTY if name not in SLOW_YAML])
def test_as_mapping(name: str, ran: Ran, place: Path) -> None:
    assert [code for _, code, _ in outcomes(ran, AS_MAPPING, name)] == [2, 2]


@pytest.mark.parametrize("name", NASTY)
def test_as_profile(name: str, ran: Ran) -> None:
    ((_, code, _),) = outcomes(ran, AS_PROFILE, name)
    assert code == (2 if NASTY[name].strip() else 0)
