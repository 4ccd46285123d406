"""Draft a mapping from a source: pick id and title, let the target's drafter do the rest, write it down."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Final

from convert.draft.model import Drafted, Line, Picked, Request
from convert.draft.render import block, comments, section
from convert.draft.yaml import flow, scalar
from convert.errors import PathError, UsageError
from convert.inspect.headings import role_of, steps
from convert.inspect.words import Sayings, Words
from convert.messages.catalogue import visible
from convert.registry import format_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from convert.formats.base import Format
    from convert.inspect.candidates import Candidate
    from convert.inspect.column import Column
    from convert.inspect.profile import Profile

WORDS: Final = Path(__file__).parent / "words.toml"
MOST_COLUMNS: Final = 300
"""Columns of a table that get a rule of their own; ``passthrough`` takes the others."""
MOST_PATHS: Final = 120
DEEPEST: Final = 8
"""Steps of a nested path that gets a rule."""
_SURE_ID: Final = 60  # a heading that says so, or every sign but the heading
_NAMED: Final = 20  # paths named in one comment


@dataclass(frozen=True, slots=True)
class New:
    """A drafted mapping as text, and how many items and open questions it has."""

    text: str
    fields: int
    todo: int


def new(
    profile: Profile,
    target: str,
    *,
    lang: str = "ja",
    id_path: str | None = None,
    title_path: str | None = None,
    out: str | None = None,
    ask: Callable[[str, Sequence[str]], str | None] | None = None,
) -> New:
    """Draft a mapping from ``profile`` to the format ``target``.

    ``id_path`` and ``title_path`` name columns; where they are not plain and ``ask`` is given, it is asked. ``out``
    is the name the file will have. Raises :class:`UnknownName` for a target without a drafter, :class:`PathError`
    for a column that is not there, :class:`UsageError` when no column can be read.
    """
    say = Sayings(WORDS, lang)
    item = format_named(target)
    drafter = item.load_drafter()()
    if not profile.columns:
        raise UsageError(say("no-columns", source=profile.source))
    columns = _worth(profile)
    picked = _pick_id(profile, id_path, say, ask)
    title = _pick_title(profile, title_path, picked, say, ask)
    request = Request(profile, columns, picked, title, lang)
    drafted = drafter.draft(replace(request, id=replace(picked, why=_id_why(profile, picked, say))))
    drafted.todo = [*_id_todo(profile, picked, say), *_title_todo(title, say), *drafted.todo]
    lines = list(_Document(request, item, drafted, say, out).lines())
    return New("\n".join(lines) + "\n", sum(not line.held for line in drafted.fields), len(drafted.todo))


def _worth(profile: Profile) -> tuple[Column, ...]:
    """The columns that get a rule, in their order."""
    if profile.flat:
        return profile.columns[:MOST_COLUMNS]
    fitting = [column for column in profile.columns if column.records and len(steps(column.path)) <= DEEPEST]
    fullest = sorted(fitting, key=lambda column: -column.records)[:MOST_PATHS]
    kept = {column.path for column in fullest}
    return tuple(column for column in profile.columns if column.path in kept)


# ── Id and title ─────────────────────────────────────────────────────────────────────────────────


def _named(profile: Profile, path: str) -> Column:
    found = profile.column(path) or next((column for column in profile.columns if column.heading == path), None)
    number = re.fullmatch(r"#([0-9]{1,9})", path)
    if found is None and number and profile.flat:
        found = next((column for column in profile.columns if column.number == int(number[1])), None)
    if found is None:
        raise PathError(path, "no such column", [column.path for column in profile.columns])
    return found


def _pick_id(profile: Profile, path: str | None, say: Sayings, ask: Callable[..., str | None] | None) -> Picked:
    if path is not None:
        return Picked(_named(profile, path), "stated")
    best = profile.ids[0] if profile.ids else None
    if best is not None and ("heading" in best.reasons or best.points >= _SURE_ID):
        return Picked(_named(profile, best.path), "found" if "heading" in best.reasons else "guess")
    answer = ask(say("ask-id"), _offered(profile.ids, profile)) if ask is not None else None
    if answer is not None:
        return Picked(_named(profile, answer), "stated")
    if best is not None:
        return Picked(_named(profile, best.path), "guess")
    named = next((column for column in profile.columns if _says_id(column, flat=profile.flat)), None)
    return Picked(named or max(profile.columns, key=_tells_apart), "guess")


def _says_id(column: Column, *, flat: bool) -> bool:
    role = role_of(column.heading, flat=flat)
    return role is not None and role.name == "id"


def _offered(candidates: Sequence[Candidate], profile: Profile) -> list[str]:
    first = [candidate.path for candidate in candidates]
    return [*first, *(column.path for column in profile.columns[:30] if column.records and column.path not in first)]


def _tells_apart(column: Column) -> tuple[float, float]:
    different = column.distinct / column.values if column.values else 0.0
    short = column.lengths is not None and column.lengths[2] <= 60 and column.most <= 1
    return (column.fill * (1 if short else 0.5) * different, column.fill)


def _pick_title(
    profile: Profile, path: str | None, picked: Picked, say: Sayings, ask: Callable[..., str | None] | None
) -> Picked | None:
    if path is not None:
        return Picked(_named(profile, path), "stated")
    candidates = [item for item in profile.titles if item.path != picked.column.path]
    best = candidates[0] if candidates else None
    if best is not None and "heading" in best.reasons:
        return Picked(_named(profile, best.path), "found")
    answer = ask(say("ask-title"), _offered(candidates, profile)) if ask is not None else None
    if answer is not None:
        return Picked(_named(profile, answer), "stated")
    return Picked(_named(profile, best.path), "guess") if best is not None else None


def _id_todo(profile: Profile, picked: Picked, say: Sayings) -> Iterator[str]:
    column = picked.column
    if not column.records:
        yield say("id-empty", path=column.path)
    elif column.repeated:
        values = say.listed([f"{repeat.value} {repeat.place.cell or repeat.place}" for repeat in column.repeats])
        label = "id-not-unique" if picked.how == "guess" else "id-repeats"
        yield say(label, path=column.path, repeated=column.repeated, values=values)
    elif picked.how == "guess":
        yield say("id-guess", path=column.path)
    missing = profile.records - column.records
    if missing and column.records:
        yield say("id-missing", path=column.path, n=missing)


def _id_why(profile: Profile, picked: Picked, say: Sayings) -> str:
    if picked.how != "found":
        return say(f"id-{picked.how}-short")
    reasons = next(item.reasons for item in profile.ids if item.path == picked.column.path)
    words = Words(say.lang)
    return say("id-found", reasons=say.listed([words.reason(name) for name in reasons]))


def _title_todo(title: Picked | None, say: Sayings) -> Iterator[str]:
    if title is None:
        yield say("title-none")
    elif title.how == "guess":
        yield say("title-guess", path=title.column.path)


# ── The document ─────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Document:
    request: Request
    target: Format
    drafted: Drafted
    say: Sayings
    out: str | None

    def lines(self) -> Iterator[str]:
        say, profile = self.say, self.request.profile
        name = PurePath(profile.source).name
        yield from self._head()
        yield "mapping: 1"
        yield f"id: {scalar(_identifier(name))}"
        yield f"title: {scalar(say('title', source=name))}"
        yield ""
        yield from self._source_comments()
        yield f"source: {flow(profile.source_block)}"
        yield from section("target", [Line("format", self.target.name), *self.drafted.target])
        yield from section("lookups", self.drafted.lookups)
        yield from section("defs", self.drafted.defs)
        yield from section("record", self.drafted.record)
        yield ""
        for text in self.drafted.legend:
            yield from comments(text)
        yield "fields:"
        yield from block(self.drafted.fields)
        yield from self._rest()

    def _head(self) -> Iterator[str]:
        say, profile = self.say, self.request.profile
        named = self.target.en if say.lang == "en" else self.target.ja
        yield from comments(say("made", source=profile.source, target=f"{named} ({self.target.name})"))
        yield from comments(say("from", records=profile.records))
        if profile.broken:
            yield from comments(say("broken", broken=profile.broken))
        if not profile.complete:
            yield from comments(say("limit", seen=profile.records + profile.broken))
        if self.drafted.todo:
            yield "#"
            yield f"# {say('todo')}"
            for number, text in enumerate(self.drafted.todo, start=1):
                yield from comments(f"{number}. {text}", hang="   ")
        yield "#"
        yield f"# {say('next')}"
        file, source = shlex.quote(self.out or "mapping.yaml"), shlex.quote(profile.source)
        yield f"#   mokuroku mapping check {file} {source}   … {say('check')}"
        yield f"#   mokuroku mapping explain {file} {source} --record 1   … {say('explain')}"
        yield f"#   mokuroku convert {file} {source} -o items.jsonl --report report.csv   … {say('convert')}"

    def _source_comments(self) -> Iterator[str]:
        for option in self.request.profile.options:
            if option.name == "encoding" and not option.stated:
                doubt = "" if option.certain else self.say("doubt")
                yield from comments(self.say("encoding", encoding=option.value, doubt=doubt).rstrip())
            if option.name == "header_row" and not option.stated:
                yield from comments(self._header(option.value))

    def _header(self, row: str) -> str:
        profile = self.request.profile
        rows = profile.source_block.get("header_rows")
        texts = self.say.listed([" ".join(text.split()) for text in profile.above])
        above = self.say("above", text=visible(texts)) if texts else ""
        label = "header-rows" if rows else "header"
        return self.say(label, row=row, rows=rows or "1", above=above).rstrip()

    def _rest(self) -> Iterator[str]:
        """What got no rule: other columns of a table pass through, other paths are named."""
        say, profile = self.say, self.request.profile
        written = {column.path for column in self.request.columns}
        left = [column.path for column in profile.columns if column.path not in written]
        if not left and not profile.unlisted:
            return
        yield ""
        if profile.flat and format_named(profile.format).columns and not profile.unlisted:
            barred = [*self.drafted.held, *(path for path in left if path.startswith("#"))]
            yield from comments(say("passthrough"))
            yield f"passthrough: {flow({'all': 's', 'except': barred} if barred else {'all': 's'})}"
            return
        shown = say.listed(left[:_NAMED])
        hidden = len(left) - _NAMED + profile.unlisted
        yield from comments(say("unwritten", paths=f"{shown} … {say('more', n=hidden)}" if hidden > 0 else shown))


def _identifier(name: str) -> str:
    """A mapping id from a file's name."""
    stem = re.sub(r"[^\w.-]+", "-", name.partition(".")[0]).strip("-.")
    return f"{stem or 'new'}-draft"
