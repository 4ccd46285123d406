"""The catalogue of issue codes: severity, effect, basis, and the message and hint in each language.

One table per code in any ``codes.toml`` of the package, or of a plug-in named by the entry-point group
``convert.messages``. The templates may use ``{value}`` and the keys of the issue's ``slots``; a brace
itself is written twice, ``{{``. ``stored``, which a code may have, is what the receiver stores in place of the value.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from convert import registry
from convert.check.issue import Issue, Severity
from convert.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

LANGUAGES = ("ja", "en")
EFFECTS = ("refused", "broken", "dropped", "changed", "none")
BASES = ("known", "inferred", "own")
KEYS = ("severity", "effect", "basis", "ja", "en", "hint_ja", "hint_en", "reference")
OPTIONAL = ("stored",)
MEANINGS = {
    "severity": {
        "notice": {"ja": "お知らせ", "en": "to be known"},
        "warning": {"ja": "警告", "en": "doubtful, or a value is lost or changed"},
        "error": {"ja": "エラー", "en": "to be corrected"},
        "fatal": {"ja": "続行不可", "en": "nothing can be read or written"},
    },
    "effect": {
        "refused": {"ja": "レコードを受け付けない", "en": "record rejected"},
        "broken": {"ja": "レコードを読めない", "en": "record unreadable"},
        "dropped": {"ja": "値が失われる", "en": "value lost"},
        "changed": {"ja": "値が変わる", "en": "value changed"},
        "none": {"ja": "出力は変わらない", "en": "output unchanged"},
    },
    "basis": {
        "known": {"ja": "提出先や規格の決まり", "en": "known rule"},
        "inferred": {"ja": "実データからの推定", "en": "inferred from data"},
        "own": {"ja": "この道具の決まり", "en": "our own rule"},
    },
}
"""What the words of an entry mean, by language."""
SLOT_LIMIT = 1000
"""Characters that a slot adds to a message; longer ones end in an ellipsis."""

_SLOT = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")

_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue knows about one code.

    ``effect``: refused (record rejected), broken (record unreadable), dropped (a value is lost), changed (a value
    is changed), none. ``basis``: known, inferred, or own (a rule of this toolkit, not of the receiver). ``stored``: a
    template of what the receiver would store; empty where that is not known from the code.
    """

    code: str
    severity: Severity
    effect: str
    basis: str
    ja: str
    en: str
    hint_ja: str
    hint_en: str
    reference: str
    stored: str = ""

    @classmethod
    def unknown(cls, code: str) -> Entry:
        """The entry for a code that no catalogue file holds: its text is the code itself."""
        return cls(code, Severity.WARNING, "none", "own", code, code, "", "", "")

    def message(self, lang: str) -> str:
        """The message template in ``lang`` (``ja`` or ``en``)."""
        return self.en if lang == "en" else self.ja

    def hint(self, lang: str) -> str:
        """The hint template in ``lang``; empty when there is none."""
        return self.hint_en if lang == "en" else self.hint_ja

    def meanings(self, lang: str) -> dict[str, tuple[str, str]]:
        """The words of ``severity``, ``effect`` and ``basis``, each with what it means."""
        words = {"severity": self.severity.word, "effect": self.effect, "basis": self.basis}
        return {name: (word, MEANINGS[name][word][lang]) for name, word in words.items()}


class Catalogue:
    """Every known code. ``files`` are read in order; the first table for a code counts.

    ``rooms`` are files of which each is read when one of its codes is asked for: most runs ask for few. ``more`` names
    further files, read when a code is in none of these. Raises :class:`UsageError` with every fault of a file that is
    no catalogue.
    """

    def __init__(
        self,
        files: Sequence[Path],
        more: Callable[[], Iterable[Path]] | None = None,
        rooms: Sequence[Path] = (),
    ) -> None:
        self.files: tuple[Path, ...] = ()
        self._entries: dict[str, Entry] = {}
        self._more = more
        self._rooms = list(rooms)
        self._read(files)

    def _read(self, files: Iterable[Path]) -> None:
        files = tuple(files)
        self.files += files
        faults: list[str] = []
        for file in files:
            for code, table in _tables(file, faults):
                entry = _entry(code, table, file, faults)
                if entry is not None:
                    self._entries.setdefault(code, entry)
        if faults:
            raise UsageError("; ".join(faults))

    def _enter(self, code: str) -> None:
        """Read the room that has a code; all of them when none has."""
        for room in self._rooms:
            with contextlib.suppress(OSError, UnicodeDecodeError):  # told when the room is read
                if f"[{code}]" in room.read_text(encoding="utf-8"):
                    self._rooms.remove(room)
                    self._read([room])
                    return
        self._complete()

    def _complete(self) -> None:
        rooms, self._rooms = self._rooms, []
        self._read(rooms)
        more, self._more = self._more, None
        if more is not None:
            self._read(more())

    def __contains__(self, code: object) -> bool:
        if code not in self._entries and isinstance(code, str):
            self._enter(code)
        return code in self._entries

    def codes(self) -> list[Entry]:
        """All entries, sorted by code."""
        self._complete()
        return [self._entries[code] for code in sorted(self._entries)]

    def entry(self, code: str) -> Entry:
        """The entry of ``code``; a stand-in (warning, no effect, text = code) when there is none."""
        return self._entries[code] if code in self else Entry.unknown(code)

    def message(self, issue: Issue, lang: str) -> str:
        """The message of ``issue``: one text, its values filled in and made visible."""
        return fill(self.entry(issue.code).message(lang), issue, lang)

    def hint(self, issue: Issue, lang: str) -> str:
        """The hint of ``issue``; empty when there is none."""
        return fill(self.entry(issue.code).hint(lang), issue, lang)

    def stored(self, issue: Issue) -> str | None:
        """What the receiver would store in place of the value: the issue's slot ``stored``, else as catalogued.

        None: not known, or nothing at all (the effect tells which).
        """
        if "stored" in issue.slots:
            return str(issue.slots["stored"])
        template = self.entry(issue.code).stored
        if not template or slots(template) - issue.slots.keys() - {"value"}:
            return None
        return fill(template, issue, "en")

    def severity(self, issue: Issue, overrides: Mapping[str, Severity] | None = None) -> Severity:
        """How bad ``issue`` is: as overridden, else as the issue itself says, else as catalogued."""
        chosen = overrides.get(issue.code) if overrides else None
        return chosen or issue.severity or self.entry(issue.code).severity


def _tables(file: Path, faults: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        faults.append(f"{file}: {error}")
        return
    for code, table in tables.items():
        if isinstance(table, dict):
            yield code, table
        else:
            faults.append(f"{file}: {code}: expects a table")


def _entry(code: str, table: Mapping[str, Any], file: Path, faults: list[str]) -> Entry | None:
    wrong = [f"{key} is missing" for key in KEYS if key not in table]
    wrong += [f"{key} is not known" for key in table if key not in KEYS + OPTIONAL]
    wrong += [f"{key} expects a text" for key in KEYS + OPTIONAL if not isinstance(table.get(key, ""), str)]
    words = {"severity": [level.word for level in Severity], "effect": EFFECTS, "basis": BASES}
    wrong += [f"{key} expects one of {', '.join(of)}" for key, of in words.items() if table.get(key, of[0]) not in of]
    if wrong:
        faults.extend(f"{file}: {code}: {text}" for text in wrong)
        return None
    return Entry(code, Severity.of(table["severity"]), *(table.get(key, "") for key in (*KEYS[1:], *OPTIONAL)))


def fill(template: str, issue: Issue, lang: str) -> str:
    """``template`` with the issue's value, target and slots in their places.

    A slot the issue does not have stays as written; braces in values are plain text.
    """

    def words(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return found[0][0]
        if name in issue.slots:
            text = _words(issue.slots[name], lang)
            return visible(text if len(text) <= SLOT_LIMIT else text[:SLOT_LIMIT] + "…")
        if name in ("value", "target"):
            return visible((issue.value if name == "value" else issue.target) or "")
        return found[0]

    return _SLOT.sub(words, template)


def slots(template: str) -> set[str]:
    """The names of the slots in ``template``.

    >>> slots("{value} {{not}}")
    {'value'}
    """
    return {name for name in _SLOT.findall(template) if name}


def _words(value: Any, lang: str) -> str:
    if isinstance(value, (list, tuple)):
        return (", " if lang == "en" else "、").join(str(item) for item in value)
    return "" if value is None else str(value)


def visible(text: str, *, keep: str = "") -> str:
    r"""``text`` with its control and invisible characters shown, except those in ``keep``.

    >>> visible("a\tb\u200bc")
    'a␉b[U+200B]c'
    """
    if text.isprintable():
        return text
    return _HIDDEN.sub(lambda found: found[0] if found[0] in keep else _shown(ord(found[0])), text)


def _shown(point: int) -> str:
    if point < 0x20:
        return chr(0x2400 + point)
    return "␡" if point == 0x7F else f"[U+{point:04X}]"


def _plugin_files() -> Iterator[Path]:
    for _, point in sorted(registry.plugins("messages").items()):
        module = registry.load(point)
        if module.__file__ is not None:
            yield Path(module.__file__).parent / "codes.toml"


def own_files() -> list[Path]:
    """Every ``codes.toml`` of the package."""
    return sorted(Path(__file__).parents[1].rglob("codes.toml"))


def room_files() -> Iterator[Path]:
    """Every ``codes.toml`` of this installation: those of the package, then those of plug-ins."""
    yield from own_files()
    yield from _plugin_files()


@cache
def catalogue() -> Catalogue:
    """The catalogue of this installation: every ``codes.toml`` of the package, then those of plug-ins."""
    return Catalogue((), _plugin_files, own_files())
