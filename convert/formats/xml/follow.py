"""Follow the XPath 1.0 that mappings use by looks at children, without libxml2: a call of an XPath costs more than most
paths are worth.

``native`` answers None for what it does not know: axes but ``child``, ``self``, ``parent`` and ``attribute``, most
functions, arithmetic, variables. Its functions raise :class:`Mixed` where nodes of several alternatives would have to
be put into document order. In both cases lxml has to do it; what is answered is what lxml answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from convert.formats.xml.path import Token

_NONE: list[Any] = []
"""What stands nowhere; nobody changes it."""
_BLANKS = " \t\r\n"
_NUMBER = re.compile(r"[ \t\r\n]*(-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[ \t\r\n]*")


class Kids(dict[Any, dict[str, list[Any]]]):
    """The children of the elements of one record by tag, looked at once."""

    __slots__ = ()

    def __missing__(self, element: Any) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for child in element:
            tag = child.tag
            if tag in found:
                found[tag].append(child)
            else:
                found[tag] = [child]
        self[element] = found
        return found


Look = Callable[[Any, Kids], Any]


class Mixed(Exception):  # noqa: N818 - nothing is wrong
    """Nodes of several alternatives were found, or the way leads out of the tree."""


class _Unknown(Exception):  # noqa: N818 - nothing is wrong
    """The path is none of ours."""


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a path. ``kind``: nodes, text, flag, number, literal; ``told``: the part as it is written."""

    look: Look
    kind: str
    told: str
    value: Any = None


def native(found: list[Token], namespaces: Mapping[str, str], default: str) -> Look | None:
    """The function for a path taken apart into tokens; None where it has to be lxml's.

    It takes an element and the children known so far, and answers what the XPath answers: a list of elements and texts,
    a text or a truth value.
    """
    parser = _Parser([token for token in found if token.kind != "space"], namespaces, default)
    try:
        made = parser.either()
    except _Unknown:
        return None
    return made.look if parser.at_end and made.kind in ("nodes", "text", "flag") else None


class _Parser:
    """Recursive descent; raises :class:`_Unknown` at whatever is not for us."""

    def __init__(self, tokens: list[Token], namespaces: Mapping[str, str], default: str) -> None:
        self._tokens, self._at = tokens, 0
        self._namespaces, self._default = namespaces, default

    @property
    def at_end(self) -> bool:
        """Whether everything was read."""
        return self._at == len(self._tokens)

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._tokens[at].text if at < len(self._tokens) else ""

    def _kind(self) -> str:
        return self._tokens[self._at].kind if not self.at_end else ""

    def _take(self, *texts: str) -> bool:
        if not self.at_end and self._kind() != "literal" and self._peek() in texts:
            self._at += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._take(text):
            raise _Unknown

    def _told(self, start: int) -> str:
        return "".join(token.text for token in self._tokens[start : self._at])

    # ── Expressions ──────────────────────────────────────────────────────────────────────────────

    def either(self) -> _Part:
        """``a or b``."""
        made = self._both()
        while self._kind() == "operator" and self._take("or"):
            made = _any_of(made, self._both())
        return made

    def _both(self) -> _Part:
        made = self._equal()
        while self._kind() == "operator" and self._take("and"):
            one, other = _flag(made), _flag(self._equal())
            made = _Part(lambda e, k, a=one, b=other: a(e, k) and b(e, k), "flag", "")  # type: ignore[misc]
        return made

    def _equal(self) -> _Part:
        made = self._union()
        if self._take("="):
            made = _equals(made, self._union())
        return made

    def _union(self) -> _Part:
        start = self._at
        parts = [self._path()]
        while self._take("|"):
            parts.append(self._path())
        if len(parts) == 1:
            return parts[0]
        if any(part.kind != "nodes" for part in parts):
            raise _Unknown
        return _Part(_one_of([part.look for part in parts]), "nodes", self._told(start))

    # ── Paths ────────────────────────────────────────────────────────────────────────────────────

    def _path(self) -> _Part:
        start, kind = self._at, self._kind()
        if kind in ("literal", "number"):
            text = self._peek()
            self._at += 1
            value: Any = text[1:-1] if kind == "literal" else float(text)
            return _Part(lambda e, k: value, kind, text, value)
        if kind == "word" and self._peek(1) == "(":
            return self._function(start)
        look: Look | None = None
        if self._take("("):
            inside = self.either()
            self._need(")")
            tests = self._tests()
            if not tests and self._peek() != "/":
                return inside
            if inside.kind != "nodes":
                raise _Unknown
            look = _filtered(inside.look, tests)
            if not self._take("/"):
                return _Part(look, "nodes", self._told(start))
        look = self._step(look)
        while self._take("/"):
            look = self._step(look)
        return _Part(look, "nodes", self._told(start))

    def _step(self, before: Look | None) -> Look:
        if self._take("."):
            return _here if before is None else before
        if self._take(".."):
            tests = self._tests()
            if any(test.__class__ is int for test in tests):
                raise _Unknown
            return _filtered(_parents(before), tests)
        if self._take("@"):
            if self._kind() != "attribute" or ":" in self._peek():
                raise _Unknown
            self._at += 1
            return _attributes(before, self._tokens[self._at - 1].text)
        own = self._peek() == "self" and self._peek(1) == "::"
        self._at += 2 if own else 0
        tag = self._tag()
        tests = self._tests()
        return _self(before, tag, tests) if own else _children(before, tag, tests)

    def _tag(self) -> str:
        if self.at_end:
            raise _Unknown
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "element":
            return f"{{{self._default}}}{token.text}" if self._default else token.text
        prefix, _, name = token.text.partition(":")
        if token.kind != "prefixed" or name == "*" or not self._namespaces.get(prefix):
            raise _Unknown
        return f"{{{self._namespaces[prefix]}}}{name}"

    def _tests(self) -> list[Look | int]:
        tests: list[Look | int] = []
        while self._take("["):
            made = self.either()
            self._need("]")
            if made.kind == "number":
                if made.value < 1 or made.value != int(made.value):
                    raise _Unknown
                tests.append(int(made.value))
            elif made.kind in ("nodes", "text", "flag"):
                tests.append(_flag(made))
            else:
                raise _Unknown
        return tests

    # ── Functions ────────────────────────────────────────────────────────────────────────────────

    def _function(self, start: int) -> _Part:
        name = self._peek()
        self._at += 2
        given = [] if self._peek() == ")" else [self.either()]
        while given and self._take(","):
            given.append(self.either())
        self._need(")")
        maker = _FUNCTIONS.get((name, len(given)))
        if maker is None or any(part.kind == "number" for part in given):
            raise _Unknown
        look, kind = maker(given)
        return _Part(look, kind, self._told(start))


# ── Texts and truth ──────────────────────────────────────────────────────────────────────────────


def string_of(item: Any) -> str:
    """The string-value of an element; a text itself."""
    if item.__class__ is str:
        return str(item)
    return (item.text or "") if not len(item) else "".join(item.itertext())


def normalized(text: str) -> str:
    """Blanks at the ends dropped, those inside made one: XPath's four kinds of blanks only."""
    if not any(blank in text for blank in _BLANKS):
        return text
    return " ".join(re.split("[ \t\r\n]+", text.strip(_BLANKS)))


def _text(part: _Part) -> Look:
    """A part as a text: of nodes the first one's."""
    look = part.look
    if part.kind in ("literal", "text"):
        return look
    if part.kind != "nodes":
        raise _Unknown

    def first(element: Any, kids: Kids) -> str:
        found = look(element, kids)
        return string_of(found[0]) if found else ""

    return first


def _flag(part: _Part) -> Look:
    look = part.look
    return look if part.kind == "flag" else lambda e, k: bool(look(e, k))


def _any_of(one: _Part, other: _Part) -> _Part:
    """``a or b``; of a code and the same code with blanks around it, one look."""
    if one.kind == other.kind == "flag" and one.value is not None and other.value is not None:
        (kind, nodes, told, wanted), (_, _, twice, same) = one.value, other.value
        if (
            kind == "nodes"
            and wanted == same
            and twice == f"normalize-space({told})"
            and not any(b in wanted for b in _BLANKS)
        ):
            return _Part(_coded(nodes, wanted), "flag", "")
    first, second = _flag(one), _flag(other)
    return _Part(lambda e, k: first(e, k) or second(e, k), "flag", "")


def _coded(nodes: Look, wanted: str) -> Look:
    """Whether a code stands at a path, blanks around the first one apart."""

    def coded(element: Any, kids: Kids) -> bool:
        found = nodes(element, kids)
        for item in found:
            if string_of(item) == wanted:
                return True
        return bool(found) and normalized(string_of(found[0])) == wanted

    return coded


def _equals(one: _Part, other: _Part) -> _Part:
    """``a = b`` of nodes, texts and numbers; of nodes any will do."""
    if one.kind not in ("nodes", "text"):
        raise _Unknown
    left, right = one.look, other.look
    if other.kind == "literal":
        wanted, known = other.value, (one.kind, left, one.told, other.value)
        if one.kind == "text":
            return _Part(lambda e, k: left(e, k) == wanted, "flag", "", known)
        return _Part(lambda e, k: any(string_of(item) == wanted for item in left(e, k)), "flag", "", known)
    if other.kind == "number" and one.kind == "nodes":
        number = other.value
        return _Part(lambda e, k: any(_number(string_of(item)) == number for item in left(e, k)), "flag", "")
    if (one.kind, other.kind) != ("nodes", "nodes"):
        raise _Unknown

    def shared(element: Any, kids: Kids) -> bool:
        found = left(element, kids)
        return bool(found) and not {string_of(i) for i in found}.isdisjoint(map(string_of, right(element, kids)))

    return _Part(shared, "flag", "")


def _number(text: str) -> float | None:
    found = _NUMBER.fullmatch(text)
    return float(found[1]) if found is not None else None


def _not(given: list[_Part]) -> tuple[Look, str]:
    look = _flag(given[0])
    return lambda e, k: not look(e, k), "flag"


def _starts_with(given: list[_Part]) -> tuple[Look, str]:
    whole, start = map(_text, given)
    return lambda e, k: whole(e, k).startswith(start(e, k)), "flag"


def _contains(given: list[_Part]) -> tuple[Look, str]:
    whole, part = map(_text, given)
    return lambda e, k: part(e, k) in whole(e, k), "flag"


def _normalize(given: list[_Part]) -> tuple[Look, str]:
    text = _text(given[0])
    return lambda e, k: normalized(text(e, k)), "text"


def _concat(given: list[_Part]) -> tuple[Look, str]:
    texts = [_text(part) for part in given]
    return lambda e, k: "".join([text(e, k) for text in texts]), "text"


def _before(given: list[_Part]) -> tuple[Look, str]:
    whole, mark = map(_text, given)

    def before(element: Any, kids: Kids) -> str:
        start, found, _ = whole(element, kids).partition(mark(element, kids) or "\0")
        return start if found else ""

    return before, "text"


_FUNCTIONS: dict[tuple[str, int], Callable[[list[_Part]], tuple[Look, str]]] = {
    ("not", 1): _not,
    ("starts-with", 2): _starts_with,
    ("contains", 2): _contains,
    ("normalize-space", 1): _normalize,
    ("concat", 2): _concat,
    ("concat", 3): _concat,
    ("substring-before", 2): _before,
}


# ── Steps ────────────────────────────────────────────────────────────────────────────────────────


def _here(element: Any, kids: Kids) -> list[Any]:
    return [element]


def _passing(nodes: list[Any], tests: list[Look | int], kids: Kids) -> list[Any]:
    for test in tests:
        nodes = nodes[test - 1 : test] if test.__class__ is int else [n for n in nodes if test(n, kids)]  # type: ignore[operator]
    return nodes


def _children(before: Look | None, tag: str, tests: list[Look | int]) -> Look:
    """The children of that tag; tests look at those of each parent alone."""
    if before is None:
        if not tests:
            return lambda e, k: k[e].get(tag, _NONE)
        return lambda e, k: _passing(found, tests, k) if (found := k[e].get(tag)) else _NONE

    def children(element: Any, kids: Kids) -> list[Any]:
        found: list[Any] = _NONE
        for parent in before(element, kids):
            inside = kids[parent].get(tag)
            if inside and tests:
                inside = _passing(inside, tests, kids)
            if inside:
                found = [*found, *inside] if found else inside
        return found

    return children


def _self(before: Look | None, tag: str, tests: list[Look | int]) -> Look:
    nodes = _here if before is None else before
    return lambda e, k: [n for n in nodes(e, k) if n.tag == tag and _passing([n], tests, k)]


def _parents(before: Look | None) -> Look:
    nodes = _here if before is None else before

    def parents(element: Any, kids: Kids) -> list[Any]:
        found: list[Any] = []
        for node in nodes(element, kids):
            parent = node.getparent()
            if parent is None:  # the document itself
                raise Mixed
            if not found or found[-1] is not parent:
                found.append(parent)
        return found

    return parents


def _attributes(before: Look | None, name: str) -> Look:
    nodes = _here if before is None else before
    return lambda e, k: [v for n in nodes(e, k) if (v := n.get(name)) is not None]


def _filtered(look: Look, tests: list[Look | int]) -> Look:
    return (lambda e, k: _passing(look(e, k), tests, k)) if tests else look


def _one_of(looks: list[Look]) -> Look:
    """A union: of alternatives of which only one gives anything."""

    def union(element: Any, kids: Kids) -> list[Any]:
        found = _NONE
        for look in looks:
            more = look(element, kids)
            if more:
                if found:
                    raise Mixed
                found = more
        return found

    return union
