"""One case as it stands in its folder."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from convert.errors import UsageError
from convert.mapping.nodes import parse_yaml, plain
from convert.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

FOLDER = ".cases"
"""What follows the mapping's name in the name of the folder with its cases."""
OUTCOMES = ("written", "skipped", "deleted", "rejected", "broken")
JOB = ("read", "write", "variables", "profile", "limit", "only", "fail_on")
_NUMBERS = ("limit",)
_PART = re.compile(r"-[0-9]{3,}(?=\.)")


@dataclass(frozen=True, slots=True)
class Case:
    """A case. ``issues`` are described as far as matters; ``counts`` and ``exit`` None: anything goes."""

    folder: Path
    mapping: Path
    issues: tuple[Mapping[str, Any], ...] = ()
    job: Mapping[str, Any] = field(default_factory=dict)
    counts: Mapping[str, int] | None = None
    exit: int | None = None

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def inputs(self) -> list[Source]:
        """The inputs under their bare names, so that what is reported does not depend on where the case lies."""
        return [Source.of(path, name=path.name) for path in sorted(self.folder.glob("input*"))]

    @property
    def expected(self) -> dict[str, bytes]:
        """The files that must come out, under the names they come out with."""
        found = sorted(path for path in self.folder.glob("expected*") if path.is_file())
        return {path.name.replace("expected", "out", 1): path.read_bytes() for path in found}

    @property
    def output(self) -> str:
        """The name of the output; its parts have numbers."""
        return _PART.sub("", next(iter(self.expected), "out"))


def cases_of(mapping: Path) -> list[Path]:
    """The folders of a mapping's cases, by name."""
    folder = mapping.with_suffix(FOLDER)
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def read_case(folder: Path, mapping: Path | None = None) -> Case:
    """The case in ``folder``. ``mapping``: where the folder has none. Raises :class:`UsageError` with file and line."""
    own = folder / "mapping.yaml"
    chosen = own if own.is_file() else mapping
    if chosen is None:
        raise UsageError(f"{folder}: the case has no mapping.yaml", f"{folder}：mapping.yaml がありません。")
    if not any(folder.glob("input*")):
        raise UsageError(f"{folder}: the case has no input*", f"{folder}：input で始まるファイルがありません。")
    options = _options(folder / "options.yaml")
    return Case(
        folder,
        chosen,
        tuple(_lines(folder / "issues.jsonl")),
        job=options.get("job", {}),
        counts=options.get("counts"),
        exit=options.get("exit"),
    )


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file; none when there is no such file."""
    if not path.exists():
        return
    for number, line in enumerate(path.read_text("utf-8-sig").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except ValueError as error:
            ja = f"{path}:{number}：JSON として読めません（{error}）。"
            raise UsageError(f"{path}:{number}: no JSON ({error})", ja) from error
        if not isinstance(found, dict) or "code" not in found:
            ja = f'{path}:{number}：{{"code": …}} の形で書いてください。'
            raise UsageError(f'{path}:{number}: expects an object with "code"', ja)
        yield found


def _options(path: Path) -> dict[str, Any]:
    """The options of a case; numbers as numbers."""
    if not path.exists():
        return {}
    node, issues = parse_yaml(path.read_bytes(), str(path))
    found = None if node is None else plain(node)
    if issues or not isinstance(found, dict):
        at = issues[0].at if issues else path
        raise UsageError(f"{at}: this is no table of options", f"{at}：設定の表として読めません。")
    _known(path, found, ("counts", "exit", "job"))
    job, counts = found.get("job") or {}, found.get("counts")
    _known(path, job, JOB)
    numbered = {name: _number(path, name, value) if name in _NUMBERS else value for name, value in job.items()}
    options: dict[str, Any] = {"job": numbered}
    if counts is not None:
        _known(path, counts, OUTCOMES)
        options["counts"] = dict.fromkeys(OUTCOMES, 0) | {k: _number(path, k, value) for k, value in counts.items()}
    if found.get("exit") is not None:
        options["exit"] = _number(path, "exit", found["exit"])
    return options


def _known(path: Path, table: Any, names: tuple[str, ...]) -> None:
    unknown = [name for name in table if name not in names] if isinstance(table, dict) else [str(table)]
    if unknown:
        known = "、".join(names)
        ja = f"{path}：「{unknown[0]}」は書けません。書けるのは {known} です。"
        raise UsageError(f"{path}: unknown key {unknown[0]!r}; known: {', '.join(names)}", ja)


def _number(path: Path, name: str, value: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return int(value)
    ja = f"{path}：{name} の「{value}」は整数ではありません。"
    raise UsageError(f"{path}: {name}: {value!r} is no whole number", ja)
