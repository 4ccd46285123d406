"""Run an example in a folder of its own and see what it tells."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from convert.check.issue import Severity
from convert.cli import cli
from convert.examples.files import kept, write_files
from convert.examples.load import THEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convert.examples.load import Side

REPORTS = ("convert", "check")
"""Commands that write reports."""
AS_JSON = (["deliver", "dossier"],)
"""Commands that tell places in their JSON only."""
REPORT = ".issues.jsonl"
_LEVELS = {level.said(lang): level.word for level in Severity for lang in ("ja", "en")}
_FINDING = re.compile(rf"^(.*): ({'|'.join(_LEVELS)}) ([A-Z]+(?:-[A-Z0-9]+)+) (.*)$", re.M)


@dataclass(frozen=True, slots=True)
class Told:
    """An issue as a run told it; ``message`` by language, as far as the run spoke it."""

    code: str
    severity: str
    place: str
    message: Mapping[str, str]
    suggestion: str = ""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run told, printed, and ended with."""

    told: tuple[Told, ...]
    output: str
    exit: int

    def of(self, code: str) -> list[Told]:
        """What was told under a code."""
        return [one for one in self.told if one.code == code]

    @property
    def errors(self) -> list[Told]:
        """What was told as an error or worse."""
        return [one for one in self.told if one.severity in ("error", "fatal")]


def run_side(side: Side, lang: str = "ja") -> Ran:
    """Run one side of an example, its commands one after the other up to one that does not end with 0.

    Raises what a fault of the program raises.
    """
    told: list[Told] = []
    output, ended = "", 0
    with tempfile.TemporaryDirectory(prefix="mokuroku-example-") as folder, _inside(Path(folder)):
        write_files(side, Path(folder))
        for line in side.run.split(THEN):
            ran = _run(line, side, lang)
            told += ran.told
            output, ended = output + ran.output, ran.exit
            if ended:
                break
    return Ran(tuple(told), output, ended)


def _run(line: str, side: Side, lang: str) -> Ran:
    """Run one command in the folder at hand."""
    line, _, piped = line.partition(" < ")
    arguments = shlex.split(line)
    reports = arguments[0] in REPORTS
    more = ["--report", REPORT] if reports else ["--json"] if arguments[:2] in AS_JSON else []
    given = kept(side.files[piped]).data if piped else b""
    runner = CliRunner(env={"MOKUROKU_LANG": lang})
    result = runner.invoke(cli, [*arguments, *more], input=given, prog_name="mokuroku")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    here = f"{Path.cwd()}{os.sep}"
    output = result.output.replace(here, "")
    told = _printed(output, lang)
    if reports and Path(REPORT).is_file():
        lines = Path(REPORT).read_text("utf-8").replace(here, "").splitlines()
        told = [_issue(json.loads(line)) for line in lines]
        Path(REPORT).unlink()
    elif "--json" in more:
        told = [_issue(issue) for issue in _issues(result.stdout)]
    return Ran(tuple(told), output, result.exit_code)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _printed(output: str, lang: str) -> list[Told]:
    found = _FINDING.findall(output)
    return [Told(code, _LEVELS[level], place, {lang: message}) for place, level, code, message in found]


def _issues(text: str) -> list[dict[str, Any]]:
    """Every issue in the JSON that a command printed."""
    found, left = [], [json.loads(text)]
    while left:
        value = left.pop(0)
        if isinstance(value, dict) and "code" in value and "message" in value:
            found.append(value)
        else:
            left = [*(value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()), *left]
    return found


def _issue(issue: Mapping[str, Any]) -> Told:
    return Told(
        issue["code"], issue["severity"], _place(issue["source"]), issue["message"], issue.get("suggestion") or ""
    )


def _place(source: Mapping[str, Any]) -> str:
    """The place as a summary prints it."""
    cell = source.get("cell")
    numbers = [source.get("line"), None if cell else source.get("column")]
    text = ":".join(str(part) for part in (source["file"], *numbers) if part is not None)
    if "byte" in source:
        text += f"@{source['byte']}"
    sheet = source.get("sheet")
    where = f"{sheet}!{cell}" if sheet and cell else cell or sheet
    return " ".join(part for part in (text, where, source.get("path") or source.get("field")) if part)
