"""Files that are not what they are said to be: every command ends with a defined exit code and no traceback."""

from __future__ import annotations

import gzip
import json
import random
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., Any]

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


@pytest.fixture
def nasty(request: pytest.FixtureRequest, folder: Path) -> Path:
    """A nasty file, and the small mapping for JSON Lines beside the one for CSV."""
    text = (folder / "small.yaml").read_text(encoding="utf-8")
    (folder / "json.yaml").write_text(text.replace("format: csv", "format: jsonl"), encoding="utf-8")
    path = folder / "nasty"
    path.write_bytes(NASTY[request.param])
    return path


@pytest.mark.parametrize("nasty", NASTY, indirect=True)
def test_as_data(nasty: Path, cli: Run, folder: Path) -> None:
    for mapping in ("small.yaml", "json.yaml"):
        done = cli("convert", mapping, nasty, "-o", f"{mapping}.out", "--report", f"{mapping}.jsonl", "--json")
        if done.returncode != 2:
            report = json.loads(done.stdout)
            counts = report["counts"]
            assert counts["read"] == sum(counts.values()) - counts["read"]
            assert (folder / f"{mapping}.out").exists() == (report["verdict"] != "incomplete")
            assert done.returncode or counts["read"] == counts["written"] + counts["skipped"]
    assert cli("mapping", "check", "small.yaml", nasty).returncode in (0, 2)
    cli("mapping", "explain", "json.yaml", nasty, "--record", "1")


@pytest.mark.parametrize("nasty", NASTY, indirect=True)
def test_checked_as_each_format(nasty: Path, cli: Run) -> None:
    for name in ("csv", "jsonl", "japansearch"):
        done = cli("check", nasty, "--format", name, "--json")
        counts = json.loads(done.stdout)["counts"]
        assert counts["read"] == sum(counts.values()) - counts["read"]
        assert done.returncode in (0, 1, 3)


def _as_mapping() -> list[Any]:
    crash = pytest.mark.xfail(strict=True, raises=AssertionError, reason="the place of a NUL is counted in bytes")
    names = [name for name in NASTY if name not in SLOW_YAML]
    return [pytest.param(name, marks=[crash] if name == "nul-in-cell" else []) for name in names]


@pytest.mark.parametrize("nasty", _as_mapping(), indirect=True)
def test_as_mapping_and_as_profile(nasty: Path, cli: Run, folder: Path) -> None:
    assert cli("mapping", "check", nasty).returncode == 2
    profile = nasty.rename(folder / "nasty.toml")
    done = cli("convert", "small.yaml", "small.csv", "-o", "out.jsonl", "--profile", profile)
    assert done.returncode == (0 if not profile.read_bytes().strip() else 2)
    assert (folder / "out.jsonl").exists() == (done.returncode == 0)
