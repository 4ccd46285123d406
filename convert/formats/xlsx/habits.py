r"""How a program writes the rows of a sheet, learned from the rows.

A program writes all cells of a column in a few ways: the same attributes in the same order, the same elements, only
style, formula and value change. From these ways one regular expression for whole rows is made. It covers every byte, so
a row that matches is read rightly; any other row is read by expat, and learned from.

>>> habits = Habits()
>>> habits.learn('<row r="2"><c r="A2" t="s"><v>7</v></c><c r="C2" s="4"><v>1.5</v></c></row>')
True
>>> habits.layout.pattern.findall('<row r="3" spans="1:3"><c r="C3" s="9"><v>2</v></c></row><row><x/></row>')
[('3', ' spans="1:3"', '', '9', '2', ''), ('', '', '', '', '', '<row><x/></row>')]
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_COLUMNS = 500
MAX_WAYS = 12
"""Ways of one column that are told apart."""

_MORE = "(?: [ !-%'-.0-;=?-~]*)?"
"""Attributes as they mostly are: printable ASCII, without markup, entities and slashes."""
_SPACE = '(?: xml:space="preserve")?'
_ROW_START = f'<row(?: r="([0-9]{{1,7}})")?({_MORE})(?:/>|>'
_ROW_END = r"</row>)[ \t\n]*|((?s:.+))"
_ONE_ROW = re.compile(rf"<row{_MORE}>((?s:.*))</row>\s*")
_CELL = re.compile(
    r"""<c((?: [a-z]{1,2}=(?:"[0-9A-Za-z]*"|'[0-9A-Za-z]*'))+)"""
    rf"(?:/>|>(<f{_MORE}(?:/>|>[^<]*</f>))?(?:<v{_SPACE}>([^<]*)</v>|<is><t{_SPACE}>([^<]*)</t></is>"
    r"|<v ?/>|<is><t ?/></is>)?</c>)|[\s\S]"
)
_ATTRIBUTE = re.compile("""([a-z]+)=(["'])([^"']*)""")
_REFERENCE = re.compile("([A-Z]{1,3})[0-9]{1,7}")
_BLANK = "(?:/>|>(?:<v ?/>|<is><t ?/></is>)?</c>)"
_FORMULA = f"<f{_MORE}(?:/>|>([^<]*)</f>)"
_KNOWN = {"r", "s", "t", "cm", "vm", "ph"}
_VALUES = {"s": "[0-9]{0,9}", "n": "[0-9.Ee+-]*", "str": "[^<]*", "b": "[^<]*", "d": "[^<]*", "e": "[^<]+"}


@dataclass(frozen=True, slots=True)
class _Way:
    """One way to write a cell. ``xml``: a regular expression with groups for style, formula and value, if any."""

    index: int
    kind: str
    xml: str
    style: bool
    formula: bool
    value: bool


@dataclass(slots=True)
class Layout:
    """The regular expression for a row and where its groups belong.

    The first group is the number of the row, the second its other attributes; the last one (``rest``) takes all from
    the first row that does not match. ``texts`` and ``shared``: (group, column from 0); ``numbers``: (group of the
    style, group, column), the style's being ``rest`` where there is none; ``others``: (group, column, kind).
    ``span``: columns there are. ``free``: whether some groups may hold any text.
    """

    pattern: re.Pattern[str]
    texts: list[tuple[int, int]]
    shared: list[tuple[int, int]]
    numbers: list[tuple[int, int, int]]
    others: list[tuple[int, int, str]]
    span: int
    free: bool


class Habits:
    """The ways of each column, and the ``layout`` made of them."""

    def __init__(self) -> None:
        self._ways: dict[int, dict[str, _Way]] = {}
        self._lessons = 0
        self._waiting = 0
        self._stale = False
        self.layout = _layout(self._ways)

    def learn(self, row: str) -> bool:
        """Learn from the XML of a row that did not match; False when there is nothing to learn.

        To make a layout takes as long as to read some rows by expat. So it is not made anew for every row that brings
        something new, but after as many of those as it was made before.
        """
        for way in _ways(row):
            ways = self._ways.setdefault(way.index, {})
            if way.xml not in ways and len(ways) < MAX_WAYS:
                ways[way.xml] = way
                self._stale = True
        if not self._stale:
            return False
        self._waiting += 1
        if self._waiting > self._lessons:
            self._lessons, self._waiting, self._stale = self._lessons + 1, 0, False
            self.layout = _layout(self._ways)
        return True


def _ways(row: str) -> list[_Way]:
    """The ways of all cells of a row; none when one of them is out of order or not of the kind to be learned."""
    whole = _ONE_ROW.fullmatch(row)
    found: list[_Way] = []
    for match in _CELL.finditer(whole[1] if whole else ""):
        way = _way(match)
        if way is None or way.index >= MAX_COLUMNS or (found and way.index <= found[-1].index):
            return []
        found.append(way)
    return found


def _way(cell: re.Match[str]) -> _Way | None:
    attributes: list[tuple[str, str, str]] = _ATTRIBUTE.findall(cell[1] or "")
    given = {name: value for name, _, value in attributes}
    place = _REFERENCE.fullmatch(given.get("r", ""))
    style = given.get("s")
    if place is None or len(given) < len(attributes) or not given.keys() <= _KNOWN or not _is_style(style):
        return None
    kind = given.get("t", "n")
    content = _content(kind, cell)
    if content is None:
        return None
    captured = kind == "n" and content != _BLANK
    xml = "<c"
    for name, quote, value in attributes:
        written = {"r": f"{place[1]}[0-9]{{1,7}}", "s": "([0-9]{1,6})" if captured else "[0-9]{1,6}"}.get(name, value)
        xml += f" {name}={quote}{written}{quote}"
    styled, formula = captured and style is not None, cell[2] is not None
    return _Way(column_index(place[1]), kind, xml + content, styled, formula, content != _BLANK)


def _is_style(text: str | None) -> bool:
    return text is None or (text.isdigit() and len(text) <= 6)


def _content(kind: str, cell: re.Match[str]) -> str | None:
    """What follows the attributes, as a regular expression; None where only expat should tell what it means."""
    _, formula, value, inline = cell.groups()
    if kind == "inlineStr" and inline is not None and formula is None:
        return f"><is><t{_SPACE}>([^<]*)</t></is></c>"
    if kind in _VALUES and value is not None and inline is None and (value or formula is None):
        wanted = _VALUES[kind] if formula is None else _VALUES[kind].replace("*", "+").replace("{0", "{1")
        return f">{_FORMULA if formula is not None else ''}<v{_SPACE}>({wanted})</v></c>"
    blank = kind in ("n", "s", "str", "b", "d", "inlineStr") and formula is None and not value and not inline
    return _BLANK if blank else None


def _layout(ways: dict[int, dict[str, _Way]]) -> Layout:
    free = any(way.formula or way.kind not in ("n", "s") for found in ways.values() for way in found.values())
    layout = Layout(re.compile(""), [], [], [], [], max(ways, default=-1) + 1, free)
    cells = []
    group = 2
    styles: list[tuple[int | None, int, int]] = []
    for index in sorted(ways):
        for way in ways[index].values():
            style = group if way.style else None
            group += way.style + way.formula
            if not way.value:
                continue
            if way.kind == "s":
                layout.shared.append((group, index))
            elif way.kind == "n":
                styles.append((style, group, index))
            elif way.kind in ("inlineStr", "str"):
                layout.texts.append((group, index))
            else:
                layout.others.append((group, index, way.kind))
            group += 1
        cells.append(f"(?:{'|'.join(ways[index])}|)")
    layout.numbers = [(group if style is None else style, place, index) for style, place, index in styles]
    layout.pattern = re.compile(_ROW_START + "".join(cells) + _ROW_END)
    return layout


def column_index(letters: str) -> int:
    """The index from 0 of a column.

    >>> column_index("A"), column_index("AB")
    (0, 27)
    """
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
