"""The formats whose files can be sampled, put together and compared (``forms.toml``): a format is added there."""

from __future__ import annotations

import importlib
import tomllib
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from convert.errors import OptionError, UnknownName, UsageError
from convert.formats.base import parse_options
from convert.registry import format_named

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import BinaryIO

    from convert.deliver.cutting import Cutter
    from convert.formats.base import Format

FIELDS = ("id", "date", "material", "title", "reading", "same")
"""What ``--field`` can name, apart from ``marc.NAME``."""
_SUFFIXES = {".csv": "csv", ".tsv": "tsv", ".tab": "tsv"}


@dataclass(frozen=True, slots=True)
class Form:
    """One format's row of the table. ``names`` and ``marc``: paths by what they tell; ``dates`` are paths too;
    ``lines``: every record ends a line;
    ``text``: files are text throughout; ``deletes``: what tells that a record is gone.
    """

    name: str
    cutter: str
    names: Mapping[str, tuple[str, ...]]
    marc: Mapping[str, tuple[str, ...]]
    dates: tuple[str, ...] = ()
    lines: bool = False
    text: bool = True
    deletes: str | None = None

    @property
    def format(self) -> Format:
        """The format itself."""
        return format_named(self.name)

    def load(self) -> type[Cutter]:
        """The cutter's class."""
        module, _, name = self.cutter.partition(":")
        return cast("type[Cutter]", getattr(importlib.import_module(module), name))

    def with_fields(self, given: Sequence[str]) -> Form:
        """The same with paths stated as ``NAME=PATH``. Raises :class:`OptionError`, :class:`UnknownName`."""
        names, marc = dict(self.names), dict(self.marc)
        for text in given:
            name, sign, path = text.partition("=")
            if not sign or not path:
                raise OptionError("--field", text, "expects NAME=PATH", "NAME=PATH の形で書いてください")
            kind, dot, which = name.partition(".")
            if kind == "marc" and dot and which:
                marc[which] = (path,)
            elif name in FIELDS:
                names[name] = (path,)
            else:
                raise UnknownName("option", f"--field {name}", [*FIELDS, "marc.TRC"])
        return replace(self, names=names, marc=marc)


class Opener:
    """A form with its options, ready to cut files and to read what was cut. Raises :class:`UsageError`."""

    def __init__(self, form: Form, given: Mapping[str, Any]) -> None:
        self.form, self._cutter = form, form.load()
        known = {option.name for option in self._cutter.options}
        self.read = parse_options(
            form.format.read_options,
            {name: value for name, value in given.items() if name in _names(form.format) or name not in known},
        )
        own = [option for option in self._cutter.options if option.name not in self.read]
        extra = parse_options(own, {name: value for name, value in given.items() if name not in self.read})
        self._cut = {name: self.read.get(name, extra.get(name)) for name in known}

    def cut(self, stream: BinaryIO, name: str) -> Cutter:
        """The lenient cutter of a stream. Raises :class:`SourceFault` when it cannot be cut."""
        return self._cutter(stream, name, self._cut, lenient=True)


def _names(format: Format) -> set[str]:  # noqa: A002 - the word of the field
    return {option.name for option in format.read_options}


@cache
def forms() -> Mapping[str, Form]:
    """Every form by its format's name."""
    raw = tomllib.loads(Path(__file__).with_name("forms.toml").read_text(encoding="utf-8"))
    return {name: _form(name, entry, raw) for name, entry in raw.items()}


def _form(name: str, entry: Mapping[str, Any], raw: Mapping[str, Any]) -> Form:
    whole = {**raw[entry["like"]], **entry} if "like" in entry else entry
    return Form(
        name,
        whole["cutter"],
        {key: tuple(paths) for key, paths in whole["names"].items()},
        {key: tuple(paths) for key, paths in whole["marc"].items()},
        tuple(whole["dates"]),
        bool(whole.get("lines")),
        bool(whole.get("text", True)),
        whole.get("deletes"),
    )


def form_named(name: str) -> Form:
    """The form of a format. Raises :class:`UnknownName`, :class:`UsageError` for a format whose files cannot be cut."""
    found = forms().get(name)
    if found is None:
        format_named(name)
        known = ", ".join(sorted(forms()))
        raise UsageError(
            f"files of the format {name} cannot be cut into records; that can be done with {known}",
            f"{name} のファイルはレコードに分けられません。分けられる形式：{known}",
        )
    return found


def form_of(path: Path, head: bytes) -> Form:
    """The form that a file's name and first bytes show. Raises :class:`UsageError` where they show none."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
    if start.startswith(b"<"):
        return form_named("dcndl")
    if start.startswith((b"{", b"[")):
        return form_named("japansearch" if b'"common"' in start else "jsonl")
    if path.suffix.lower() in _SUFFIXES:
        return form_named(_SUFFIXES[path.suffix.lower()])
    if path.suffix.lower() == ".dat":
        return form_named("somoku")
    raise UsageError(
        f"{path}: its format cannot be told; state --format ({', '.join(sorted(forms()))})",
        f"{path}：形式が分かりません。--format（{'・'.join(sorted(forms()))}）で指定してください。",
    )
