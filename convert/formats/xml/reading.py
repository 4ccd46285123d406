"""Read all paths of a mapping in one walk: XPath itself costs 2 µs a call, whatever it finds.

A :class:`Reading` learns which paths are asked of records, and of the nodes at each path that ``each`` goes through.
Once it knows, it writes one function for all of them that are of :mod:`convert.formats.xml.steps`: it opens the
elements that some path goes into, each once, and gives what XPath gives, in its order. What it cannot tell it leaves
out, and XPath is asked: paths that are more than these, and a ``|`` of which two sides find something, because the
walk does not tell their order.

An opened element is a dictionary: the element itself under the empty name, its children by name. A child is opened too
where a path goes on below it; where nothing but its text is asked for, it is that text, if no elements stand inside.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from lxml import etree

from convert.formats.xml.plain import Element
from convert.formats.xml.steps import Beyond, Call, Literal, Number, Path, Step, Union

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from convert.formats.xml.path import XmlPath
    from convert.formats.xml.steps import Expression, Test

Opened = dict[str, Any]
Wanted = dict[str, "Wanted | None"]
"""The names of children that are wanted, each with what is wanted below it; None: only its text."""
Found = dict[str, "list[Any] | None"]
"""The texts at a path by the path, the elements by the path behind a colon; None: XPath has to tell."""
Function = Callable[[Any], Found]

LEARN = (8, 64, 512, 4096)
"""After so many elements the function is written anew, where more is asked than it tells."""
MOST = 400
"""Paths that are told at one place."""
DEPTH = 24
"""Steps and conditions of one path: Python has a limit for what stands in each other."""
NOTHING: tuple[Any, ...] = ()
_WORD = re.compile(r"[^ \t\r\n]+")
_NUMBER = etree.XPath("number($text)")
_NONE = etree.Element("none")
_DIGITS = 15


class Reading:
    """What is asked of the elements at one place, and the function that tells it."""

    __slots__ = ("_asked", "_below", "_count", "_default", "_function", "_known", "_learn")

    def __init__(self, default: str, learn: Sequence[int] = LEARN) -> None:
        self._default = default
        self._learn = learn
        self._asked: dict[str, XmlPath] = {}
        self._known = 0
        self._count = 0
        self._function: Function | None = None
        self._below: dict[str, Reading] = {}

    def below(self, path: str) -> Reading:
        """The reading of the nodes at a path."""
        found = self._below.get(path)
        if found is None:
            found = self._below[path] = Reading(self._default, self._learn)
        return found

    def ask(self, what: str, path: XmlPath) -> None:
        """XPath was asked for ``what``, as it stands in :data:`Found`."""
        if len(self._asked) < MOST:
            self._asked[what] = path

    def read(self, element: Any) -> Found:
        """What is known to be asked of an element."""
        if self._count <= self._learn[-1]:
            if self._count in self._learn and len(self._asked) > self._known:
                self._known = len(self._asked)
                self._function = function_of(self._asked, self._default)
            self._count += 1
        return {} if self._function is None else self._function(element)


def function_of(asked: dict[str, XmlPath], default: str) -> Function | None:
    """The function that tells what is asked, as far as that can be told; None where nothing can."""
    known: dict[str, tuple[Expression, XmlPath]] = {}
    for what, path in asked.items():
        try:
            expression = path.parsed(default)
            _Writer({what: (expression, path)}).code()
        except Beyond:
            continue
        known[what] = expression, path
    try:
        return _Writer(known).function() if known else None
    except (SyntaxError, RecursionError, MemoryError):  # more in each other than Python takes
        return None


# ── What the functions call ──────────────────────────────────────────────────────────────────────


def opened(element: Any, wanted: Wanted) -> Opened:
    """An element opened as far as is wanted."""
    if element.__class__ is Element:
        return element.opened(wanted)
    found: Opened = {"": element}
    for child in element[:]:
        name = child.tag
        if name in wanted:
            below = wanted[name]
            if below is None:
                one = child if len(child) else child.text or ""
            else:
                one = opened(child, below) if below else child
            if name in found:
                found[name].append(one)
            else:
                found[name] = [one]
    return found


def said(what: Any) -> str:
    """The text of an element, as XPath's ``string()`` gives it."""
    if what.__class__ is str:
        return str(what)
    if what.__class__ is Element:
        return str(what.string())
    return "".join(what.itertext()) if len(what) else what.text or ""


def spaced(text: str) -> str:
    r"""What ``normalize-space()`` makes of a text: only the four blanks of XML count.

    >>> spaced(" a\n\tb　 ")
    'a b　'
    """
    return " ".join(text.split() if text.isascii() else _WORD.findall(text))


def before(text: str, end: str) -> str:
    """What ``substring-before()`` gives."""
    return text[: max(text.find(end), 0)]


def number(what: Any) -> float:
    """What ``number()`` gives: whole numbers at once."""
    text = said(what)
    if text.isdigit() and text.isascii() and len(text) <= _DIGITS:
        return int(text)
    found: float = _NUMBER(_NONE, text=text)
    return found


def codes(found: Sequence[Any]) -> Sequence[str]:
    """Texts without the blanks around them."""
    if len(found) == 1 and found[0].__class__ is str and found[0].isalnum():  # nearly always
        return found
    return [spaced(said(one)) for one in found]


_NAMES = {function.__name__: function for function in (opened, said, spaced, before, number, codes)}


# ── Writing a function ───────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _At:
    """A variable that holds what stands in an opened element, by what is wanted ``below``; or an attribute's text.

    ``codes``: the variables that hold the codes of children, by name; None where no line can stand for them.
    """

    name: str
    below: Wanted | None
    up: _At | None = None
    attribute: bool = False
    codes: dict[str, str] | None = None

    @property
    def element(self) -> str:
        """The expression for the element."""
        if self.below is None:
            raise Beyond(self.name)
        return f"{self.name}['']" if self.below else self.name

    @property
    def string(self) -> str:
        """The expression for its text as XPath has it."""
        return self.name if self.attribute else f"said({self.name if self.below is None else self.element})"

    def value(self, leaf: str) -> str:
        """The expression for the value that is made of its text."""
        if self.below is None:
            return f"{leaf.format(self.name)} if {self.name}.__class__ is str else text({self.name})"
        e = self.element
        return f"{leaf.format(f'({e}.text or {chr(34) * 2})')} if not len({e}) else text({e})"

    def children(self, name: str) -> str:
        """The expression for its children of a name, as they stand in the dictionary."""
        return f"{self.name}.get({name!r}, NOTHING)"

    def said(self, name: str) -> str:
        """The expression for its children of a name, as elements or texts."""
        inside = self.children(name)
        return f"[x[''] for x in {inside}]" if self.below and self.below[name] else inside


@dataclass(slots=True)
class _Branch:
    """Paths that have begun alike: how they go on, and the slots of those that end here or at an attribute."""

    below: dict[Step, _Branch] = field(default_factory=dict)
    ends: list[_Slot] = field(default_factory=list)
    attributes: list[tuple[str, _Slot]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Slot:
    """A variable that gathers what is at a path. ``kind``: text, string (as XPath has it), node, or item (opened).

    ``bit``: which side of a path with ``|`` this is; 0 where there is but one.
    """

    name: str
    kind: str
    bit: int

    def append(self, what: str) -> list[str]:
        """Lines that add something."""
        return [f"{self.name}.append({what})", *([f"m{self.name} |= {self.bit}"] if self.bit else [])]


class _Writer:
    """Writes one function for several paths: a loop for each name in common, an ``if`` for each condition."""

    def __init__(self, known: Mapping[str, tuple[Expression, XmlPath]]) -> None:
        self.known = known
        self.numbers = count(1)
        self.wanted: Wanted = {}
        self.above: Wanted = {}
        self.root = _Branch()
        self.groups: dict[Path, Wanted] = {}
        self.slots: list[str] = []
        self.masks: list[str] = []
        self.later: list[str] = []
        self.leaf = next((path.leaf for _, path in known.values()), "{}")

    def function(self) -> Function:
        """The function itself."""
        names: dict[str, Any] = {**_NAMES, "wanted": self.wanted, "above": self.above, "NOTHING": NOTHING}
        names["text"] = next((path.text for _, path in self.known.values()), None)
        exec(compile(self.code(), "<paths>", "exec"), names)  # noqa: S102 - our own text: paths enter by repr only
        function: Function = names["read"]
        return function

    def code(self) -> str:
        """Its text."""
        for what, (expression, _) in self.known.items():
            for one, _ in self._want(expression, self.wanted, self.above):
                if what.startswith(":"):
                    _include(one, _ITSELF)
        _settle(self.wanted)
        _settle(self.above)
        told = [f"{what!r}: {self._told(what, expression)}," for what, (expression, _) in self.known.items()]
        climbs = [step for step in self.root.below if step.axis == "parent"]
        head = ["k = opened(element, wanted)", *(f"{slot} = []" for slot in self.slots)]
        if self.masks:
            head.append(f"{' = '.join(self.masks)} = 0")
        if climbs:
            head += ["up = element.getparent()", "p = opened(up, above) if up is not None else {}"]
        start = _At("k", self.wanted or {"": {}}, _At("p", self.above or {"": {}}))
        lines = [*head, *self._inside(self.root, start), *self.later, "return {", *told, "}"]
        return "\n".join(["def read(element):", *_indented(lines)])

    def _new(self, letter: str) -> str:
        return f"{letter}{next(self.numbers)}"

    # ── What is wanted ───────────────────────────────────────────────────────────────────────────

    def _want(
        self, what: Expression | int, here: Wanted, above: Wanted | None, always: Wanted | None = None
    ) -> list[tuple[Wanted, Wanted | None]]:
        """Note the names on the way; answer where a path ends, and what is above. ``always`` is wanted below each name.

        What follows a group is opened in any case: variables hold the same, whichever side of the group it comes from.
        """
        if isinstance(what, Union):
            return [end for path in what.paths for end in self._want(path, here, above, always)]
        if isinstance(what, Call):
            return [end for part in what.arguments for end in self._want(part, here, above, always)]
        if not isinstance(what, Path):
            return []
        ends = [(here, above)]
        if what.group is not None:
            ends = [(one, None) for one, _ in self._want(what.group, here, above, always)]
            always = _OPENED
            for one, _ in ends:
                _include(one, always)
            self.groups[what] = ends[0][0]
        self._want_tests(what.tests, ends, always)
        for step in what.steps:
            if step.axis == "parent":
                ends = [(up, None) for _, up in ends if up is not None]
            elif step.axis == "child":
                ends = [(_below(one, step.name), one) for one, _ in ends]
                for one, _ in ends:
                    _include(one, always or {})
                self._want_tests(step.tests, ends, always)
            elif step.axis == "attribute":
                for one, _ in ends:
                    _include(one, _ITSELF)
        return ends

    def _want_tests(
        self, tests: Sequence[Test], ends: Sequence[tuple[Wanted, Wanted | None]], always: Wanted | None
    ) -> None:
        for test in tests:
            for one, up in ends:
                self._want(test, one, up, always)

    # ── Slots ────────────────────────────────────────────────────────────────────────────────────

    def _told(self, what: str, expression: Expression) -> str:
        """The expression for what a path gives in the end; None where XPath has to tell."""
        apart: list[str] = []
        if isinstance(expression, Call):
            if what.startswith(":"):
                raise Beyond(what)
            found = f"[{self.leaf.format(self._string(expression, lambda path: self._first(path, apart)))}]"
        else:
            found = self._either(expression, "node" if what.startswith(":") else "text", apart)
        return f"None if {' or '.join(apart)} else {found}" if apart else found

    def _first(self, path: Path | Union, apart: list[str]) -> str:
        return f"({self._either(path, 'string', apart)} or [''])[0]"

    def _either(self, expression: Expression, kind: str, apart: list[str]) -> str:
        """The variable for all sides of a path; ``apart``: conditions under which XPath has to tell."""
        if not isinstance(expression, Path | Union):
            raise Beyond
        name, paths = self._new("s"), _paths(expression)
        self.slots.append(name)
        if len(paths) > 1:
            self.masks.append(f"m{name}")
            apart.append(f"m{name} & (m{name} - 1)")
        for place, path in enumerate(paths):
            self._begin(path, _Slot(name, kind, 1 << place if len(paths) > 1 else 0), apart)
        return name

    def _begin(self, path: Path, slot: _Slot, apart: list[str]) -> None:
        """Put a path to those that begin alike."""
        if sum(1 + len(step.tests) for step in path.steps) > DEPTH:
            raise Beyond
        branch = begun = self.root if path.group is None else _Branch()
        if path.steps and path.steps[0].axis == "parent":
            apart.append("up is None")
        for step in path.steps:
            if step.axis == "attribute":
                branch.attributes.append((step.name, slot))
                break
            if step.axis != "self" or step.name:
                branch = branch.below.setdefault(step, _Branch())
        else:
            branch.ends.append(slot)
        if path.group is not None:
            if path.steps and path.steps[0].axis != "child":
                raise Beyond
            source = self._either(path.group, "item", apart)
            self.later += self._each(source, _At(self._new("a"), self.groups[path]), [(path.tests, begun)])

    # ── The walk ─────────────────────────────────────────────────────────────────────────────────

    def _inside(self, branch: _Branch, at: _At) -> list[str]:
        """Lines that take what is wanted of one element."""
        lines: list[str] = []
        if any(slot.kind == "text" for slot in branch.ends):
            lines.append(f"t = {at.value(self.leaf)}")
        for slot in branch.ends:
            lines += slot.append(self._taken(slot.kind, at))
        for name, slot in branch.attributes:
            if slot.kind not in ("text", "string"):
                raise Beyond(name)
            taken = self.leaf.format("t") if slot.kind == "text" else "t"
            lines += [f"t = {at.element}.get({name!r})", "if t is not None:", *_indented(slot.append(taken))]
        by_name: dict[str, list[tuple[tuple[Test, ...], _Branch]]] = {}
        for step, below in branch.below.items():
            if step.axis == "child":
                by_name.setdefault(step.name, []).append((step.tests, below))
            elif step.axis == "self":
                lines += [f"if {at.element}.tag == {step.name!r}:", *_indented(self._inside(below, at))]
            elif at.up is not None:
                lines += [f"if {at.up.name}:", *_indented(self._inside(below, at.up))]
        for name, variants in by_name.items():
            lines += self._each(at.children(name), self._child(at, name), variants)
        return lines

    @staticmethod
    def _taken(kind: str, at: _At) -> str:
        if kind == "text":
            return "t"
        if kind == "string":
            return at.string
        return at.element if kind == "node" else at.name

    def _each(self, source: str, at: _At, variants: Sequence[tuple[tuple[Test, ...], _Branch]]) -> list[str]:
        """Lines that go through the elements of ``source``, for each of several branches those that pass its tests."""
        at.codes = {}
        places: list[str] = []
        lines: list[str] = []
        for tests, branch in variants:
            inside = self._inside(branch, at)
            for test in reversed(tests):
                if isinstance(test, int):
                    place = self._new("n")
                    places.append(f"{place} = 0")
                    inside = [f"{place} += 1", f"if {place} == {test}:", *_indented(inside)]
                else:
                    inside = [f"if {self._condition(test, at)}:", *_indented(inside)]
            lines += inside
        known = [f"{variable} = codes({at.said(name)})" for name, variable in at.codes.items()]
        return [*places, f"for {at.name} in {source}:", *_indented([*known, *lines])]

    def _child(self, at: _At, name: str) -> _At:
        return _At(self._new("a"), (at.below or {})[name], at)

    # ── Conditions ───────────────────────────────────────────────────────────────────────────────

    def _condition(self, test: Expression, at: _At) -> str:
        """The expression that tells whether an element passes."""
        match test:
            case Path() | Union():
                return "(" + " or ".join(self._there(path, at) for path in _paths(test)) + ")"
            case Call("and" | "or" as word, parts):
                return "(" + f" {word} ".join(self._condition(part, at) for part in parts) + ")"
            case Call("not", (part,)):
                return f"(not {self._condition(part, at)})"
            case Call("=", (left, right)):
                return self._equal(left, right, at)
            case Call("starts-with", (whole, start)):
                return f"{self._text(whole, at)}.startswith({self._text(start, at)})"
            case Call("contains", (whole, part)):
                return f"({self._text(part, at)} in {self._text(whole, at)})"
        raise Beyond

    def _there(self, path: Path, at: _At) -> str:
        """Whether a path finds anything; codes, compared without the blanks around them, are looked at only once."""
        match path:
            case Path((Step("child", name, (Call("=", (Call("normalize-space", (one,)), Literal(code))),)),), None) if (
                one == _SELF
            ):
                return f"{code!r} in {self._codes(at, name)}"
        return f"{path.child!r} in {at.name}" if path.child else self._found(path, at, lambda _: "1")

    def _codes(self, at: _At, name: str) -> str:
        if at.codes is None:
            return f"codes({at.said(name)})"
        return at.codes.setdefault(name, f"{at.name}c{len(at.codes)}")

    def _equal(self, left: Expression, right: Expression, at: _At) -> str:
        if isinstance(right, Path | Union) and not isinstance(left, Path | Union):
            left, right = right, left
        if not isinstance(left, Path | Union):
            return f"({self._text(left, at)} == {self._text(right, at)})"
        match right:
            case Literal(text):
                return f"({text!r} in {self._all(left, at, _string)})"
            case Number(value):
                return f"({value!r} in {self._all(left, at, _number)})"
            case Path() | Union():
                return f"(not set({self._all(left, at, _string)}).isdisjoint({self._all(right, at, _string)}))"
        raise Beyond

    def _all(self, path: Path | Union, at: _At, give: Callable[[_At], str]) -> str:
        """Everything at the paths, in any order."""
        return "(" + " + ".join(self._found(one, at, give) for one in _paths(path)) + ")"

    def _found(self, path: Path, at: _At, give: Callable[[_At], str]) -> str:
        """The list of what is at a path."""
        if path.group is not None:
            raise Beyond
        clauses = ""
        for step in path.steps:
            if step.axis == "parent":
                if at.up is None:
                    raise Beyond
                at = at.up
            elif step.axis == "attribute":
                text = _At(self._new("t"), None, attribute=True)
                clauses += f" for {text.name} in [{at.element}.get({step.name!r})] if {text.name} is not None"
                at = text
            elif step.axis == "child":
                below = self._child(at, step.name)
                clauses += self._passing(at.children(step.name), below, step.tests)
                at = below
            elif step.name:
                raise Beyond
        return f"[{give(at)}{clauses}]"

    def _passing(self, source: str, at: _At, tests: Sequence[Test]) -> str:
        """The clauses for the elements of ``source`` that pass."""
        found = plain = f" for {at.name} in {source}"
        for test in tests:
            if isinstance(test, int):
                whole = source if found == plain else f"[{at.name}{found}]"
                found = f" for {at.name} in {whole}[{test - 1}:{test}]"
            else:
                found += f" if {self._condition(test, at)}"
        return found

    # ── Texts ────────────────────────────────────────────────────────────────────────────────────

    def _text(self, what: Expression, at: _At) -> str:
        """The expression for a text inside a condition; of a path, that of the first it finds."""

        def of_path(path: Path | Union) -> str:
            if isinstance(path, Union):
                raise Beyond
            if path == _SELF:
                return at.string
            return f"({self._found(path, at, _string)} or [''])[0]"

        return self._string(what, of_path)

    def _string(self, what: Expression, of_path: Callable[[Path | Union], str]) -> str:
        match what:
            case Literal(text):
                return repr(text)
            case Path() | Union():
                return of_path(what)
            case Call("concat", parts):
                return "(" + " + ".join(self._string(part, of_path) for part in parts) + ")"
            case Call("substring-before", (whole, end)):
                return f"before({self._string(whole, of_path)}, {self._string(end, of_path)})"
            case Call("normalize-space", (whole,)):
                return f"spaced({self._string(whole, of_path)})"
        raise Beyond


_SELF = Path((Step("self"),))


def _paths(path: Path | Union) -> tuple[Path, ...]:
    return path.paths if isinstance(path, Union) else (path,)


def _string(at: _At) -> str:
    return at.string


def _number(at: _At) -> str:
    if at.attribute:
        raise Beyond(at.name)
    return f"number({at.name if at.below is None else at.element})"


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


_ITSELF: Wanted = {"@": {}}
"""What is wanted below an element that is itself wanted, not only its text."""


_OPENED: Wanted = {"*": _ITSELF}
"""What is wanted below an element that is to be opened."""


def _below(wanted: Wanted, name: str) -> Wanted:
    found = wanted.setdefault(name, {})
    return {} if found is None else found


def _include(wanted: Wanted, more: Wanted) -> None:
    """Want all that is wanted somewhere else too."""
    for name in list(more):
        _include(_below(wanted, name), _below(more, name))


def _settle(wanted: Wanted) -> None:
    """Tell of what is wanted whether the text is enough."""
    wanted.pop("@", None)
    for name, below in wanted.items():
        if below:
            _settle(below)
        else:
            wanted[name] = None
