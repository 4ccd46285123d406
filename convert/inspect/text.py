"""A profile as text for a terminal; wide characters take two columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.inspect.view import View, one_line
from convert.inspect.words import Words
from convert.messages.catalogue import visible
from convert.report.layout import clip, pad, width, wrap
from convert.report.text import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from convert.inspect.column import Column
    from convert.inspect.profile import Profile

WIDTH = 100
_NAME = 28
_SAMPLE = 24


def text(profile: Profile, lang: str, *, columns: int = WIDTH) -> str:
    """The whole profile; ends in a line end."""
    return "\n".join(_lines(View(profile, Words(lang)), columns)) + "\n"


def _lines(view: View, columns: int) -> Iterator[str]:
    say, found = view.say, view.profile
    yield clip(view.head(), columns)
    facts = list(view.facts())
    left = max(width(name) for name, _ in facts) + 2
    for name, fact in facts:
        yield from wrap(fact, columns, first=f"  {pad(name, left)}", rest=" " * (left + 2))
    for warning in view.warnings():
        yield from wrap(warning, columns, first="  ! ", rest="    ")
    if found.columns:
        yield ""
        yield from _table(view, columns)
    for title, body in (
        ("damage", list(_damages(view, columns))),
        ("ids", list(_ids(view, columns))),
        ("titles", [f"  {view.candidate(item)}" for item in found.titles] or [f"  {say('none')}"]),
    ):
        if body and (found.columns or title == "damage"):
            yield ""
            yield say(title)
            yield from body
    if found.issues:
        yield ""
        yield say("issues")
        yield from _issues(view, columns)
    if not found.fatal:
        yield ""
        yield say("source")
        yield f"  {view.source_block()}"


def _table(view: View, columns: int) -> Iterator[str]:
    """A line or two for each column: name, figures and kinds, then samples below."""
    say = view.say
    heads = (say("column" if view.profile.flat else "path"), say("fill"), say("distinct"), say("lengths"), say("kind"))
    rows = [(_name(view, column), *_figures(view, column)) for column in view.profile.columns]
    sizes = [max(width(row[n]) for row in [heads, *rows]) for n in range(4)]
    sizes[0] = min(sizes[0], _NAME)
    yield _row(heads, sizes)
    yield "-" * min(columns, sum(sizes) + 8 + width(heads[4]))
    for column, row in zip(view.profile.columns, rows, strict=True):
        start = _row((*row[:4], ""), sizes)
        indent = sum(sizes) + 8
        yield from wrap(row[4], columns, first=pad(start, indent), rest=" " * indent)
        samples = [clip(sample, _SAMPLE) for sample in view.samples(column)]
        if samples:
            shown = " | ".join(samples)
            yield clip(f"    {say('samples')}: {shown}", columns)


def _row(cells: tuple[str, ...], sizes: list[int]) -> str:
    name, fill, distinct, lengths, kind = cells
    named = pad(clip(name, sizes[0]), sizes[0])
    figures = [
        " " * (size - width(cell)) + cell for cell, size in zip((fill, distinct, lengths), sizes[1:], strict=True)
    ]
    return "  ".join([named, *figures, kind]).rstrip()


def _name(view: View, column: Column) -> str:
    name = one_line(column.path)
    return (
        f"{name} {one_line(column.heading)}" if view.profile.flat and column.heading not in ("", column.path) else name
    )


def _figures(view: View, column: Column) -> tuple[str, str, str, str]:
    return view.fill(column), view.distinct(column), view.lengths(column), view.kinds(column)


def _damages(view: View, columns: int) -> Iterator[str]:
    for column, damage in view.damages():
        yield from wrap(view.damage_head(column, damage), columns, first="  ", rest="    ")
        if damage.value:
            yield clip(f"      {view.damage_value(damage)}", columns)
        if damage.places:
            yield from wrap(view.places(damage), columns, first="      ", rest="      ")


def _ids(view: View, columns: int) -> Iterator[str]:
    if not view.profile.ids:
        yield f"  {view.say('none')}"
    for candidate in view.profile.ids:
        yield f"  {view.candidate(candidate)}"
        repeats = view.repeats(candidate)
        if repeats:
            yield from wrap(repeats, columns, first="      ", rest="      ")


def _issues(view: View, columns: int) -> Iterator[str]:
    for noted in view.profile.issues:
        yield f"  {noted.code} {view.say('times', n=noted.count)}"
        for line in listing(noted.first[:1], view.say.lang, width=columns - 4).splitlines():
            yield f"    {line}"
        for issue in noted.first[1:]:
            yield f"    {visible(str(issue.at))}"
