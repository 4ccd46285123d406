"""From a record in which nothing is to be said straight to its document, in one generated function.

The rules' own functions (:mod:`convert.mapping.compile`) give the values, the target's
:class:`~convert.formats.base.Blueprint` says how they are put together. The function raises ``Odd`` as soon as
anything is to be said about the record; it then goes the usual way, from its beginning.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from convert.mapping.bind import Context, Odd
from convert.mapping.compile import Compiler, comment
from convert.mapping.model import From
from convert.mapping.several import of_texts

if TYPE_CHECKING:
    from convert.formats.base import Blueprint, Member
    from convert.mapping.model import Rule
    from convert.model import Record

Predicate = Callable[[Any, Context], bool]
Document = Callable[["Record", Context], Any]


@dataclass(frozen=True, slots=True)
class Head:
    """What is settled before any value: ``stops`` are the conditions under which a record is skipped or deleted.

    ``index`` is the cell that is the id as it stands; else ``identify`` gives a record's ids. ``identity``: the id as
    the receiver keeps it.
    """

    stops: tuple[Predicate, ...]
    index: int | None
    identify: Callable[[Any, Context], list[Any] | None]
    identity: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class _Held:
    """The variable that holds a target's value (one, or None) or values (a list that is not empty, or None)."""

    name: str
    many: bool


class Assembler:
    """Writes the function ``document(record, context)`` for the rules of one compiler."""

    def __init__(self, compiler: Compiler, rules: Sequence[Rule], head: Head, blueprint: Blueprint) -> None:
        self.compiler = compiler
        self.rules = rules
        self.head = head
        self.blueprint = blueprint
        self._held: dict[str, _Held] = {}
        self._bound = 0
        self._interpreted = False

    def compile(self, name: str) -> tuple[Document, str]:
        """The function and its text."""
        self._held.clear()
        self.compiler.lines = ["def document(record, context):"]
        self._head()
        self._values()
        self._object("document", self.blueprint.members)
        clean = self._bind("clean", self.blueprint.clean)
        self._line(f"if not {clean}(ident, served, document): raise Odd")
        self._line("return document")
        code = "\n".join(self.compiler.lines) + "\n"
        return self.compiler.executed(code, f"document {name}", "document"), code

    def _line(self, text: str, depth: int = 1) -> None:
        self.compiler.line(depth, text)

    def _bind(self, word: str, thing: Any) -> str:
        self._bound += 1
        return self.compiler.bind(f"{word}_", self._bound, thing)

    def _head(self) -> None:
        self._line("body = context.body = record.body")
        self._line("context.id = ''")
        for stop in self.head.stops:
            self._line(f"if {self._bind('stop', stop)}(body, context): raise Odd")
        if self.head.index is not None:
            self._line(f"ident = body[{self.head.index}]")
            self._line("if not ident or ident.isspace(): raise Odd")
        else:
            self._line(f"ids = {self._bind('identify', self.head.identify)}(body, context)")
            self._line("if not ids or len(ids) > 1 or context.notes: raise Odd")
            self._line("ident = ids[0]")
        self._line("record.id = context.id = ident")
        self._line(f"served = {self._bind('identity', self.head.identity)}(ident)")

    # ── The values ───────────────────────────────────────────────────────────────────────────────

    def _values(self) -> None:
        """A variable for every target."""
        by_target: dict[str, list[Rule]] = {}
        for rule in self.rules:
            by_target.setdefault(rule.target, []).append(rule)
        self._interpreted = False
        for target, rules in by_target.items():
            self._line(f"# {', '.join(str(rule.number) for rule in rules)} {comment(target)}")
            if len(rules) == 1 and self.compiler.inlines(rules[0]):
                self._held[target] = self._one(rules[0])
            else:
                self._held[target] = self._several(rules)
        if self._interpreted:
            self._line("if context.notes or context.misses: raise Odd")

    def _one(self, rule: Rule) -> _Held:
        name = f"x{rule.number}"
        if isinstance(rule.source, From) and not self.compiler.in_row(rule):
            return self._texts(rule, name)
        self.compiler.fetch(rule, name, 1, "ident")
        return _Held(name, rule.split is not None)

    def _texts(self, rule: Rule, name: str) -> _Held:
        """A rule whose path mostly holds one text, and may hold several."""
        self.compiler.fetch(rule, name, 1, "ident", many=self._bind("several", of_texts(self.compiler, rule)))
        if rule.split is None:
            self._line(f"if {name} is not None and {name}.__class__ is not list: {name} = [{name}]")
        return _Held(name, many=True)

    def _several(self, rules: Sequence[Rule]) -> _Held:
        name = f"x{rules[0].number}"
        calls = " + ".join(self._listed(rule) for rule in rules)
        self._line(f"{name} = {calls} or None")
        return _Held(name, many=True)

    def _listed(self, rule: Rule) -> str:
        found = self.compiler.lister(rule)
        if found is not None:
            return f"{self._bind('list', found)}(body, context)"
        self._interpreted = True
        return f"{self.compiler.slow(rule)}(body, context)[0]"

    # ── The document ─────────────────────────────────────────────────────────────────────────────

    def _object(self, name: str, members: Sequence[Member]) -> None:
        """An object begins as a copy with every member in its place: quicker than letting it grow."""
        blank = {member.key: member.given for member in members}
        self._line(f"{name} = {self._bind('blank', blank)}.copy()")
        for number, member in enumerate(members):
            place = f"{name}[{member.key!r}]"
            if member.members:
                self._object(f"{name}_{number}", member.members)
                self._line(f"{place} = {name}_{number}")
            elif member.identity:
                self._line(f"{place} = served")
            else:
                self._member(place, member, f"{name}_{number}")

    def _member(self, place: str, member: Member, name: str) -> None:
        absent = f"del {place}" if member.given is None else None
        if isinstance(member.given, list):
            absent = f"{place} = {place}.copy()"
        held = [self._held[target] for target in member.targets if target in self._held]
        if held:
            value = self._gathered(held, name)
            if member.take == "one":
                value = self._single(member, value, name)
            self._line(f"if {value.name} is not None: {place} = {self._written(member, value)}")
        if absent is not None:
            self._line(f"else: {absent}" if held else absent)

    def _gathered(self, held: Sequence[_Held], name: str) -> _Held:
        """One variable for all feeding targets."""
        if len(held) == 1:
            return held[0]
        self._line(f"{name} = []")
        for one in held:
            self._line(f"if {one.name} is not None: {name} += {one.name if one.many else f'[{one.name}]'}")
        self._line(f"if not {name}: {name} = None")
        return _Held(name, many=True)

    def _single(self, member: Member, value: _Held, name: str) -> _Held:
        """The one value; whatever needs a word ends the function."""
        if value.many:
            self._line(f"{name} = {value.name}")
            self._line(f"if {name} is not None:")
            self._line(f"if len({name}) > 1: raise Odd", 2)
            self._line(f"{name} = {name}[0]", 2)
            value = _Held(name, many=False)
        if member.known is not None:
            known = self._bind("known", member.known)
            self._line(f"if {value.name} is not None and {value.name} not in {known}: raise Odd")
        if member.make is not None:
            self._line(f"{name} = {value.name}")
            self._line(f"if {name} is not None:")
            self._line(f"{name} = {self._bind('make', member.make)}({name})", 2)
            self._line(f"if {name} is None: raise Odd", 2)
            value = _Held(name, many=False)
        return value

    def _written(self, member: Member, value: _Held) -> str:
        name = value.name
        if member.take == "all":
            return f"{name}.copy()" if value.many else f"[{name}]"
        return f"({name}[0] if len({name}) == 1 else {name})" if value.many else name


# ── Running it ───────────────────────────────────────────────────────────────────────────────────

LEARN = 4096
"""Records in each of two rounds, after which it is known for which columns remembering does not pay."""


_LEARNT: dict[str, frozenset[int]] = {}
"""What was learnt, by the text of the function it was learnt of: the next part of the same source need not."""


class Quick:
    """Documents of the records about which nothing is to be said."""

    def __init__(self, assembler: Assembler, name: str) -> None:
        self._assembler = assembler
        self._name = name
        self._context = Context()
        self._left = LEARN
        self._asked: dict[int, int] | None = None
        self._function, self.code = assembler.compile(name)
        self._first = self.code
        learnt = _LEARNT.get(self._first)
        if learnt is not None:
            self._settle(learnt)

    def document(self, record: Record) -> Any:
        """The document, with the record's id set; None when the record has to go the usual way.

        Its lists may be shared with other documents: to be written, not to be changed.
        """
        try:
            document = self._function(record, self._context)
        except Odd:
            document = None
            self._context = Context()  # what was noted is noted again on the usual way
        self._left -= 1
        if not self._left:
            self._learn()
        return document

    def _learn(self) -> None:
        """After the second round: no memo where it had no answer for more than half of the round's records."""
        compiler = self._assembler.compiler
        if self._asked is None:
            self._asked = {number: memo.asked for number, memo in compiler.memos.items()}
            self._left = LEARN
            return
        asked = self._asked
        seldom = {number for number, memo in compiler.memos.items() if memo.asked - asked.get(number, 0) > LEARN // 2}
        _LEARNT[self._first] = frozenset(seldom)
        self._settle(_LEARNT[self._first])

    def _settle(self, direct: frozenset[int]) -> None:
        """Remember nothing of these rules any more."""
        compiler = self._assembler.compiler
        compiler.direct |= direct
        for number in direct:
            compiler.memos[number].clear()
        self._function, self.code = self._assembler.compile(self._name)
        self._left = sys.maxsize
