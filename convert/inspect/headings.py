"""What a heading means: its role (title, creator_yomi, rights …), by the words of ``mappings/headings/roles.toml``."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from convert import resources

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE: Final = "headings/roles.toml"
_LONGEST: Final = 100
_LEAST_END: Final = 2  # an ending of one letter says nothing
_SIGNS: Final = re.compile(r"[\s_\-‐・.,:：/／()（）\[\]【】「」*＊※●■◆#＃]+")
_STEP: Final = re.compile(r"[./]|\[[^\]]*\]|::")
_INDEX: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]')
_HOLDERS: Final = frozenset(
    ("value", "text", "content", "name", "label", "ja", "en", "#text", "$", "@value", "_", "datavalue")
)
"""Last steps of a path that say less than the step before them."""


@dataclass(frozen=True, slots=True)
class Role:
    """A heading's role, the word that tells it, and whether the heading is that word (``exact``) or ends with it."""

    name: str
    word: str
    exact: bool


@dataclass(frozen=True, slots=True)
class _Words:
    exact: dict[str, tuple[str, str]]
    ends: tuple[tuple[str, str, str], ...]
    decorations: tuple[tuple[str, str, str], ...]


@cache
def _words() -> _Words:
    raw = tomllib.loads((resources.mappings() / FILE).read_text(encoding="utf-8"))
    exact: dict[str, tuple[str, str]] = {}
    ends: list[tuple[str, str, str]] = []
    for name, role in raw["roles"].items():
        for word in role.get("is", ()):
            exact.setdefault(_folded(word), (name, word))
        ends += [(_folded(word), name, word) for word in role.get("ends", ())]
    decorations = [(_folded(word), kind, word) for kind, words in raw["decorations"].items() for word in words]
    longest_first = sorted(decorations, key=lambda item: -len(item[0]))
    return _Words(exact, tuple(sorted(ends, key=lambda item: -len(item[0]))), tuple(longest_first))


def _folded(text: str) -> str:
    """A heading without what does not matter."""
    return _SIGNS.sub("", unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=4096)
def role_of(heading: str, *, flat: bool = True) -> Role | None:
    """The role of a header (``flat``) or of a path, or None.

    >>> role_of("作品名（ヨミ）"), role_of("Object Number").name
    (Role(name='title_yomi', word='作品名', exact=True), 'id')
    >>> role_of("creators[].name", flat=False).name, role_of("員数")
    ('creator', None)
    """
    if len(heading) > _LONGEST * (1 if flat else 5):
        return None
    found = [role for text in ([heading] if flat else _names(heading)) if (role := _role(text)) is not None]
    return next((role for role in found if role.exact), found[0] if found else None)


def _role(text: str) -> Role | None:
    folded = _folded(text)
    known = _words()
    plain = _known(folded, known)
    if plain is not None and plain.exact:
        return plain
    for word, kind, _ in known.decorations:
        for rest in (folded.removesuffix(word), folded.removeprefix(word)):
            base = _known(rest, known) if rest and rest != folded else None
            if base is not None and (base.exact or not word.isascii()):
                suffix = "" if kind == "ja" else f"_{kind}"
                return Role(base.name + suffix, base.word, base.exact)
    return plain


def _known(folded: str, known: _Words) -> Role | None:
    exact = known.exact.get(folded)
    if exact is not None:
        return Role(exact[0], exact[1], exact=True)
    for ending, name, word in known.ends:
        if len(ending) >= _LEAST_END and folded.endswith(ending) and folded != ending:
            return Role(name, word, exact=False)
    return None


def is_reading(heading: str) -> bool:
    """Whether a heading says that its values are readings, whatever of."""
    folded = _folded(heading)
    return any(kind == "yomi" and len(word) > 1 and folded.endswith(word) for word, kind, _ in _words().decorations)


def steps(path: str) -> list[str]:
    """The names in a path, without numbers, predicates and prefixes.

    >>> steps('creators[].name'), steps("DescriptiveDetail/dc:title[@type='01']/@lang")
    (['creators', 'name'], ['DescriptiveDetail', 'title', 'lang'])
    """
    named = _INDEX.sub(lambda found: "." + found[1].replace(".", "_"), path)
    parts = [part.rpartition(":")[2].lstrip("@") for part in _STEP.split(named)]
    return [part for part in parts if part]


def _names(path: str) -> Iterator[str]:
    """The words of a path that may tell its role, the most telling first."""
    parts = steps(path)
    if not parts:
        return
    last = parts[-1]
    if len(parts) > 1:
        yield f"{parts[-2]} {last}"
        if last.casefold() in _HOLDERS:
            yield parts[-2]
            return
    yield last
