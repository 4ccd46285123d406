"""Which element of a layout is the title, the volume, the copy number …: told by ``key``, ``kind``, the label, and the
usual names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from convert.formats.somoku.given import members, parts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from convert.formats.somoku.model import Element, Layout

TITLES: Final = ("タイトル", "本タイトル", "題名", "書名", "題", "title")
VOLUMES: Final = ("巻次", "巻号", "巻", "巻タイトル", "部編名", "volume")
EDITIONS: Final = ("版表示", "版", "edition")
CREATORS: Final = ("責任表示", "著者", "著者標目", "author")
PUBLISHERS: Final = ("出版者", "出版社", "publisher")
DATES: Final = ("出版年月", "出版年", "出版日付", "刊年", "date")
KEY: Final = "管理番号"
ISBNS: Final = ("ISBN",)
LIBRARIES: Final = ("図書館コード",)
COPIES: Final = ("図書登録番号", "登録番号", "資料番号", "資料コード", "バーコード")


@dataclass(frozen=True, slots=True)
class Roles:
    """Paths of elements (``タイトル``, ``出版.出版者``); None or none where the layout has no such thing.

    ``copy``: the member of a copy with its own number (図書登録番号); ``copy_key``: the one that repeats the key.
    ``deleted`` and ``changed``: status codes.
    """

    key: str | None
    title: str | None
    isbn: str | None
    library: str | None
    volumes: tuple[str, ...]
    editions: tuple[str, ...]
    creators: tuple[str, ...]
    publisher: str | None
    date: str | None
    holdings: str | None
    copy: str | None
    copy_key: str | None
    status: str | None
    deleted: frozenset[str]
    changed: frozenset[str]

    @property
    def union(self) -> bool:
        """Whether this seems to be data for the union catalogue, and not some other catalogue's."""
        return self.library is not None or self.key == KEY


def roles(layout: Layout) -> Roles:
    """The roles that the elements of a layout play."""
    paths = dict(_paths(layout))
    holdings = layout.holdings.element if layout.holdings is not None else None
    inside = {path for path in paths if holdings is not None and path.startswith(f"{holdings}.")}
    told = {path: element for path, element in paths.items() if path not in inside}
    members = list(layout.elements[holdings].members) if holdings in layout.elements else []
    copy = next((name for name in COPIES if name in members), None)
    key = layout.key.name if layout.key is not None else None
    item = layout.label.role("status")
    statuses = item.statuses if item is not None else {}
    return Roles(
        key,
        _named(told, TITLES),
        _kind(told, "isbn") or _named(told, ISBNS),
        _kind(told, "libcode") or _named(told, LIBRARIES),
        _all(told, VOLUMES),
        _all(told, EDITIONS),
        _all(told, CREATORS),
        _named(told, PUBLISHERS),
        _named(told, DATES) or _kind(told, "date"),
        holdings,
        copy,
        key if copy is not None and key in members and key != copy else None,
        next((path for path, one in paths.items() if item is not None and one.place.label == item.name), None),
        frozenset(code for code, what in statuses.items() if what == "deleted"),
        frozenset(code for code, what in statuses.items() if what == "changed"),
    )


def _paths(layout: Layout) -> Iterator[tuple[str, Element]]:
    for element in layout.elements.values():
        yield element.name, element
        yield from ((f"{element.name}.{name}", member) for name, member in element.members.items())


def _all(paths: Mapping[str, Element], names: tuple[str, ...]) -> tuple[str, ...]:
    """Elements of the names; members of groups only where no element has one of them. Groups stand for their first
    member.
    """
    found = [path for path in names if path in paths]
    if not found:
        groups = ("出版", *TITLES)
        found = [path for path in paths if path.rpartition(".")[2] in names and path.partition(".")[0] in groups]
    return tuple(_text(path, paths) for path in found)


def _text(path: str, paths: Mapping[str, Element]) -> str:
    element = paths[path]
    if not element.members:
        return path
    first = next((name for name in ("名前", "本", "名") if name in element.members), next(iter(element.members)))
    return f"{path}.{first}"


def _named(paths: Mapping[str, Element], names: tuple[str, ...]) -> str | None:
    return next(iter(_all(paths, names)), None)


def _kind(paths: Mapping[str, Element], kind: str) -> str | None:
    return next((path for path, element in paths.items() if element.kind == kind and not element.members), None)


def texts(values: Mapping[str, list[Any]], path: str | None) -> list[str]:
    """The texts of an element or a member of a group.

    >>> texts({"著者": [{"名前": ["架空太郎"]}, {}], "巻次": ["1"]}, "著者.名前"), texts({}, None)
    (['架空太郎'], [])
    """
    group, dot, member = (path or "").partition(".")
    given = values.get(group, ())
    if dot:
        given = [text for value in given for text in members(value, member).get(member, ())]
    return [text for value in given if (text := parts(value)[0])]
