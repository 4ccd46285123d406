"""The dossier laid out once: sections of tables of cells. Text, HTML and workbook only draw it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from convert.check.issue import Severity
from convert.formats.japansearch.dossier.model import exit_code
from convert.formats.japansearch.dossier.rights import GROUPS, RIGHTS, group_codes
from convert.formats.japansearch.model import USES, model
from convert.inspect.words import Sayings
from convert.messages.catalogue import catalogue
from convert.model import column_letters
from convert.report.report import tool

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from convert.check.issue import Issue
    from convert.formats.japansearch.dossier.model import (
        Codes,
        Column,
        Dossier,
        Field,
        Holder,
        Inside,
        Rule,
        Upload,
        Wanted,
    )
    from convert.report.tally import CodeTally

WORDS = Path(__file__).with_name("words.toml")
SIGNS: Final = {"ok": "✓", "empty": "－", "missing": "✗", "bad": "✗", "doubt": "！", "note": "※", "off": "－"}
OWNER: Final = "permission.ownerOrg"
"""The one field that is not on the screen."""
RULE_BASES: Final = {
    **dict.fromkeys(("run", "bom", "members", "columns", "same_columns", "same_shape", "records"), "own"),
    "linkage": "inferred",
}
"""Rules for files that the receiver does not state."""
MESSAGES: Final = 10
"""Different messages that are told of one code."""
PLACES: Final = 3
"""Places that are named for a code."""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark below a cell. ``kind``: a state, a severity, or nothing; ``basis``: known, inferred, own or nothing."""

    text: str
    kind: str = ""
    basis: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell. ``kind``: ``n`` number, ``sign`` a state's sign, ``value`` something to be copied, ``use`` ○ △ ×,
    ``code``, ``tick`` a box; ``state``: how it stands; ``tags``: short words beside the text.
    """

    text: str = ""
    kind: str = ""
    state: str = ""
    tags: tuple[Note, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its headings. ``kinds``: of the columns, as for cells. ``name`` tells tables apart."""

    name: str
    heads: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered part of the dossier."""

    name: str
    title: str
    intro: tuple[str, ...]
    tables: tuple[Table, ...]
    after: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to correct or to look over."""

    severity: Severity
    code: str
    text: str
    count: int
    hint: str
    places: tuple[str, ...]
    more: int
    basis: str
    suggestion: str | None = None


class View:
    """A dossier in one language."""

    def __init__(self, dossier: Dossier, lang: str) -> None:
        self.dossier = dossier
        self.lang = "en" if lang == "en" else "ja"
        self.say = Sayings(WORDS, self.lang)
        self._book = catalogue()

    @property
    def name(self) -> str:
        """The database's name in this language, with its id."""
        values = {field.kind.path: field.value for field in self.dossier.fields}
        name = values.get(f"name.{self.lang}") or values.get("name.ja") or self.say("no_name")
        if not self.dossier.database:
            return name
        return f"{name}（{self.dossier.database}）" if self.lang == "ja" else f"{name} ({self.dossier.database})"

    @property
    def files(self) -> str:
        """The names of the files."""
        return self.say.listed([upload.name for upload in self.dossier.uploads])

    # ── The answer ───────────────────────────────────────────────────────────────────────────────

    @property
    def answer(self) -> str:
        """``pass``, ``look``, ``fail`` or ``part``."""
        if not self.dossier.complete:
            return "part"
        if exit_code(self.dossier, "error"):
            return "fail"
        return "look" if self.dossier.tally.codes else "pass"

    def lines(self) -> Iterator[str]:
        """What was read, in sentences."""
        found = self.dossier
        yield self.say("read", files=len(found.uploads), records=found.records - found.broken)
        if found.broken:
            yield self.say("read_broken", n=found.broken)
        wanted = [field for field in found.fields if field.kind.mandatory]
        yield self.say("mandatory_filled", filled=sum(bool(field.value) for field in wanted), all=len(wanted))
        if found.rights.records:
            known = model().codes[RIGHTS]
            counts = [
                self.say("found_one", name=self._pick(known[group].ja, known[group].en), n=n, share=self._share(n))
                for group, n in found.groups.items()
            ]
            yield self.say("found", counts=self.say.listed(counts))

    def _share(self, number: int) -> str:
        records = self.dossier.rights.records
        return f"{number / records:.1%}" if records else "–"

    def points(self) -> tuple[list[Point], list[Point]]:
        """What must be corrected, and what to look over; worst first."""
        found = [point for code in self.dossier.tally.codes for point in self._of_code(code)]
        return (
            [point for point in found if point.severity >= Severity.ERROR],
            [point for point in found if point.severity < Severity.ERROR],
        )

    def _of_code(self, code: CodeTally) -> Iterator[Point]:
        """One point for a code; one for each message, where all of them are at hand and they are few."""
        samples = code.samples
        by_message: dict[str, list[Issue]] = {}
        for issue in samples:
            by_message.setdefault(self._book.message(issue, self.lang), []).append(issue)
        if len(samples) < code.instances or len(by_message) > MESSAGES:
            yield self._point(code, samples, code.instances)
            return
        for issues in by_message.values():
            yield self._point(code, issues, len(issues))

    def _point(self, code: CodeTally, issues: Sequence[Issue], count: int) -> Point:
        first = issues[0]
        places = tuple(dict.fromkeys(str(issue.at) for issue in issues[:PLACES]))
        return Point(
            code.severity, code.code, self._book.message(first, self.lang), count,
            self._book.hint(first, self.lang), places, max(0, count - PLACES),
            self._book.entry(code.code).basis, first.suggestion,
        )  # fmt: skip

    def basis(self, name: str) -> str:
        """The word for a basis."""
        return self.say(f"basis_{name}") if name else ""

    def _pick(self, ja: str, en: str) -> str:
        return en if self.lang == "en" else ja

    def _heads(self, *names: str, numbers: Sequence[str] = ()) -> tuple[Cell, ...]:
        return tuple(Cell(self.say(name), "n" if name in numbers else "") for name in names)

    def sections(self) -> list[Section]:
        """All of it, in order."""
        return [self._definition(), self._labels(), self._rights(), self._holders(), self._files()]

    def about(self) -> tuple[str, ...]:
        """What the dossier rests on."""
        made = " ".join(tool().values())
        found = self.dossier
        return (
            self.say("about_sources"),
            self.say("about_counts"),
            self.say("about_made", tool=made, mapping=found.mapping, file=found.mapping_file),
        )

    def sign(self, state: str) -> Cell:
        """The sign of a state; its word is for who cannot see it."""
        return Cell(SIGNS[state], "sign", state, (Note(self.say(f"state_{state}")),))

    def _issue_notes(self, issues: Sequence[Issue]) -> tuple[Note, ...]:
        notes = []
        for issue in issues:
            kind = self._book.severity(issue).word
            parts = [self._book.message(issue, self.lang), self._book.hint(issue, self.lang)]
            if issue.suggestion:
                parts.append(self.say("suggestion") + issue.suggestion)
            space = " " if self.lang == "en" else ""
            notes.append(Note(space.join(filter(None, parts)), kind, self._book.entry(issue.code).basis))
        return tuple(notes)

    # ── 1. The database definition ───────────────────────────────────────────────────────────────

    def _definition(self) -> Section:
        found = self.dossier
        heads = self._heads("head_entered", "head_state", "head_field", "head_value")
        rows = tuple(self._field(field) for field in found.fields)
        if found.definition_file is None:
            origin = self.say("definition_inside", file=found.mapping_file)
        else:
            origin = self.say("definition_from", file=found.definition_file)
        return Section(
            "definition",
            self.say("definition"),
            (self.say("definition_intro"), self.say("definition_republish")),
            (Table("definition", heads, rows),),
            (*self._issue_notes(found.definition_issues), Note(origin)),
        )

    def _field(self, field: Field) -> tuple[Cell, ...]:
        kind = field.kind
        tags = [Note(self.say("mandatory"), "must")] if kind.mandatory else []
        if kind.republish:
            word = self.say("republish")
            if kind.republish != "known":
                word += self._pick(f"（{self.basis(kind.republish)}）", f" ({self.basis(kind.republish)})")
            tags.append(Note(word, "republish", kind.republish))
        notes = []
        text = field.value
        if field.labels:
            text = "\n".join(self._choice(*label) for label in field.labels)
            notes.append(Note(self.say("choices", codes=self.say.listed(field.value.splitlines()))))
        if field.state == "missing":
            notes.append(Note(self.say("missing"), "error", "known"))
        elif not field.value and kind.empty_ja:
            meaning = self.say("empty", meaning=self._pick(kind.empty_ja, kind.empty_en))
            notes.append(Note(meaning, "", "" if kind.empty_basis == "own" else kind.empty_basis))
        issues = [issue for issue in field.issues if issue.code != "JPS-DB-FIELD"]
        notes += self._issue_notes(issues)
        name = Cell(self._pick(kind.ja, kind.en), "name", tags=tuple(tags), notes=(Note(kind.path, "path"),))
        value = Cell(text, "value" if text else "", field.state, notes=tuple(notes))
        return Cell("", "tick", "off" if kind.path == OWNER else ""), self.sign(field.state), name, value

    def _choice(self, ja: str, en: str) -> str:
        """A choice of the screen, which is in Japanese."""
        return ja if self.lang == "ja" or ja == en else f"{ja} ({en})"

    # ── 2. The label definition ──────────────────────────────────────────────────────────────────

    def _labels(self) -> Section:
        found = self.dossier
        intro = [self.say("labels_intro")]
        if any(column.there is None or column.there is False for column in found.columns) or not self._is_table():
            intro.append(self.say("labels_from_mapping"))
        intro.append(self.say("labels_served"))
        heads = self._heads("head_entered", "head_number", "head_item", "head_type", "head_labels", "head_served")
        rows = tuple(self._column(column) for column in found.columns)
        heads2 = self._heads("head_state", "head_label", "head_status", "head_items", "head_given")
        rows2 = tuple(self._wanted(wanted) for wanted in found.wanted)
        tables = (Table("labels", heads, rows), Table("wanted", heads2, rows2, self.say("wanted")))
        return Section("labels", self.say("labels"), tuple(intro), tables)

    def _is_table(self) -> bool:
        return any(part.columns is not None for upload in self.dossier.uploads for part in upload.parts)

    def _column(self, column: Column) -> tuple[Cell, ...]:
        known = model()
        labels = [self._pick(known.common[label].ja, known.common[label].en) for label in column.labels]
        notes: tuple[Note, ...] = ()
        if not column.mapped:
            notes = (Note(self.say("unmapped"), "warning"),)
        elif column.there is None:
            notes = (Note(self.say("no_values")),)
        type_name = self._pick(known.types[column.type].ja, known.types[column.type].en)
        number = f"{column.number} ({column_letters(column.number)})"
        return (
            Cell("", "tick"),
            Cell(number, "n"),
            Cell(column.name, "value", notes=notes),
            Cell(f"{column.type} {type_name}"),
            Cell(self.say.listed(labels) or self.say("no_label"), "" if labels else "dim"),
            Cell(column.served, "code"),
        )

    def _wanted(self, wanted: Wanted) -> tuple[Cell, ...]:
        key = model().common[wanted.label]
        given = "" if wanted.given == "various" else wanted.given
        state = "ok" if wanted.items else "empty" if given else "missing" if wanted.mandatory else "note"
        notes: tuple[Note, ...] = ()
        if not wanted.items:
            notes = (Note(self._lacking(wanted, given), "error" if state == "missing" else "", "known"),)
        status = self.say("mandatory" if wanted.mandatory else "if_any")
        return (
            self.sign(state),
            Cell(self._pick(key.ja, key.en), notes=(Note(key.name, "path"),)),
            Cell(status),
            Cell(self.say.listed(list(wanted.items)), notes=notes),
            Cell(given, "code"),
        )

    def _lacking(self, wanted: Wanted, given: str) -> str:
        if given:
            return self.say("no_item_given")
        return self.say("no_item_mandatory") if wanted.mandatory else self.say("no_item", label=wanted.label)

    # ── 3. Rights and access ─────────────────────────────────────────────────────────────────────

    def _rights(self) -> Section:
        found = self.dossier
        either = any(count.either for count in (*found.rights.counts, *found.access.counts))
        intro = [self.say("rights_intro")]
        if either:
            intro.append(self.say("rights_either"))
        heads = (
            Cell(self.say("head_name")),
            *(Cell(self.say(use), "use") for use in USES),
            *self._count_heads(either),
        )
        rows = tuple(self._code_rows("contentsRightsType", found.rights, either, "no_rights"))
        tables = (
            Table("rights", heads, rows, after=(self.say("marks"),)),
            self._groups(),
            self._access(either),
        )
        note = "contradictions" if found.contradictions else "no_contradictions"
        kind = "warning" if found.contradictions else ""
        after = (Note(self.say(note, n=found.contradictions), kind),)
        return Section("rights", self.say("rights"), tuple(intro), tables, after)

    def _count_heads(self, either: bool) -> tuple[Cell, ...]:
        names = ["head_own", "head_inherited", *(["head_either"] if either else []), "head_records"]
        return tuple(Cell(self.say(name), "n") for name in names)

    def _counted(self, numbers: Sequence[int], *, either: bool) -> tuple[Cell, ...]:
        own, inherited, both = numbers
        cells = [own, inherited, *([both] if either else []), own + inherited + both]
        return tuple(map(self._number, cells))

    def _code_rows(self, key: str, codes: Codes, either: bool, none: str) -> Iterator[tuple[Cell, ...]]:
        known = model().codes[key]
        uses = USES if key == RIGHTS else ()
        for count in codes.counts:
            state = "" if count.records else "zero"
            if count.known:
                code = known[count.code]
                name = Cell(self._pick(code.ja, code.en), "", state, notes=(Note(count.code, "path"),))
                marks = tuple(Cell(self.say(f"mark_{code.uses[use]}"), "use", code.uses[use]) for use in uses)
            else:
                name = Cell(count.code, "code", "bad", notes=(Note(self.say("unknown_code"), "error"),))
                marks = tuple(Cell(self.say("mark_unknown"), "use", "unknown") for _ in uses)
            yield name, *marks, *self._counted((count.own, count.inherited, count.either), either=either)
        blank = tuple(Cell("", "use") for _ in uses)
        if codes.other:
            yield Cell(self.say("other_codes")), *blank, *self._counted((codes.other, 0, 0), either=either)
        dashes = tuple(Cell("", "n") for _ in range(3 if either else 2))
        state = "doubt" if codes.none else "zero"
        yield Cell(self.say(none), state=state), *blank, *dashes, self._number(codes.none)
        sums = [sum(counts) for counts in zip(*((c.own, c.inherited, c.either) for c in codes.counts), strict=True)]
        yield (
            Cell(self.say("sum"), "sum"),
            *blank,
            *self._counted(sums, either=either)[:-1],
            self._number(codes.records),
        )

    def _number(self, number: int) -> Cell:
        return Cell(f"{number:,}", "n", "" if number else "zero")

    def _groups(self) -> Table:
        found = self.dossier
        known = model().codes[RIGHTS]
        heads = self._heads("head_group", "head_sum", "head_found", "head_share", numbers=("head_found", "head_share"))
        counted = {count.code: count.records for count in found.rights.counts}
        rows = []
        for group in GROUPS:
            codes = group_codes(group)
            parts = " + ".join(f"{code} {counted[code]:,}" for code in codes)
            number = found.groups[group]
            share = self._share(number)
            name = Cell(self._pick(known[group].ja, known[group].en), notes=(Note(group, "path"),))
            rows.append((name, Cell(parts), Cell(f"{number:,}", "n"), Cell(share, "n")))
        return Table("groups", heads, tuple(rows), self.say("groups"), (self.say("groups_intro"),))

    def _access(self, either: bool) -> Table:
        heads = (Cell(self.say("head_access")), *self._count_heads(either))
        rows = tuple(self._code_rows("contentsAccess", self.dossier.access, either, "no_access"))
        return Table("access", heads, rows, self.say("access"))

    # ── 4. Holders ───────────────────────────────────────────────────────────────────────────────

    def _holders(self) -> Section:
        found = self.dossier
        owner = self._organization(found.owner)
        intro = [self.say("holders_intro")]
        intro.append(self.say("holders_owner", owner=owner) if found.owner else self.say("holders_no_owner"))
        heads = self._heads(
            "head_holder", "head_count", "head_shown", "head_bridge", "head_why", numbers=("head_count",)
        )
        rows = tuple(self._holder(holder) for holder in found.holders)
        after = []
        if found.no_holder:
            after.append(Note(self.say("no_holder", n=found.no_holder), "warning"))
        if found.other_holders:
            after.append(Note(self.say("other_holders", n=found.other_holders)))
        return Section("holders", self.say("holders"), tuple(intro), (Table("holders", heads, rows),), tuple(after))

    def _organization(self, name: str) -> str:
        """An organization's id with its name, where the definition has one."""
        names = next((holder.names for holder in self.dossier.holders if holder.organization == name), ())
        if not names:
            return name
        return f"{names[0]}（{name}）" if self.lang == "ja" else f"{names[0]} ({name})"

    def _holder(self, holder: Holder) -> tuple[Cell, ...]:
        owner = self._organization(self.dossier.owner)
        shown, why = self._shown(holder)
        bridges = {"own": "none", "registered": "owner", "text": "owner", "perhaps": "perhaps", "unknown": "unknown"}
        bridge = self.say(f"bridge_{bridges[holder.display]}", owner=owner)
        names = (*holder.names, holder.name) if holder.names else (holder.name,)
        return (
            Cell(names[0], notes=tuple(Note(name, "path") for name in names[1:])),
            Cell(f"{holder.records:,}", "n"),
            Cell(shown),
            Cell(bridge, "dim" if holder.display == "own" else ""),
            Cell(self.say(why), "dim"),
        )

    def _shown(self, holder: Holder) -> tuple[str, str]:
        """What is shown as the holder, and the name of the words for its basis."""
        if holder.display in ("own", "registered"):
            org = self._organization(holder.organization or holder.name)
            return self.say(f"show_{holder.display}", org=org), f"why_{holder.display}"
        if holder.display != "text":
            return self.say(f"show_{holder.display}", name=holder.name), f"why_{holder.display}"
        if holder.with_url >= holder.records:
            return self.say("show_text_urls", name=holder.name, url=holder.url), "why_text"
        if holder.with_url:
            return self.say("show_text_some", name=holder.name, n=holder.with_url, url=holder.url), "why_text_url"
        if holder.given_url:
            why = "why_text" if holder.inherited or holder.either else "why_text_url"
            return self.say("show_text_url", name=holder.name, url=holder.given_url), why
        return self.say("show_text_plain", name=holder.name), "why_text_plain"

    # ── 5. The files ─────────────────────────────────────────────────────────────────────────────

    def _files(self) -> Section:
        tables = tuple(table for upload in self.dossier.uploads for table in self._upload(upload))
        count = self.dossier.duplicates
        note = Note(self.say("duplicates" if count else "no_duplicates", n=count), "error" if count else "", "known")
        return Section("files", self.say("files"), (self.say("files_intro"), self.say("http")), tables, (note,))

    def _upload(self, upload: Upload) -> Iterator[Table]:
        heads = self._heads("head_state", "head_rule", "head_result")
        alone = len(upload.parts) == 1
        rules = [*upload.rules, *(upload.parts[0].rules if alone else ())]
        facts = [self.say("file_facts", size=upload.size), *(self._facts(upload.parts[0]) if alone else ())]
        lines = (" · ".join(facts), f"{self.say('sha')} {upload.sha256}")
        yield Table("rules", heads, tuple(self._rule(rule) for rule in rules), upload.name, lines)
        for part in () if alone else upload.parts:
            rows = tuple(self._rule(rule) for rule in part.rules)
            yield Table("rules", heads, rows, part.name, (" · ".join(self._facts(part)),))

    def _facts(self, part: Inside) -> Iterator[str]:
        yield self.say(f"kind_{part.kind}")
        if part.shape:
            yield self.say(f"shape_{part.shape}")
        yield self.say("file_records", n=part.records)
        if part.columns is not None:
            yield self.say("file_columns", n=part.columns)
        if part.encoding:
            yield part.encoding.upper()

    def _rule(self, rule: Rule) -> tuple[Cell, ...]:
        slots = dict(rule.slots)
        if rule.name == "kind":
            slots["kind"] = self.say(f"kind_{slots['kind']}")
        if rule.name == "json":
            slots["shape"] = self.say(f"kind_{slots['kind']}")
        result = f"result_{rule.name}"
        if rule.name == "packed" and not slots["packing"]:
            result = "not_packed"
        elif rule.name == "bom" and rule.issues:
            result = "result_bom_there"
        basis = RULE_BASES.get(rule.name, "known")
        tags = () if basis == "known" else (Note(self.basis(basis), "", basis),)
        issues = self._issue_notes(rule.issues)
        told = "" if rule.name == "xls" and issues else self.say(result, **slots)
        return self.sign(rule.state), Cell(self.say(f"rule_{rule.name}"), tags=tags), Cell(told, notes=issues)
