r"""The files of an example: their bytes, and how a page shows them.

A file is a text (UTF-8), or a table:

``{text = "…", encoding = "cp932", newline = "\r\n"}``   a text in another encoding, or with other line ends;
                                                         ``long = ["…", 7000]``: what stands for 〈long〉, so many times
``{hex = "50 4B 03 04"}``                                bytes; ``times`` repeats them
``{dat = "…␟A…␞␝"}``                                     bytes: ASCII, ␝ ␞ ␟ and other pictures for control codes,
                                                         ⟨…⟩ around bytes in hex
``{rows = "{n},…", count = 300, head = "…", odd = {"7" = "…"}}``   many lines, in turn where
                                                         ``rows`` is a list; ``odd`` has those that differ, by number
``{xlsx = {NAME = [[…], …]}}``                           a workbook of sheets, their rows and cells
``{zip = {NAME = file}}`` ``{gzip = file}``              packed files; ``cut`` leaves out that many bytes at the end.
                                                         Of a zip archive: ``again = {NAME = file}`` names that stand
                                                         twice, ``many`` so many of each (``{n}`` in the name),
                                                         ``flags`` and ``method`` of the first entry
``{store = "…\n…", key = "id", source = "…"}``            a store: its records, one a line
                                                         (:mod:`convert.examples.stored` has the rest)

``mode = "600"`` beside any of these says who may read the file.
"""

from __future__ import annotations

import gzip
import io
import re
import warnings
import zipfile
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from convert.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from convert.examples.load import Side

_WHEN = (2026, 1, 1, 0, 0, 0)
_HEX = re.compile(r"⟨([0-9A-Fa-f ]*)⟩")
_ENTRY = {"flags": 8, "method": 10}
"""Where an entry of a zip archive's directory has them (APPNOTE 4.3.12)."""
LONG = "〈long〉"
_PICTURE = 0x2400
_LINE = 16
_SHOWN = 8
"""Lines of a hex dump, or of many rows, that are shown."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file: ``shown`` for people; ``kind`` says what the bytes are where they are no plain text."""

    make: Callable[[], bytes]
    shown: str
    kind: str = ""

    @property
    def data(self) -> bytes:
        """The bytes, made each time: they may be many."""
        return self.make()


def kept(spec: str | Mapping[str, Any]) -> Kept:
    """The file that a table of ``examples.toml`` describes. Raises :class:`UsageError` where it describes none."""
    if isinstance(spec, str):
        return Kept(spec.encode, spec)
    for kind, make in _KINDS.items():
        if kind in spec:
            made = make(spec)
            told = f"{made.kind}, mode {spec['mode']}" if "mode" in spec else made.kind
            return Kept(partial(_whole, made, spec), made.shown, told.removeprefix(", "))
    raise UsageError(f"no file: {spec!r}", f"ファイルの書き方ではありません：{spec!r}")


def _whole(made: Kept, spec: Mapping[str, Any]) -> bytes:
    data, cut, times = made.data, int(spec.get("cut", 0)), int(spec.get("times", 1))
    return data[: len(data) - cut] * times


def write_files(side: Side, folder: Path) -> None:
    """Write the files of one run of an example below ``folder``."""
    for name, spec in side.files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(kept(spec).data)
        if not isinstance(spec, str) and "mode" in spec:
            place.chmod(int(spec["mode"], 8))


def _text(spec: Mapping[str, Any]) -> Kept:
    encoding, newline = spec.get("encoding", "utf-8"), spec.get("newline", "\n")
    part, times = spec.get("long", ("", 0))
    whole = partial(spec["text"].replace, LONG, part * times)
    told = {"\r\n": "CRLF", "\r": "CR"}.get(newline)
    words = [encoding if encoding != "utf-8" else "", told or ""]
    shown = spec["text"].replace(LONG, f"{part}{part}… (× {times:,})")
    return Kept(lambda: whole().replace("\n", newline).encode(encoding), shown, ", ".join(filter(None, words)))


def dump(data: bytes) -> str:
    """Bytes in hex, with what of them is ASCII beside."""
    lines = []
    for at in range(0, len(data), _LINE):
        part = data[at : at + _LINE]
        letters = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in part)
        lines.append(f"{at:04x}  {part.hex(' '):<{_LINE * 3 - 1}}  {letters}")
    return "\n".join(lines[:_SHOWN] + ["…"] * (len(lines) > _SHOWN)) + "\n"


def _hex(spec: Mapping[str, Any]) -> Kept:
    data = bytes.fromhex(spec["hex"])
    times = spec.get("times", 1)
    return Kept(lambda: data, dump(data), "hex" if times == 1 else f"hex × {times:,}")


def _dat(spec: Mapping[str, Any]) -> Kept:
    made = bytearray()
    for at, part in enumerate(_HEX.split(spec["dat"])):
        made += bytes.fromhex(part) if at % 2 else bytes(map(_byte, part.replace("\n", "")))
    return Kept(lambda: bytes(made), spec["dat"], "dat")


def _byte(letter: str) -> int:
    code = ord(letter)
    return code - _PICTURE if _PICTURE <= code < _PICTURE + 0x20 else code


def _rows(spec: Mapping[str, Any]) -> Kept:
    odd, count = spec.get("odd", {}), int(spec["count"])
    head = [spec["head"]] if "head" in spec else []
    rows = [spec["rows"]] if isinstance(spec["rows"], str) else spec["rows"]
    lines = [odd.get(str(n), rows[n % len(rows)]).replace("{n}", str(n)) for n in range(1, count + 1)]
    whole = "".join(f"{line}\n" for line in head + lines)
    return Kept(whole.encode, whole)


def _xlsx(spec: Mapping[str, Any]) -> Kept:
    from convert.examples.workbook import workbook  # noqa: PLC0415 - most examples are texts

    return workbook(spec)


def _packed(spec: Mapping[str, Any]) -> Kept:
    count = f" × {spec['many']:,}" if "many" in spec else ""
    members = [*spec["zip"].items(), *spec.get("again", {}).items()]
    told = [f"── {name}{count}\n{kept(inner).shown}" for name, inner in members]
    told += [f"── {word}: {spec[word]}" for word in _ENTRY if word in spec]
    return Kept(partial(_archive, spec), "\n".join(told), "zip")


def _archive(spec: Mapping[str, Any]) -> bytes:
    stream = io.BytesIO()
    members = [*spec["zip"].items(), *spec.get("again", {}).items()]
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, inner in members:  # warned of: names that stand twice
            data = kept(inner).data
            for n in range(1, spec.get("many", 1) + 1):
                archive.writestr(zipfile.ZipInfo(name.replace("{n}", str(n)), _WHEN), data, zipfile.ZIP_DEFLATED)
    return _patched(stream.getvalue(), spec)


def _patched(data: bytes, spec: Mapping[str, Any]) -> bytes:
    """The archive with other flags or another method in its first entry of the directory."""
    made = bytearray(data)
    for word, offset in _ENTRY.items():
        if word in spec:
            at = made.index(b"PK\x01\x02") + offset
            made[at : at + 2] = int(spec[word]).to_bytes(2, "little")
    return bytes(made)


def _gzipped(spec: Mapping[str, Any]) -> Kept:
    made = kept(spec["gzip"])
    return Kept(lambda: gzip.compress(made.data, mtime=0), made.shown, "gzip")


def _store(spec: Mapping[str, Any]) -> Kept:
    from convert.examples.stored import store  # noqa: PLC0415 - likewise

    return store(spec)


_KINDS: dict[str, Callable[[Mapping[str, Any]], Kept]] = {
    "text": _text,
    "hex": _hex,
    "dat": _dat,
    "rows": _rows,
    "xlsx": _xlsx,
    "zip": _packed,
    "gzip": _gzipped,
    "store": _store,
}
