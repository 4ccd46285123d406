"""How an example is shown: its command, its files with the lines that matter, and the place that is told."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.examples.files import kept
from convert.examples.load import THEN, Situation
from convert.messages.catalogue import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.examples.load import Example, Side

WHOLE = 24
"""Lines of a file that are shown whole; of longer ones only those around what differs."""
SAME = 12
"""Lines of a file that is the same in both runs."""
AROUND = 2
WIDTH = 150
"""Characters of a line that are shown."""
MARK, GAP = "▶", "▷"
"""A line that differs; a line after which the other file has more."""
TABLES = (".csv", ".tsv")
"""Files whose first line, the header, is always shown."""
UNNUMBERED = ("xlsx", "zip", "hex", "store")
"""Kinds of bytes whose lines are no lines of the file."""

WORDS = {
    "ja": {
        "fails": "指摘が出る例", "passes": "指摘が出ない例", "same": "両方に共通のファイル", "told": "指摘の位置",
        "absent": "（このファイルはありません）", "empty": "（空のファイル）", "more": "（以下略）",
        "situation": "起きる場面", "remedy": "どうするか", "kind": "（{kind}）",
        "dat": "␝ は 1D、␞ は 1E、␟ は 1F、⟨ ⟩ は16進のバイト。JIS X 0208 の文字は英数字や記号2つずつに見えます",
        "store": "ストア。レコードを 1 行に 1 件で示します",
        "severity": "重さ", "effect": "結果", "basis": "根拠",
    },
    "en": {
        "fails": "An example that is told", "passes": "An example that is not", "same": "Files of both",
        "told": "Told at", "absent": "(there is no such file)", "empty": "(an empty file)", "more": "(more follows)",
        "situation": "When it comes", "remedy": "What to do", "kind": " ({kind})",
        "dat": "␝ is 1D, ␞ 1E, ␟ 1F, ⟨ ⟩ bytes in hex; characters of JIS X 0208 look like two letters or signs each",
        "store": "a store; a record a line",
        "severity": "severity", "effect": "effect", "basis": "basis",
    },
}  # fmt: skip
"""The words around an example, by language."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A file as it is shown: its name with what kind of bytes it is, and its lines."""

    name: str
    lines: tuple[str, ...]


def command(side: Side, between: str = "\n  ") -> str:
    """The command as a person types it; ``between``: what stands before each further one, a line of its own."""
    return "mokuroku " + side.run.replace(THEN, f" &&{between}mokuroku ")


def differing(example: Example, lang: str, *, passes: bool = False) -> list[Shown]:
    """The files of one run that are not the same in the other, what differs marked."""
    here, there = (example.passes, example.fails) if passes else (example.fails, example.passes)
    return [_differing(name, here, there, lang) for name in example.changed]


def same(example: Example, lang: str) -> list[Shown]:
    """The files that both runs have."""
    changed = set(example.changed)
    found = []
    for name, spec in example.fails.files.items():
        if name not in changed:
            file = kept(spec)
            lines = _lines(file.shown)
            more = [WORDS[lang]["more"]] if len(lines) > SAME else []
            found.append(Shown(_named(name, file.kind, lang), (*map(_clipped, lines[:SAME]), *more)))
    return found


def _differing(name: str, here: Side, there: Side, lang: str) -> Shown:
    if name not in here.files:
        return Shown(name, (WORDS[lang]["absent"],))
    file = kept(here.files[name])
    if not file.shown:
        return Shown(name, (WORDS[lang]["empty"],))
    mine = _lines(file.shown)
    other = _lines(kept(there.files[name]).shown) if name in there.files else []
    marked = _marked(mine, other)
    numbered = file.kind.partition(" ")[0] not in UNNUMBERED
    head = [0] if name.endswith(TABLES) else []
    return Shown(_named(name, file.kind, lang), tuple(_around(mine, marked, other, head, numbered=numbered)))


def _named(name: str, kind: str, lang: str) -> str:
    return name + (WORDS[lang]["kind"].format(kind=WORDS[lang].get(kind, kind)) if kind else "")


def _lines(text: str) -> list[str]:
    lines = text.split("\n")
    return [visible(line, keep="\t") for line in (lines[:-1] if lines[-1] == "" else lines)]


def _marked(mine: Sequence[str], other: Sequence[str]) -> dict[int, str]:
    """The lines that the other file has not, and those after which it has more, each with its mark."""
    marked: dict[int, str] = {}
    for kind, start, end in _differences(mine, other) if other else ():
        marked |= {max(start - 1, 0): GAP} if kind == "insert" else dict.fromkeys(range(start, end), MARK)
    return marked


def _differences(mine: Sequence[str], other: Sequence[str]) -> Iterator[tuple[str, int, int]]:
    if len(mine) == len(other) > WHOLE:  # many rows: line by line, which takes less time
        yield from (("replace", at, at + 1) for at, (a, b) in enumerate(zip(mine, other, strict=True)) if a != b)
        return
    for kind, start, end, _, _ in difflib.SequenceMatcher(None, mine, other, autojunk=False).get_opcodes():
        if kind != "equal":
            yield kind, start, end


def _around(
    mine: Sequence[str], marked: dict[int, str], other: Sequence[str], head: Sequence[int], *, numbered: bool
) -> Iterator[str]:
    """The lines with their numbers: all of a short file, else those near a marked one."""
    near = {at + step for at in marked or (0,) for step in range(-AROUND, AROUND + 1)} | set(head)
    wanted = [at for at in range(len(mine)) if at in near or len(mine) <= WHOLE]
    if len(wanted) > WHOLE:
        wanted = [*wanted[: WHOLE // 2], wanted[-1]]
    room, last = len(str(len(mine))) if numbered else 0, -1
    for at in wanted:
        if at > last + 1:
            yield f"{'':{room + 2}} …"
        text = _clipped(mine[at], _first(mine[at], other) if at in marked and len(mine[at]) > WIDTH else 0)
        number = f"{at + 1:>{room}} " if numbered else ""
        yield f"{marked.get(at, ' ')} {number}{text}".rstrip()
        last = at
    if wanted and last < len(mine) - 1:
        yield f"{'':{room + 2}} …"


def _first(line: str, other: Sequence[str]) -> int:
    """Where a long line begins to differ from the one most like it."""
    return max((_shared(line, one) for one in other), default=0)


def _shared(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _clipped(line: str, at: int = 0) -> str:
    """The line, or so much of it as fits, around ``at``."""
    start = max(0, at - WIDTH // 3)
    text = line[start : start + WIDTH]
    return "…" * (start > 0) + text + "…" * (start + WIDTH < len(line))


def text(found: Example | Situation, lang: str) -> Iterator[str]:
    """Lines for a terminal."""
    words = WORDS[lang]
    if isinstance(found, Situation):
        yield from ("", f"■ {words['situation']}", f"  {found.situation[lang]}")
        yield from ("", f"■ {words['remedy']}", f"  {found.remedy[lang]}")
        return
    common, between = same(found, lang), "\n    "
    for key, side in (("fails", found.fails), ("passes", found.passes)):
        yield from ("", f"■ {words[key]}", f"  $ {command(side, between)}")
        yield from _files(differing(found, lang, passes=key == "passes"))
        if key == "fails":
            yield f"  → {words['told']}: {found.at}"
            yield from (f"  {found.note[lang]}" for _ in [0] if lang in found.note)
    if common:
        yield from ("", f"■ {words['same']}")
        yield from _files(common)


def _files(files: Sequence[Shown]) -> Iterator[str]:
    for file in files:
        yield f"  ── {file.name}"
        yield from (f"    {line}" for line in file.lines)


def as_dict(found: Example | Situation) -> dict[str, Any]:
    """The JSON form: every file as it is shown."""
    if isinstance(found, Situation):
        return {"situation": dict(found.situation), "remedy": dict(found.remedy)}
    sides = {
        key: {"run": command(side, " "), "files": {name: kept(spec).shown for name, spec in side.files.items()}}
        for key, side in (("fails", found.fails), ("passes", found.passes))
    }
    return {"at": found.at, **({"note": dict(found.note)} if found.note else {}), **sides}
