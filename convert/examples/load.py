"""The examples as they stand in ``examples.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from convert.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

FILE = "examples.toml"
BASES = "base"
KEYS = ("base", "run", "files", "with", "change", "fails", "passes", "at", "varies", "note_ja", "note_en")
SITUATION = ("situation_ja", "situation_en", "remedy_ja", "remedy_en", "test")
_TEXTS = ("text", "dat", "hex", "rows", "head", "store")
_SIDE = ("run", "files", "without")
THEN = " && "
"""Between commands of a run, as in a shell."""

Spec = Any
"""A text, or a table that describes a file."""


@dataclass(frozen=True, slots=True)
class Side:
    """One run: the command and its files, by name."""

    run: str
    files: Mapping[str, Spec]


@dataclass(frozen=True, slots=True)
class Example:
    """A run in which a code is told and one in which it is not. ``at``: the place that is told, or a part of it.

    ``varies``: the message is not the same every day.
    """

    code: str
    fails: Side
    passes: Side
    at: str = ""
    varies: bool = False
    note: Mapping[str, str] = field(default_factory=dict)

    @property
    def changed(self) -> list[str]:
        """The files that differ, or that only one of the two has."""
        names = [*self.fails.files, *(name for name in self.passes.files if name not in self.fails.files)]
        return [name for name in names if self.fails.files.get(name) != self.passes.files.get(name)]


@dataclass(frozen=True, slots=True)
class Situation:
    """When a code comes that no small run can show, what to do, and the test that raises it (``FILE::TEST``)."""

    code: str
    situation: Mapping[str, str]
    remedy: Mapping[str, str]
    test: str


def read_examples(file: Path) -> dict[str, Example | Situation]:
    """All examples of a file by code. Raises :class:`UsageError`, naming file and code, where one is no example."""
    tables = _tables(file)
    bases = tables.get(BASES, {})
    return {code: _read(file, code, table, bases) for code, table in tables.items() if code != BASES}


def example_of(code: str) -> Example | Situation | None:
    """The example of a code, looked for in every room; None: there is none."""
    for file in _files():
        if f"[{code}]" in file.read_text(encoding="utf-8"):
            tables = _tables(file)
            return _read(file, code, tables[code], tables.get(BASES, {}))
    return None


def _files() -> Iterator[Path]:
    from convert.messages.catalogue import room_files  # noqa: PLC0415

    for codes in room_files():
        file = codes.with_name(FILE)
        if file.is_file():
            yield file


@cache
def _tables(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{file}: {error}", f"{file}：TOML として読めません（{error}）。") from error


def _read(file: Path, code: str, table: Any, bases: Mapping[str, Any]) -> Example | Situation:
    known = SITUATION if isinstance(table, dict) and "situation_ja" in table else KEYS
    strange = [key for key in table if key not in known] if isinstance(table, dict) else [str(table)]
    if strange:
        raise _strange(file, code, strange[0], known)
    if known is SITUATION:
        return _situation(file, code, table)
    base = _base(file, code, table, bases)
    run, files = table.get("run", base.get("run")), {**base.get("files", {}), **table.get("files", {})}
    files = _changed(file, code, table.get("with", []), files)
    if run is None:
        ja = f"{file}：{code}：run が、ここにも base にもありません。"
        raise UsageError(f"{file}: {code}: run is missing, here and in its base", ja)
    passes = _side(file, code, table.get("passes", {}), run, files)
    changed = _changed(file, code, table.get("change", []), passes.files)
    fails = _side(file, code, table.get("fails", {}), run, changed)
    note = {lang: table[f"note_{lang}"] for lang in ("ja", "en") if f"note_{lang}" in table}
    return Example(code, fails, passes, table.get("at", ""), bool(table.get("varies")), note)


def _strange(file: Path, code: str, key: str, known: Sequence[str]) -> UsageError:
    ja = f"{file}：{code}：「{key}」は書けません。書けるのは {'、'.join(known)} です。"
    return UsageError(f"{file}: {code}: unknown key {key!r}; known: {', '.join(known)}", ja)


def _situation(file: Path, code: str, table: Mapping[str, str]) -> Situation:
    absent = [key for key in SITUATION if not table.get(key)]
    if absent:
        ja = f"{file}：{code}：{'、'.join(absent)} がありません。"
        raise UsageError(f"{file}: {code}: {', '.join(absent)} is missing", ja)
    situation, remedy = ({lang: table[f"{key}_{lang}"] for lang in ("ja", "en")} for key in ("situation", "remedy"))
    return Situation(code, situation, remedy, table["test"])


def _base(file: Path, code: str, table: Mapping[str, Any], bases: Mapping[str, Any]) -> Mapping[str, Any]:
    name = table.get("base")
    if name is not None and name not in bases:
        raise UsageError(f"{file}: {code}: there is no [base.{name}]", f"{file}：{code}：[base.{name}] がありません。")
    found: Mapping[str, Any] = bases[name] if name is not None else {}
    return found


def _side(file: Path, code: str, table: Mapping[str, Any], run: str, files: Mapping[str, Spec]) -> Side:
    strange = [key for key in table if key not in _SIDE]
    if strange:
        raise _strange(file, code, strange[0], _SIDE)
    all_files = {**files, **table.get("files", {})}
    return Side(
        table.get("run", run), {name: all_files[name] for name in all_files if name not in table.get("without", ())}
    )


def _changed(file: Path, code: str, changes: list[list[str]], files: Mapping[str, Spec]) -> dict[str, Spec]:
    """The files after the changes; each old text must stand once, in one file."""
    made = dict(files)
    for change in changes:
        *names, old, new = change
        found = [(name, key) for name in names or made for key in _places(made[name]) if old in _part(made[name], key)]
        if len(found) != 1 or _part(made[found[0][0]], found[0][1]).count(old) != 1:
            ja = f"{file}：{code}：「{old}」は、一つのファイルに一度だけなければなりません。"
            raise UsageError(f"{file}: {code}: {old!r} must stand once in one file", ja)
        ((name, key),) = found
        text = _part(made[name], key).replace(old, new)
        made[name] = text if key is None else {**made[name], key: text}
    return made


def _places(spec: Spec) -> list[str | None]:
    """Where a file's text stands in its table; None: the file is a text."""
    return [None] if isinstance(spec, str) else [key for key in _TEXTS if isinstance(spec.get(key), str)]


def _part(spec: Spec, key: str | None) -> str:
    text: str = spec if key is None else spec[key]
    return text
