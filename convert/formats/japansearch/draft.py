"""Draft a mapping to Japan Search: an item for every column, labels by its heading, the type by its values."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from convert.draft.model import Block, Drafted, Line
from convert.formats.japansearch.model import lookup_tables, model
from convert.inspect.headings import Role, role_of, steps
from convert.inspect.kinds import yes_no
from convert.inspect.view import one_line, percent
from convert.inspect.words import Sayings, Words
from convert.transforms.text import nfkc, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.draft.model import Request
    from convert.inspect.column import Column

_DATA: Final = Path(__file__).with_name("draft.toml")
_MOST: Final = 0.9
"""Share of values that must have a type's form; a heading that says so needs but half."""
_HALF: Final = 0.5
_CODES: Final = {"rights": "contentsRightsType", "access": "contentsAccess", "contents_type": "contentsType"}
_TABLES: Final = {"rights": "rights", "access": "access", "contents_type": "contents"}
"""Names of the lookups that a draft makes."""
_PLAIN_DAYS: Final = ("date-iso", "date-slash", "date-time")
_LISTED: Final = 30
_MENDED: Final = ("blanks", "halfwidth-kana", "control", "invisible", "decomposed")
_STRONG: Final = ("；", ";", "｜", "|")
_WEAK: Final = ("、", "\n")  # not ／: it stands before a role (中西／著)
_LONG_LIST: Final = 200  # characters of a cell beyond which ; is punctuation of a text
_EXAMPLE: Final = 40
_CODE_NAME: Final = re.compile(
    r"(?:番号|コード|区分|種別|(?<![a-z])(?:id|no)|(?:Type|Code|Role|Level|ID|Unit|Number|_id|_code|_type))\.?\d?$"
)
"""Headings whose numbers are codes: nobody adds them up."""
_PLAIN_ID: Final = re.compile("[A-Za-z0-9_-]+")
_LONGEST_NAME: Final = 100  # a key of YAML has at most 1,024 characters
_UNFIT_NAME: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ufeff]+")


@cache
def _data() -> dict[str, Any]:
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


@dataclass(slots=True)
class _Item:
    """One column on its way to a rule: its type letter, labels, split and steps, and the reasons."""

    column: Column
    role: Role | None
    stem: str
    letter: str = "s"
    labels: list[str] = field(default_factory=list)
    split: str | None = None
    do: list[Any] = field(default_factory=list)
    why: list[str] = field(default_factory=list)
    lost: int = 0

    @property
    def name(self) -> str:
        return f"{self.stem}_{self.letter}"

    def is_role(self, *names: str) -> bool:
        return self.role is not None and self.role.name in names


class JapanSearchDrafter:
    """Drafts what is Japan Search's own: items with types and labels, lookups of codes, the database definition."""

    def draft(self, request: Request) -> Drafted:
        """Everything below ``target``, ``lookups``, ``record`` and ``fields``."""
        return _Drafting(request).drafted()


class _Drafting:
    def __init__(self, request: Request) -> None:
        self.request = request
        self.say = Sayings(_DATA, request.lang)
        self.words = Words(request.lang)
        self.flat = request.profile.flat
        self.result = Drafted()
        self.skipped: str | None = None
        self.codes: set[str] = set()
        self.items = [self._item(column) for column in request.columns]

    def drafted(self) -> Drafted:
        for item in self.items:
            self._type(item)
        self._labels()
        self._record()
        for item in self.items:
            self.result.fields += self._lines(item)
        self._point()
        self._title_of_id()
        self._todo()
        self.result.target = [self._database()]
        source = self.say("legend-table" if self.flat else "legend-paths")
        self.result.legend = [self.say("legend", source=source)]
        return self.result

    # ── Names ────────────────────────────────────────────────────────────────────────────────────

    def _item(self, column: Column) -> _Item:
        role = role_of(column.heading, flat=self.flat)
        return _Item(column, role, self._stem(column))

    def _stem(self, column: Column) -> str:
        """The item's name without its type, unlike any other's."""
        taken = getattr(self, "_taken", None)
        if taken is None:
            taken = self._taken = set[str]()
        text = column.heading if self.flat else "_".join(steps(column.path))
        stem = _UNFIT_NAME.sub(" ", text).strip()[:_LONGEST_NAME].strip() or self.say(
            "stem", n=str(column.number or len(taken) + 1)
        )
        if stem.startswith("common."):
            stem = stem.replace(".", "_", 1)
        if column.path.startswith("#") and self.flat and column.heading:
            stem = f"{stem}（{self.say('stem', n=str(column.number))}）"
        number, wanted = 2, stem
        while stem in taken:
            stem, number = f"{wanted}（{number}）", number + 1
        taken.add(stem)
        return stem

    # ── Types ────────────────────────────────────────────────────────────────────────────────────

    def _type(self, item: _Item) -> None:
        """The type letter by the values; a heading that says the type needs fewer of them."""
        column = item.column
        if column is self.request.id.column:
            item.why.append(self.say("id"))
            return
        if item.is_role("publish", "internal", *_CODES):
            return
        if not column.records:
            item.letter = "u" if item.role is not None and item.role.name.endswith("_url") else "s"
        elif self._is_title(item):
            pass
        elif column.count("html") and not item.is_role("title", "title_yomi", "title_en", "creator"):
            item.letter = "h"
            item.why.append(self.say("html", n=column.count("html")))
        elif self._mostly(item, ("url",), item.role is not None and item.role.name.endswith("_url")):
            item.letter = "u"
            item.why.append(self.say("url"))
        elif self._mostly(item, ("coordinates",), item.is_role("coordinates")):
            item.letter, item.do = "l", ["nfkc"]
            item.why.append(self.say("coordinates"))
            self._lost(item, "coordinates")
        elif self._is_flag(item):
            self._flag(item)
        elif column.count("date-serial"):
            item.why.append(self.say("serial"))
        elif not item.is_role("date") and self._mostly(item, ("day",), item.is_role("acquired", "updated")):
            self._day(item)
        elif self._is_number(item):
            item.letter, item.do = "n", ["decimal"]
            item.why.append(self.say("number"))
            self._lost(item, "integer", "decimal")

    def _is_title(self, item: _Item) -> bool:
        return self.request.title is not None and item.column is self.request.title.column

    def _mostly(self, item: _Item, kinds: tuple[str, ...], said: bool) -> bool:
        return item.column.share(*kinds) >= (_HALF if said else _MOST)

    def _lost(self, item: _Item, *kinds: str) -> None:
        """Values without the type's form: they come out as written in a second item."""
        item.lost = item.column.judged - sum(item.column.count(kind) for kind in kinds)

    def _day(self, item: _Item) -> None:
        column = item.column
        item.letter = "d"
        plain = sum(column.count(kind) for kind in _PLAIN_DAYS)
        self._lost(item, "day")
        if plain < column.count("day") or column.damages or (item.lost and not column.count("date-time")):
            item.do = ["nfkc", "w3cdtf"]
        whole = column.count("day") == column.judged and plain == column.judged
        item.why.append(self.say("day-plain") if whole else self.say("day", share=percent(column.share("day"))))

    def _is_number(self, item: _Item) -> bool:
        column = item.column
        named = item.role is not None and item.role.name in ("id", "date", "isbn", "post", "phone", "place", "title")
        if named or _CODE_NAME.search(column.heading) or column.count("zero") or column.share("date-year") >= _HALF:
            return False
        return self._mostly(item, ("integer", "decimal"), item.is_role("size"))

    def _is_flag(self, item: _Item) -> bool:
        listed = item.column.listed
        if listed is None or len(listed) > 8:
            return False
        words = yes_no(frozenset(value for value, _ in listed))
        if words is None:
            return False
        return item.is_role("flag") or (item.column.count("boolean") > 0 and (bool(words[0]) and bool(words[1])))

    def _flag(self, item: _Item) -> None:
        item.letter = "b"
        values = [value for value, _ in item.column.listed or ()]
        if set(values) <= {"true", "TRUE", "1", "false", "FALSE", "0"}:
            item.why.append(self.say("flag-plain"))
            return
        words = yes_no(frozenset(values))
        yes = words[0] if words else frozenset()
        name = self._lookup_name(item, "flag")
        lines = tuple(Line(value, "true" if value in yes else "false") for value in sorted(values))
        why = (self.say("flag-head", path=item.column.path),)
        self.result.lookups.append(Block(name, (Block("values", lines), Line("missing", "warn")), why))
        item.do = [{"lookup": name}]
        item.why.append(self.say("flag"))

    def _lookup_name(self, item: _Item, name: str) -> str:
        taken = {line.key for line in self.result.lookups}
        number, wanted = 2, name
        while name in taken:
            name, number = f"{wanted}{number}", number + 1
        return name

    # ── Labels ───────────────────────────────────────────────────────────────────────────────────

    def _labels(self) -> None:
        """Give the common labels: those of one value to the column that says it best, the others to all."""
        title = next((item for item in self.items if self._is_title(item)), None)
        if title is not None:
            title.labels = ["title"]
        for role, labels in _data()["labels"].items():
            fitting = [item for item in self.items if item.is_role(role) and self._may(item, role)]
            fitting.sort(key=self._fitness, reverse=True)
            for label in labels:
                key = model().common[label]
                allowed = [item for item in fitting if item.letter in key.items]
                taken = any(label in item.labels for item in self.items)
                for item in allowed if key.many else [] if taken else allowed[:1]:
                    item.labels.append(label)
        self._urls()
        for item in self.items:
            self._told_labels(item)

    def _may(self, item: _Item, role: str) -> bool:
        """Words only for words: a place that is a number, a creator that is a URL, is no label's value."""
        column = item.column
        if item.labels or column is self.request.id.column:
            return False
        if role in ("creator", "place", "holder") and column.records:
            return column.share("text", "kana", "latin") >= _HALF
        return not (role == "date" and column.share("date-time") >= _HALF)  # a time of day: when the record was made

    def _fitness(self, item: _Item) -> tuple[Any, ...]:
        title = self.request.title
        near = title is not None and self._near(item.column.path, title.column.path)
        exact = item.role is not None and item.role.exact
        return (near, exact, -len(steps(item.column.path)) if not self.flat else 0, item.column.records)

    def _near(self, path: str, title: str) -> bool:
        """A reading or translation stands by its title: 作品名ヨミ by 作品名, title.en by title.ja."""
        return path.startswith(title) or (not self.flat and steps(path)[:-1] == steps(title)[:-1])

    def _urls(self) -> None:
        """URLs whose heading says nothing: a manifest or an image tells itself."""
        for item in self.items:
            if item.letter != "u" or item.labels or (item.role is not None and item.role.name != "link_url"):
                continue
            column = item.column
            held = {label for other in self.items for label in other.labels}
            if column.share("manifest") >= _MOST and "iiifUrl" not in held:
                item.labels = ["iiifUrl"]
            elif column.share("image") >= _MOST and "thumbnailUrl" not in held:
                item.labels = ["thumbnailUrl", "contentsUrl"]

    def _told_labels(self, item: _Item) -> None:
        if item.labels:
            names = self.say.listed([self._label_name(label) for label in item.labels])
            labels = self.say.listed(item.labels)
            said = "heading" if item.role is not None else "chosen"
            item.why.insert(0, self.say(said, word=one_line(item.column.heading), name=names, label=labels))
        elif item.is_role("place", "creator", "holder") and item.column.share("integer", "code") >= _HALF:
            item.why.append(self.say("number-label"))
        if item.column.most > 1:
            item.why.append(self.say("several", n=item.column.most))
            if any(not model().common[label].many for label in item.labels):
                item.why.append(self.say("single"))

    def _label_name(self, label: str) -> str:
        key = model().common[label]
        return key.en if self.say.lang == "en" else key.ja

    # ── The record ───────────────────────────────────────────────────────────────────────────────

    def _record(self) -> None:
        picked = self.request.id
        value = {"from": self.request.path(picked.column), "do": "trim"}
        why = [picked.why] if picked.why else []
        odd = next((text for text in picked.column.samples if not _PLAIN_ID.fullmatch(text.strip())), None)
        if odd is not None:
            why.append(self.say("id-letters", value=one_line(odd)[:_EXAMPLE]))
        self.result.record.append(Line("id", value, tuple(why)))
        for item in self.items:
            if item.is_role("publish") and self.skipped is None and item.column is not picked.column:
                self._skip(item)

    def _skip(self, item: _Item) -> None:
        private = {word.casefold() for word in _data()["private"]["values"]}
        found = [(value, n) for value, n in item.column.listed or () if nfkc(value).strip().casefold() in private]
        if found and len(found) < len(item.column.listed or ()):
            values = [value.strip() for value, _ in found]
            count = sum(n for _, n in found)
            why = self.say("skip", path=item.column.path, values=self.say.listed(values), n=count)
            self.skipped = item.column.path
            test = values[0] if len(values) == 1 else values
            self.result.record.append(Line("skip", {self.request.path(item.column): _test(test)}, (why,)))
        elif (
            item.role is not None and item.role.exact and item.column.listed and not _matched(item.column, "access")[0]
        ):
            item.why.append(self.say("no-skip", path=item.column.path))

    # ── Rules ────────────────────────────────────────────────────────────────────────────────────

    def _lines(self, item: _Item) -> list[Line]:
        column = item.column
        if column.path == self.skipped:
            return []
        if item.is_role("internal"):
            self.result.held.append(self.request.path(column))
            return [Line(item.name, self._rule(item), (self.say("held"),), held=True)]
        kind = self._code_kind(item)
        if kind is not None:
            return self._coded(item, kind)
        if not column.records:
            item.why.append(self.say("empty"))
        elif item.letter == "s":
            self._split(item)
            self._mend(item)
        elif item.letter == "u" and column.count("sep:\n"):
            item.split = "\n"
        elif item.letter == "u" and column.damaged("blanks"):
            item.do = ["trim"]
        twin = [Line(f"{item.stem}_s", self.request.path(column), (self.say("written", heading=item.stem),))]
        if item.lost:
            item.why.append(self.say("lost", n=item.lost, item=twin[0].key))
        return [self._line(item), *(twin if item.lost else ())]

    def _line(self, item: _Item) -> Line:
        parts = [*item.why, *self._damage(item.column), *self._example(item.column)]
        if "title" in item.labels:
            parts.insert(0, self.say("title"))
        told = (" " if self.say.lang == "en" else "").join(parts)
        return Line(item.name, self._rule(item), (told,) if told else ())

    def _damage(self, column: Column) -> Iterator[str]:
        """What no step can mend has to be mended in the source."""
        found = [damage for damage in column.damages if damage.sign not in (*_MENDED, "entity")]
        if found:
            count = self.words("times", n=sum(damage.count for damage in found))
            signs = self.say.listed([self.words.damage(damage.sign) for damage in found])
            yield self.say("damage", signs=signs, n=count)

    def _example(self, column: Column) -> Iterator[str]:
        for sample in column.samples[:1]:
            text = one_line(sample)
            yield self.say("example", value=text if len(text) <= _EXAMPLE else text[:_EXAMPLE] + "…")

    def _rule(self, item: _Item) -> Any:
        rule: dict[str, Any] = {"from": self.request.path(item.column)}
        if item.split is not None:
            rule["split"] = item.split
        if item.do:
            rule["do"] = item.do[0] if len(item.do) == 1 and isinstance(item.do[0], str) else item.do
        if item.column is self.request.id.column and item.column.most <= 1:
            rule |= {"do": "trim", "label": "id" if not item.labels else ["id", *item.labels]}
        elif item.labels:
            rule["label"] = item.labels[0] if len(item.labels) == 1 else item.labels
        if "title" in item.labels:
            rule["required"] = True
        return rule["from"] if len(rule) == 1 else rule

    def _split(self, item: _Item) -> None:
        """Cells that hold several values, where the separator can hardly be anything else."""
        column = item.column
        if (
            column is self.request.id.column
            or self._is_title(item)
            or item.is_role("description", "title_yomi", "title_en")
        ):
            return
        listing = item.is_role("creator", "place", "date") and column.lengths is not None and column.lengths[1] <= 40
        short = column.lengths is not None and column.lengths[2] <= _LONG_LIST
        marks = [mark for mark in _STRONG if short and column.count(f"sep:{mark}")]
        if listing and item.is_role("creator"):
            marks += [mark for mark in _WEAK if column.share(f"sep:{mark}") >= 0.02]
        if not marks:
            return
        count = sum(column.count(f"sep:{mark}") for mark in marks)
        shown = " ".join(self.say("marks-line") if mark == "\n" else mark for mark in marks)
        item.why.append(self.say("split", marks=shown, n=count))
        if len(marks) == 1:
            item.split = marks[0]
        else:
            item.do = [{"split": mark} for mark in marks]

    def _mend(self, item: _Item) -> None:
        """Labelled text is always tidied, other text where something is to be tidied."""
        column = item.column
        signs = [damage.sign for damage in column.damages if damage.sign in _MENDED]
        if signs:
            item.why.append(self.say("clean", signs=self.say.listed([self.words.damage(sign) for sign in signs])))
        if column.damaged("entity"):
            item.why.append(self.say("entity", n=column.damaged("entity")))
        if signs or item.labels:
            item.do.append("safe")
        if "titleYomi" in item.labels:
            mixed = 0 < column.count("hiragana") < column.judged or column.damaged("halfwidth-kana")
            if mixed:
                item.do.append("katakana")
                item.why.append(self.say("reading"))
        if item.split is not None or any(isinstance(step, dict) for step in item.do):
            item.do.append("unique")

    # ── Codes ────────────────────────────────────────────────────────────────────────────────────

    def _code_kind(self, item: _Item) -> str | None:
        """The code list a column belongs to: by its heading, or by values of a column about publishing."""
        if item.column is self.request.id.column or self._is_title(item):
            return None
        for kind in _CODES:
            if item.is_role(kind) and kind not in self.codes:
                return kind
        if item.is_role("publish") and "access" not in self.codes and _matched(item.column, "access")[0]:
            return "access"
        return None

    def _coded(self, item: _Item, kind: str) -> list[Line]:
        """The words as an item, and the code in ``common``, by a lookup of the values that occur."""
        column, key = item.column, _CODES[kind]
        name = self._label_name(key)
        codes = self.say.listed(sorted(model().codes_of(key, "item")))
        if column.listed is None or len(column.listed) > _LISTED:
            item.why.append(self.say("lookup-free", name=name))
            return [self._line(item)]
        known, unknown, file = _matched(column, kind)
        if not known:
            if column.records and item.role is not None and item.role.exact:
                item.why.append(self.say("lookup-none", name=name, codes=codes, key=key))
            return [self._line(item)]
        self.codes.add(kind)
        table = self._lookup_name(item, _TABLES[kind])
        path = self.request.path(column)
        if file is not None:
            shown = self.say.listed([f"{value.strip()} → {code}" for value, code, _ in known])
            why = self.say("lookup", name=name, table=table, values=shown)
            shipped = {"file": f"lookups/{file}", "key": "url" if "url" in file else "label", "value": "code"}
            told = (self.say("lookup-shipped", path=column.path),)
            self.result.lookups.append(Line(table, shipped | {"missing": "error"}, told))
        else:
            why = self.say("lookup-own", name=name, table=table)
            self.result.lookups.append(self._own_table(column, table, known, unknown, codes))
            values = self.say.listed([value for value, _ in unknown])
            self.result.todo.append(self.say("rights-todo", path=column.path, n=len(unknown), values=values))
        steps_: list[Any] = ["nfkc", "squeeze", "trim", {"lookup": table}]
        item.why.append(self.say("code"))
        return [self._line(item), Line(f"common.{key}", {"from": path, "do": steps_}, (why,))]

    def _own_table(
        self, column: Column, table: str, known: list[tuple[str, str, int]], unknown: list[tuple[str, int]], codes: str
    ) -> Block:
        """A lookup with every value that occurs; those without a code stand behind ``#``."""
        lines = [Line(value, code) for value, code, _ in known]
        lines += [Line(value, "?", (self.say("lookup-count", n=n),), held=True) for value, n in unknown]
        why = (self.say("lookup-head", path=column.path), self.say("lookup-codes", codes=codes))
        return Block(table, (Block("values", tuple(lines)), Line("missing", "error")), why)

    # ── The rest ─────────────────────────────────────────────────────────────────────────────────

    def _point(self) -> None:
        """Latitude and longitude in two columns make a point, unless a column has both."""
        if any("coordinates" in item.labels for item in self.items):
            return
        lat, lon = (
            next((item.column for item in self.items if item.is_role(name) and self._degrees(item.column)), None)
            for name in ("latitude", "longitude")
        )
        if lat is None or lon is None:
            return
        stem = "緯度経度" if self.say.lang == "ja" else "coordinates"
        taken: set[str] = self._taken
        while stem in taken:
            stem += "（2）"
        one, two = (
            f"#{column.number}" if re.search("[{}]", column.path) else self.request.path(column)
            for column in (lat, lon)
        )
        value = {"template": f"{{{one}}},{{{two}}}", "do": "nfkc", "label": "coordinates"}
        why = self.say("joined", lat=lat.path, lon=lon.path)
        self.result.fields.append(Line(f"{stem}_l", value, (why,)))

    def _degrees(self, column: Column) -> bool:
        return column.share("decimal", "integer", "date-year") >= _MOST

    def _title_of_id(self) -> None:
        """Without a title nothing can be written: the id stands in for it."""
        if self.request.title is None:
            path = self.request.path(self.request.id.column)
            why = (self.say("title"),)
            self.result.fields.insert(0, Line("common.title", {"from": path, "do": "safe", "required": True}, why))

    def _todo(self) -> None:
        labels = {label for item in self.items for label in item.labels}
        todo = [self.say("database-todo")]
        if "rights" not in self.codes:
            codes = self.say.listed(sorted(model().codes_of("contentsRightsType", "item")))
            todo.append(self.say("no-rights", codes=codes))
        if self.result.held:
            todo.append(self.say("held-todo", paths=self.say.listed(self.result.held)))
        self.result.todo += todo
        if "linkUrl" not in labels:
            template = {"template": "https://example.jp/item/{$id}"}
            self.result.fields.append(Line("common.linkUrl", template, (self.say("no-link"),), held=True))

    def _database(self) -> Block:
        """A definition that passes, every value a placeholder."""
        say = self.say
        categories = ", ".join(
            f"{code.name} {code.en if say.lang == 'en' else code.ja}" for code in model().codes["category"].values()
        )
        name = {"ja": say("db-name-ja"), "en": say("db-name-en"), "yomi": "データベースメイ"}
        lines: list[Line | Block] = [
            Line("id", "my_database", (say("db-id"),)),
            Line("name", name, (say("db-name"),)),
            Line("description", {"ja": say("db-description-ja")}, (say("db-description"),)),
            Line("category", ["cultural"], (say("db-category", codes=categories),)),
            Line(
                "permission",
                {"level": "PUBLIC", "publicationLevel": "PUBLIC", "ownerOrg": "my_organization"},
                (say("db-owner"),),
            ),
            *self._inherited(),
        ]
        return Block("database", tuple(lines), (say("database"), say("database-file")))

    def _inherited(self) -> Iterator[Line]:
        examples = (("contentsRightsType", "uneval"), ("contentsAccess", "internet"), ("contentsType", "image"))
        for number, (key, value) in enumerate(examples):
            why = (self.say("db-inherited"),) if number == 0 else ()
            yield Line(key, value, why, held=True)
        yield Line("provider", "…", held=True)


def _test(value: str | Sequence[str]) -> Any:
    """A condition's value; the words ``present`` and ``absent`` mean something else there."""
    return {"equals": value} if value in ("present", "absent") else value


def _matched(column: Column, kind: str) -> tuple[list[tuple[str, str, int]], list[tuple[str, int]], str | None]:
    """The listed values with their codes, those without, and the shipped table that has them all."""
    tables = lookup_tables(_CODES[kind])
    values = [(value, squeeze(nfkc(value)).strip(), n) for value, n in column.listed or ()]
    whole = next(
        (name for name, table in tables.items() if values and all(text in table for _, text, _ in values)), None
    )
    known, unknown = [], []
    for _, text, n in values:
        code = next((table[text] for table in tables.values() if text in table), None)
        if code is not None:
            known.append((text, code, n))
        else:
            unknown.append((text, n))
    return known, unknown, whole
