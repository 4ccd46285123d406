"""Profiles: how bad each code counts. They change what a run says and its exit code, never what it writes.

A profile is a TOML file: ``extends`` (a shipped profile, optional) and a table ``severities`` from code to
``notice``, ``warning`` or ``error``. ``draft`` and ``submission`` are shipped.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from convert.check.issue import Severity
from convert.errors import UnknownName, UsageError, near, reason_in_japanese
from convert.messages.catalogue import catalogue

Fault = tuple[str, str]
"""What is wrong with a profile, in English and Japanese."""
LEVELS = (Severity.NOTICE, Severity.WARNING, Severity.ERROR)


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile; codes it does not name keep the severity of the catalogue."""

    name: str
    severities: dict[str, Severity]


def shipped() -> dict[str, Path]:
    """The shipped profiles by name."""
    return {path.stem: path for path in sorted((Path(__file__).parent / "profiles").glob("*.toml"))}


def load_profile(name: str) -> Profile:
    """The shipped profile of that name, or the one in the file of that path (it ends in ``.toml``).

    Raises :class:`UnknownName`, or :class:`UsageError` with every fault of the file.
    """
    known = shipped()
    if name in known:
        return _load(name, known[name])
    if not name.endswith(".toml"):
        raise UnknownName("profile", name, list(known))
    return _load(name, Path(name))


def _load(name: str, path: Path) -> Profile:
    content = _content(path)
    faults: list[Fault] = []
    severities = _base(content.pop("extends", None), faults)
    severities |= _severities(content.pop("severities", {}), faults)
    known = "extends, severities"
    faults += [
        (f"{key}: not known (known: {known})", f"{key}：ここには書けません。書けるもの：{known}") for key in content
    ]
    if faults:
        english, japanese = ("\n".join(f"{path}: {text}" for text in texts) for texts in zip(*faults, strict=True))
        raise UsageError(english, japanese)
    return Profile(name, severities)


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", f"{path}：読めません（{reason_in_japanese(error)}）。") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"{path}: {error}", f"{path}：TOML として読めません：{error}") from error


def _base(name: Any, faults: list[Fault]) -> dict[str, Severity]:
    if name is None:
        return {}
    known = shipped()
    if name not in known:
        unknown = UnknownName("profile", str(name), list(known))
        faults.append((f"extends: {unknown}", f"extends：{unknown.ja}"))
        return {}
    return dict(_load(name, known[name]).severities)


def _severities(table: Any, faults: list[Fault]) -> dict[str, Severity]:
    if not isinstance(table, Mapping):
        faults.append(
            (
                "severities: expects a table from code to severity",
                'severities：コードとその重さの表（[severities] の下に コード = "重さ"）を書いてください。',
            )
        )
        return {}
    words = {level.word: level for level in LEVELS}
    found = {}
    for code, word in table.items():
        fault = _fault(code, word, words)
        if fault:
            faults.append((f"severities.{code}: {fault[0]}", f"severities.{code}：{fault[1]}"))
        else:
            found[code] = words[word]
    return found


def _fault(code: str, word: Any, words: Mapping[str, Severity]) -> Fault | None:
    book = catalogue()
    if code not in book:
        like = near(code, [entry.code for entry in book.codes()])
        meant = (f" (did you mean '{like}'?)", f"もしかして {like} ですか。") if like else ("", "")
        return f"there is no such code{meant[0]}", f"このコードはありません。{meant[1]}"
    if book.entry(code).severity is Severity.FATAL:
        return (
            "a run cannot go on after it, so its severity is fixed",
            "続けて読めなくなる指摘なので、重さは変えられません。",
        )
    if not isinstance(word, str) or word not in words:
        known = ", ".join(words)
        return f"expects one of {known}", f"{known} のどれかを書いてください。"
    return None
