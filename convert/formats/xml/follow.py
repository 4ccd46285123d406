"""Follow the usual paths over plain lists and dictionaries: XPath itself costs 2 µs a call, whatever it finds.

An *item* is a list ``[text, element, children]`` of an element: its text, or None where elements stand inside; its
children by name as items, or None until a path goes there (:func:`opened`). Every path of :mod:`.steps` becomes one
generated function over items that gives what XPath gives, in its order, or raises :class:`Astray`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from lxml import etree

from convert.formats.xml.steps import Beyond, Call, Literal, Number, Path, Union

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.formats.xml.steps import Expression, Step, Test

Item = list[Any]
Kids = dict[str, Any]
Follower = Callable[[Item, "Item | None"], list[Any]]
"""From an item and its parent's, where that is known, to what stands at a path."""

NOTHING: list[Any] = []
_CHILDLESS: Kids = {"": NOTHING}  # true, so that nobody opens it
_WORD = re.compile(r"[^ \t\r\n]+")
_NUMBER = etree.XPath("number()")
_DIGITS = 15


class Astray(Exception):  # noqa: N818 - no error: XPath itself takes over
    """In this record a path needs what items do not tell: the order of different paths, or the parent."""


# ── Items ────────────────────────────────────────────────────────────────────────────────────────


def item_of(element: Any) -> Item:
    """The item of an element."""
    return [None, element, None] if len(element) else [element.text or "", element, _CHILDLESS]


def opened(item: Item) -> Kids:
    """The children of an item by name. Other keys than names remember what conditions asked for."""
    kids: Kids = {}
    for child in item[1][:]:
        below = [None, child, None] if len(child) else [child.text or "", child, _CHILDLESS]
        name = child.tag
        if name in kids:
            kids[name].append(below)
        else:
            kids[name] = [below]
    item[2] = kids
    return kids


def said(item: Item) -> str:
    """The text of an item, as XPath's ``string()`` gives it."""
    text: str | None = item[0]
    return "".join(item[1].itertext()) if text is None else text


def spaced(text: str) -> str:
    """What ``normalize-space()`` makes of a text: only the four blanks of XML count.

    >>> spaced(" a\\n\\tb　 ")
    'a b　'
    """
    return " ".join(text.split() if text.isascii() else _WORD.findall(text))


def before(text: str, end: str) -> str:
    """What ``substring-before()`` gives."""
    return text[: max(text.find(end), 0)]


def number(item: Item) -> float:
    """What ``number()`` gives: whole numbers at once."""
    text = said(item)
    if text.isdigit() and text.isascii() and len(text) <= _DIGITS:
        return int(text)
    found: float = _NUMBER(item[1])
    return found


def strings(kids: Kids, name: str) -> tuple[Any, ...]:
    """The texts of the children of a name."""
    found = kids['"' + name] = (None, *[said(item) for item in kids.get(name, NOTHING)])
    return found


def codes(kids: Kids, name: str) -> tuple[Any, ...]:
    """The texts of the children of a name, the first also without the blanks around it."""
    texts = [said(item) for item in kids.get(name, NOTHING)]
    found = kids["=" + name] = (spaced(texts[0]), *texts) if texts else (None,)
    return found


def numbers(kids: Kids, name: str) -> tuple[Any, ...]:
    """The numbers of the children of a name."""
    found = kids["#" + name] = (None, *[number(item) for item in kids.get(name, NOTHING)])
    return found


def alone(*sides: list[Any]) -> list[Any]:
    """The one side where something was found."""
    found = [side for side in sides if side]
    if len(found) > 1:
        raise Astray
    return found[0] if found else NOTHING


def first(*sides: list[str]) -> str:
    """The first text, or none."""
    found = alone(*sides)
    return found[0] if found else ""


_NAMES = {
    function.__name__: function
    for function in (opened, said, spaced, before, number, strings, codes, numbers, alone, first)
} | {"NOTHING": NOTHING, "Astray": Astray}


# ── Writing a follower ───────────────────────────────────────────────────────────────────────────


def texts_at(path: Expression, text: Callable[[Any], str], leaf: str = "{}") -> Follower:
    """A function that gives every text at a path. ``leaf`` is what ``text`` does with the text of a leaf.

    Raises :class:`~convert.formats.xml.steps.Beyond`.
    """
    writer = _Writer()
    if isinstance(path, Call):
        return writer.made([f"return [text({writer.string(path, writer.start)})]"], text)
    return writer.made(writer.sides(path, lambda at: leaf.format(at.name) if at.plain else (
        f"{leaf.format(f'{at.name}[0]')} if {at.name}[0] is not None else text({at.name}[1])")), text)  # fmt: skip


def items_at(path: Expression) -> Follower:
    """A function that gives every item at a path with its parent's. Raises :class:`~convert.formats.xml.steps.Beyond`."""
    writer = _Writer()

    def pair(at: _At) -> str:
        if at.plain:
            raise Beyond(at.name)
        return f"({at.name}, {at.up.name if at.up else None})"

    return writer.made(writer.sides(path, pair))


@dataclass(slots=True)
class _At:
    """A variable that holds an item, or a text (``plain``).

    ``wanted``: what is to be looked up of it before the condition that is being written, expression → variable.
    """

    name: str
    up: _At | None = None
    plain: bool = False
    bound: dict[str, str] = field(default_factory=dict)
    wanted: list[str] = field(default_factory=list)

    @property
    def string(self) -> str:
        """Its text as XPath has it."""
        return self.name if self.plain else f"({self.name}[0] if {self.name}[0] is not None else said({self.name}))"

    def lookups(self) -> str:
        """What is wanted, as parts of a comprehension."""
        found = "".join(f" for {self.bound[what]} in [{what}]" for what in self.wanted)
        self.wanted.clear()
        return found


class _Writer:
    """Writes one function. A path is a comprehension: a ``for`` a step, an ``if`` a condition."""

    def __init__(self) -> None:
        self.numbers = count(1)
        self.climbs = False
        self.above = _At("up")
        self.start = _At("a", self.above)

    def made(self, lines: list[str], text: Callable[[Any], str] | None = None) -> Follower:
        """The function of these lines."""
        head = ["if up is None: raise Astray"] if self.climbs else []
        head += [f"{at.bound[what]} = {what}" for at in (self.above, self.start) for what in at.bound]
        code = "\n    ".join(["def follow(a, up):", *head, *lines])
        names = {**_NAMES, "text": text}
        try:
            exec(compile(code, "<path>", "exec"), names)  # noqa: S102 - our own text: what a path says enters by repr only
        except (SyntaxError, RecursionError, MemoryError) as error:  # more loops in each other than Python has
            raise Beyond from error
        follow: Follower = names["follow"]  # type: ignore[assignment]
        return follow

    def sides(self, path: Expression, give: Callable[[_At], str]) -> list[str]:
        """Lines that return what is at a path."""
        if not isinstance(path, Path | Union):
            raise Beyond
        lines = []
        paths = path.paths if isinstance(path, Union) else (path,)
        for number_, one in enumerate(paths):
            found = self._found(one, self.start, give)
            if one.group is None and one.steps[0].axis == "child":
                found = f"{found} if {one.steps[0].name!r} in {self._kids(self.start)} else NOTHING"
            lines.append(f"x{number_} = {found}")
            if number_:
                lines.append(f"if x{number_}:")
                lines.append("    if x0: raise Astray")
                lines.append(f"    x0 = x{number_}")
        return [*lines, "return x0 or []"]

    # ── Paths ────────────────────────────────────────────────────────────────────────────────────

    def _found(self, path: Path, at: _At, give: Callable[[_At], str]) -> str:
        """The list of what is at one path."""
        clauses, end = self._clauses(path, at)
        return f"[{give(end)} {clauses}]"

    def _listed(self, path: Path | Union, at: _At, give: Callable[[_At], str]) -> str:
        """The lists of what is at the paths, with commas between."""
        paths = path.paths if isinstance(path, Union) else (path,)
        return ", ".join(self._found(one, at, give) for one in paths)

    def _clauses(self, path: Path, at: _At) -> tuple[str, _At]:
        found = ""
        if path.group is not None:
            source = f"alone({self._listed(path.group, at, _item)})"
            at = _At(f"a{next(self.numbers)}")
            found = self._tested(source, at, path.tests)
        for step in path.steps:
            clauses, below = self._step(step, at)
            found += (at.lookups() if found else "") + clauses  # what is wanted of the first is found by who asks
            at = below
        return found, at

    def _step(self, step: Step, at: _At) -> tuple[str, _At]:
        if step.axis == "parent":
            if at.up is None:
                raise Beyond("..")
            self.climbs = self.climbs or at.up is self.above
            return "", at.up
        if at.plain:
            raise Beyond("/")
        if step.axis == "self":
            if not step.name:
                return "", at
            same = _At(f"a{next(self.numbers)}", at.up)
            return f" for {same.name} in [{at.name}] if {same.name}[1].tag == {step.name!r}", same
        if step.axis == "attribute":
            text = _At(f"t{next(self.numbers)}", plain=True)
            return f" for {text.name} in [{at.name}[1].get({step.name!r})] if {text.name} is not None", text
        below = _At(f"a{next(self.numbers)}", at)
        source = f"{self._kids(at)}.get({step.name!r}, NOTHING)"
        return self._tested(source, below, step.tests), below

    def _tested(self, source: str, at: _At, tests: Sequence[Test]) -> str:
        """The clauses for those items of ``source`` that pass."""
        found = f" for {at.name} in {source}"
        for test in tests:
            if isinstance(test, int):
                whole = source if found == f" for {at.name} in {source}" else f"[{at.name}{found}]"
                found = f" for {at.name} in {whole}[{test - 1}:{test}]"
                at.bound.clear()
            else:
                condition = self._condition(test, at)
                found += f"{at.lookups()} if {condition}"
        return found

    def _kids(self, at: _At) -> str:
        return self._looked(at, f"{at.name}[2] or opened({at.name})", "k")

    def _looked(self, at: _At, what: str, letter: str) -> str:
        """The variable that holds an expression about an item."""
        if what not in at.bound:
            at.bound[what] = f"{letter}{next(self.numbers)}"
            at.wanted.append(what)
        return at.bound[what]

    # ── Conditions ───────────────────────────────────────────────────────────────────────────────

    def _condition(self, test: Expression, at: _At) -> str:
        match test:
            case Path() | Union():
                paths = test.paths if isinstance(test, Union) else (test,)
                return "(" + " or ".join(self._there(one, at) for one in paths) + ")"
            case Call("or", (Call("=", (Path() as path, Literal(code))), Call("=", (Call("normalize-space", (again,)), same)))):
                if path == again and path.child and same == Literal(code):
                    return f"{code!r} in {self._known(at, 'codes', '=', path.child)}"
        match test:
            case Call(("and" | "or") as word, parts):
                return "(" + f" {word} ".join(self._condition(part, at) for part in parts) + ")"
            case Call("not", (part,)):
                return f"(not {self._condition(part, at)})"
            case Call("=", (left, right)):
                return self._equal(left, right, at)
            case Call("starts-with", (whole, start)):
                return f"{self.string(whole, at)}.startswith({self.string(start, at)})"
            case Call("contains", (whole, part)):
                return f"({self.string(part, at)} in {self.string(whole, at)})"
        raise Beyond

    def _there(self, path: Path, at: _At) -> str:
        if path.child:
            return f"{path.child!r} in {self._kids(at)}"
        return self._found(path, at, lambda _: "1")

    def _known(self, at: _At, function: str, mark: str, name: str) -> str:
        """What was remembered of the children of a name."""
        kids = self._kids(at)
        return self._looked(at, f"{kids}.get({mark + name!r}) or {function}({kids}, {name!r})", "c")

    def _equal(self, left: Expression, right: Expression, at: _At) -> str:
        if isinstance(right, Path | Union) and not isinstance(left, Path | Union):
            left, right = right, left
        if isinstance(left, Call) and isinstance(right, Call | Literal):
            return f"({self.string(left, at)} == {self.string(right, at)})"
        if not isinstance(left, Path | Union):
            raise Beyond("=")
        match right:
            case Literal(text):
                if isinstance(left, Path) and left.child:
                    return f"{text!r} in {self._known(at, 'strings', chr(34), left.child)}"
                return f"({text!r} in {self._all(left, at, _string)})"
            case Number(value):
                if isinstance(left, Path) and left.child:
                    return f"{value!r} in {self._known(at, 'numbers', '#', left.child)}"
                return f"({value!r} in {self._all(left, at, _number)})"
            case Path() | Union():
                return f"(not set({self._all(left, at, _string)}).isdisjoint({self._all(right, at, _string)}))"
        raise Beyond("=")

    def _all(self, path: Path | Union, at: _At, give: Callable[[_At], str]) -> str:
        """Everything at the paths, in any order."""
        paths = path.paths if isinstance(path, Union) else (path,)
        return "(" + " + ".join(self._found(one, at, give) for one in paths) + ")"

    def string(self, what: Expression, at: _At) -> str:
        """The expression for a text; of a path, that of the first it finds."""
        match what:
            case Literal(text):
                return repr(text)
            case Path((step,), None) if step.axis == "self" and not step.name:
                return at.string
            case Path() | Union():
                return f"first({self._listed(what, at, _string)})"
            case Call("concat", parts):
                return "(" + " + ".join(self.string(part, at) for part in parts) + ")"
            case Call("substring-before", (whole, end)):
                return f"before({self.string(whole, at)}, {self.string(end, at)})"
            case Call("normalize-space", (whole,)):
                return f"spaced({self.string(whole, at)})"
        raise Beyond


def _item(at: _At) -> str:
    if at.plain:
        raise Beyond(at.name)
    return at.name


def _string(at: _At) -> str:
    return at.string


def _number(at: _At) -> str:
    if at.plain:
        raise Beyond(at.name)
    return f"number({at.name})"
