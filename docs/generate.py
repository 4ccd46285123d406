"""Write the reference pages, the schema of mapping files, and the output shown in README and docs.

``python docs/generate.py`` writes what is stale; ``--check`` only lists it and ends with 1. A fenced block of
the kind ``console`` holds a command and what it printed; ``head=12 tail=3 cut=100`` after the word shorten the
output to so many first and last lines and columns. Commands write below ``out/``.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import inspect
import os
import re
import shlex
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.testing import CliRunner

from convert.check import profile_schema
from convert.check.issue import Severity
from convert.cli import cli
from convert.examples import FILE as EXAMPLES
from convert.examples import Example, Situation, read_examples, show
from convert.examples.running import Ran, run_side
from convert.formats.dcndl.checking import shapes, xsd
from convert.formats.dcndl.model import model as dcndl_model
from convert.formats.japansearch.model import model
from convert.mapping import schema
from convert.messages.catalogue import MEANINGS, Catalogue, Entry
from convert.registry import formats, own_transforms, plugins
from convert.report.layout import clip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from convert.formats.base import Format, Option
    from convert.formats.japansearch.model import CommonKey
    from convert.transforms import Parameter, Transform

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
MADE_BY = (
    "<!-- docs/generate.py が作るページです。手で直さないでください。 / Made by docs/generate.py; do not edit. -->"
)
SEVERITIES = {word: told["ja"] for word, told in MEANINGS["severity"].items()}
EFFECTS = {word: f"{told['ja']} / {told['en']}" for word, told in MEANINGS["effect"].items()}
BASES = {word: f"{told['ja']} / {told['en']}" for word, told in MEANINGS["basis"].items()}
GROUPS = {
    "SRC": "入力ファイル / Source files",
    "MAP": "対応表とその実行 / Mapping tables",
    "VAL": "値の点検 / Checks of values",
    "JPS": "ジャパンサーチ / Japan Search",
    "PKG": "提出用パッケージ / Delivery packages",
    "DLV": "サンプル・全件・差分 / Samples, full and differential loads",
    "HRV": "収集 / Harvests",
    "STO": "ストア / The local store",
    "DSET": "提出データ全体 / The whole delivery",
}


# ── Markdown ─────────────────────────────────────────────────────────────────────────────────────


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table."""
    lines = [list(header), *(list(row) for row in rows)]
    cells = [[cell.replace("|", "\\|").replace("\n", "<br>") for cell in line] for line in lines]
    text = [f"| {' | '.join(line)} |" for line in cells]
    return "\n".join([text[0], f"|{'---|' * len(cells[0])}", *text[1:]])


def page(title: str, intro: str, parts: Iterable[str]) -> str:
    """A generated page."""
    return "\n\n".join([MADE_BY, f"# {title}", intro, *parts]) + "\n"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is: a tag's bracket and a slot's braces stay visible."""
    return re.sub(r"(\{[A-Za-z_]+\})", r"`\1`", text.replace("{{", "{").replace("}}", "}").replace("<", "&lt;"))


# ── Issue codes ──────────────────────────────────────────────────────────────────────────────────


def own_catalogue() -> Catalogue:
    """The catalogue without plug-ins, whatever is installed here."""
    return Catalogue(sorted((ROOT / "convert").rglob("codes.toml")))


def codes_page() -> str:
    """``docs/reference/codes.md``."""
    entries = own_catalogue().codes()
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.code.partition("-")[0], []).append(entry)
    parts = [_legend()]
    for name in sorted(groups, key=lambda item: [*GROUPS, item].index(item)):
        title = f"{name}：{GROUPS[name]}" if name in GROUPS else name
        parts += [f"## {title}", *(_code(entry) for entry in groups[name])]
    intro = (
        "報告に出るコードの一覧です。`mokuroku codes コード` でも見られます。`{…}` には実際の値が入ります。\n\n"
        "Every issue code; `mokuroku codes CODE` prints one. `{…}` stands for the actual value."
    )
    return page("指摘のコード / Issue codes", intro, parts)


def _legend() -> str:
    severity = table(["重さ / severity", ""], [[f"`{word}`", ja] for word, ja in SEVERITIES.items()])
    effect = table(["結果 / effect", ""], [[f"`{word}`", text] for word, text in EFFECTS.items()])
    basis = table(["根拠 / basis", ""], [[f"`{word}`", text] for word, text in BASES.items()])
    return "\n\n".join([severity, effect, basis])


def _code(entry: Entry) -> str:
    facts = f"`{entry.severity.word}` · `{entry.effect}` · `{entry.basis}`"
    facts += f" · → `{entry.stored}`" if entry.stored else ""
    rows = [
        ["日本語", escaped(entry.ja), escaped(entry.hint_ja)],
        ["English", escaped(entry.en), escaped(entry.hint_en)],
    ]
    reference = f" — {escaped(entry.reference)}" if entry.reference else ""
    examples = f"例 / examples: [日本語](codes/{entry.code}.md) · [English](codes/{entry.code}.en.md)"
    parts = [f"### {entry.code}", facts + reference, table(["", "内容 / message", "直し方 / hint"], rows)]
    return "\n\n".join(parts + [examples] * (entry.code in own_examples()))


# ── Transforms ───────────────────────────────────────────────────────────────────────────────────


def japanese_summaries() -> dict[str, str]:
    """What each transform does, in Japanese, from ``docs/transforms.ja.toml``."""
    with (DOCS / "transforms.ja.toml").open("rb") as file:
        return tomllib.load(file)


def transforms_page() -> str:
    """``docs/reference/transforms.md``."""
    own = own_transforms()
    words = japanese_summaries()
    items = [own[name] for name in sorted(own)]
    rows = [
        [f"[`{item.name}`](#{item.name})", item.kind, words.get(item.name, "—"), escaped(_summary(item))]
        for item in items
    ]
    parts = [table(["名前 / name", "種類 / kind", "日本語", "English"], rows)]
    parts += [_transform(item, words) for item in items]
    intro = (
        "対応表の `do` に書ける処理です。読めない値には答えません（値は出ず、`MAP-NO-VALUE` を報告します）。\n"
        "点検する処理は値を残し、`VAL-…` を報告します。\n"
        "種類は `value`（1 つ → 1 つか、なし）、`expand`（1 つ → いくつか）、`list`（全部 → 全部）です。\n\n"
        "The steps that `do` takes. A value that a step cannot read gets no answer: it is left out and reported as\n"
        "`MAP-NO-VALUE`. Steps that check keep the value and report `VAL-…`. Kinds: `value` (one → one or none),\n"
        "`expand` (one → many), `list` (all → all)."
    )
    return page("処理 / Transforms", intro, parts)


def _summary(item: Transform) -> str:
    """The first paragraph of the docstring, on one line, without its doctest."""
    return " ".join(item.doc.partition("\n\n")[0].split())


def _transform(item: Transform, words: dict[str, str]) -> str:
    prose, sign, examples = item.doc.partition(">>>")
    parts = [f"### {item.name}", words.get(item.name, "—"), escaped(prose.strip())]
    if item.parameters:
        parts.append(table(["引数 / argument", "型 / type", "省略時 / default"], map(_parameter, item.parameters)))
    if sign:
        parts.append(f"```python\n{inspect.cleandoc(sign + examples)}\n```")
    return "\n\n".join(parts)


def _parameter(parameter: Parameter) -> list[str]:
    names = {"str": "text", "int": "whole number", "bool": "true | false"}
    kind = parameter.type if isinstance(parameter.type, tuple) else (names[parameter.type.__name__],)
    default = "必須 / required" if parameter.required else _shown(parameter.default)
    return [f"`{parameter.name}`", " | ".join(kind), default]


def _shown(value: Any) -> str:
    if value is None:
        return "—"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`".replace("\t", "\\t")


# ── Formats ──────────────────────────────────────────────────────────────────────────────────────


def formats_page() -> str:
    """``docs/reference/formats.md``."""
    theirs = plugins("formats")
    own = [item for name, item in sorted(formats().items()) if name not in theirs]
    rows = [
        [f"[`{item.name}`](#{item.name})", *map(_tick, (item.reader, item.target, item.checker)), item.ja, item.en]
        for item in own
    ]
    header = ["名前 / name", "入力 / source", "出力 / target", "検査 / check", "日本語", "English"]
    intro = (
        "対応表の `source` と `target` に書ける形式と、その設定です。コマンドでは `-r 名前=値`（読み方）、"
        "`-w 名前=値`（書き方）とも書けます。\n\n"
        "The formats that `source` and `target` of a mapping may name, and their options; on the command line\n"
        "`-r NAME=VALUE` sets a reader option, `-w NAME=VALUE` a writer option."
    )
    return page("形式 / Formats", intro, [table(header, rows), *map(_format, own)])


def _tick(there: str | None) -> str:
    return "○" if there else ""


def _format(item: Format) -> str:
    parts = [f"### {item.name}", f"{item.ja} / {item.en}"]
    rows = [
        *(_option("-r", option) for option in item.read_options),
        *(_option("-w", option) for option in item.write_options),
    ]
    if rows:
        parts.append(table(["", "設定 / option", "値 / value", "省略時 / default", "日本語", "English"], rows))
    return "\n\n".join(parts)


def _option(flag: str, option: Option) -> list[str]:
    values = " | ".join(option.choices) or option.kind
    return [flag, f"`{option.name}`", values, _shown(option.default), option.ja, option.en]


# ── Japan Search ─────────────────────────────────────────────────────────────────────────────────

STATUS = {
    "required": "必須 / required",
    "if_any": "あれば必須 / if there is any",
    "optional": "任意 / optional",
    "given": "定義から / from the definition",
}
LEVELS = {
    "item": "資料・データベース定義 / items and definitions",
    "database": "データベース定義だけ / definitions only",
    "group": "検索だけ / searches only",
}


def japansearch_page() -> str:
    """``docs/reference/japansearch.md``."""
    known = model()
    types = [[f"`_{label.name}`", label.ja, label.en] for label in known.types.values()]
    keys = [_common(key) for key in known.common.values()]
    parts = ["## 型 / Types", table(["終わり / ending", "日本語", "English"], types), "## 共通項目 / Common keys"]
    header = ["キー / key", "日本語", "English", "登録 / status", "付けられる型 / types", "定義 / definition"]
    parts.append(table(header, keys))
    for name, codes in known.codes.items():
        rows = [[f"`{code.name}`", code.ja, code.en, LEVELS[code.level]] for code in codes.values()]
        parts += [f"## {name}", table(["コード / code", "日本語", "English", "使える所 / where"], rows)]
    intro = (
        "項目名の終わりに書く型、`label:` に書く共通項目、コード表です。「定義」は、資料に値がないときに値をもらう"
        "データベース定義の欄です。\n\n"
        "The types that end an item's name, the common keys that `label:` takes, and the code lists. *Definition* is\n"
        "where the database definition holds the value for items that have none of their own."
    )
    return page("ジャパンサーチの型・共通項目・コード / Japan Search types, common keys, codes", intro, parts)


def _common(key: CommonKey) -> list[str]:
    letters = " ".join(f"`_{letter}`" for letter in key.items)
    return [
        f"`{key.name}`",
        key.ja,
        key.en,
        STATUS[key.status],
        letters,
        f"`{key.definition}`" if key.definition else "",
    ]


# ── DC-NDL ───────────────────────────────────────────────────────────────────────────────────────

DCNDL_WORDS = {
    "ja": {
        "title": "DC-NDL(RDF) の項目",
        "intro": "対応表の出力項目（`target: {format: dcndl}`）で、読むときのパスの始まりでもあります。"
        "[English](dcndl.en.md)\n\n"
        "国立国会図書館の項目定義（必須・回数の表）は手元になく、次のものは、同館が出力したレコード（2021年、2025年）と"
        "語彙から起こしました。**「回数」と「必要」は見た範囲のことで、同館の決まりではありません。**\n\n"
        "書き方：literal 文字列、typed 種類（`type:`）のある文字列、structure 値と読み、agent 人や団体、"
        "subject 件名か分類、link URI、material 資料種別、part 部分、collection 並び、item 個体、about ノードの URI。",
        "header": ["名前", "要素", "内容", "書き方", "回数", "必要", "根拠", "版"],
        "members": "`object:` の中に書ける項目",
        "types": "`type:` に書ける種類",
        "materials": "資料種別（materialType）",
        "admin": "管理情報（dcndl:BibAdminResource）",
        "bib": "書誌情報（dcndl:BibResource）",
        "item": "個体（dcndl:Item）",
        "oai": "OAI-PMH", "yomi": "読み",
        "known": "出力例か資料にある", "inferred": "推定", "unknown": "不明",
        "required": "見たすべてにある", "advised": "ほとんどにある", "optional": "", "given": "NDLが付ける",
    },
    "en": {
        "title": "The names of DC-NDL(RDF)",
        "intro": "The target names of `target: {format: dcndl}`, and the first step of paths when DC-NDL is read. "
        "[日本語](dcndl.md)\n\n"
        "NDL's own table of levels and counts was not at hand. What stands here was taken from records NDL gave out\n"
        "(2021, 2025) and from the vocabulary. **Count and need are what was seen, not NDL's rules.**\n\n"
        "Written as: literal, a text; typed, a text of a kind (`type:`); structure, value and reading; agent, a\n"
        "person or body; subject, a heading or class; link, a URI; material, a material type; part; collection, a\n"
        "list; item; about, the URI of a node.",
        "header": ["Name", "Element", "What it is", "Written as", "Count", "Need", "Source", "Version"],
        "members": "Members of `object:`",
        "types": "What `type:` may say",
        "materials": "Material types (materialType)",
        "admin": "Administrative node (dcndl:BibAdminResource)", "bib": "Description (dcndl:BibResource)",
        "item": "Item (dcndl:Item)", "oai": "OAI-PMH", "yomi": "reading",
        "known": "seen or stated", "inferred": "inferred", "unknown": "unknown",
        "required": "in all seen", "advised": "in nearly all seen", "optional": "", "given": "given by NDL",
    },
}  # fmt: skip


def dcndl_page(lang: str = "ja") -> str:
    """``docs/reference/dcndl.md``, or the English page beside it."""
    known, words = dcndl_model(), DCNDL_WORDS[lang]
    parts = []
    for node in ("oai", "admin", "bib"):
        rows = [_dcndl_name(name, lang) for name in known.of(node)]  # type: ignore[arg-type]
        parts += [f"## {words[node]}", table(words["header"], rows)]
    parts.append(f"## {words['members']}")
    for kind, members in known.members.items():
        rows = [_dcndl_name(member, lang) for member in members.values()]
        parts += [f"### {words['item'] if kind == 'item' else kind}", table(words["header"], rows)]
    parts.append(f"## {words['types']}")
    for group, types in known.types.items():
        rows = [[f"`{item.name}`", item.ja, str(words[item.source])] for item in types.values()]
        parts += [f"### {group}", table(["type", "日本語", str(words["header"][6])], rows)]
    rows = [[f"`{item.code}`", item.ja, f"<{item.uri}>", str(words[item.source])] for item in known.materials.values()]
    parts += [f"## {words['materials']}", table(["code", "日本語", "URI", str(words["header"][6])], rows)]
    return page(str(words["title"]), str(words["intro"]), parts)


def _dcndl_name(name: Any, lang: str) -> list[str]:
    words = DCNDL_WORDS[lang]
    datatype = (name.datatype or "").rpartition("/")[2]
    marks = [f"`{datatype}`"] * bool(datatype) + [f"+ {words['yomi']}"] * name.yomi
    form = " ".join([name.kind, *marks])
    most = "" if name.most is None else f"≤ {name.most}"
    level = str(words[name.level])
    version = "" if name.version is None else str(name.version)
    told = name.ja if lang == "ja" else name.en
    return [f"`{name.name}`", f"`{name.element}`", told, form, most, level, str(words[name.source]), version]


# ── 総合目録共通フォーマット and DC-NDL ──────────────────────────────────────────────────────────

HELD_WORDS = {
    "ja": {
        "title": "総合目録共通フォーマットに書ける DC-NDL の項目",
        "intro": "DC-NDL(RDF) の項目を一つずつ `dcndl/dcndl-to-somoku` で書き、`somoku/somoku-to-dcndl-tidied` で"
        "読み直して、比べた結果です（レイアウト `somoku-3-draft`）。[English](somoku-dcndl.en.md)\n\n"
        "**レイアウトは仕様書で確かめられていない下書きです。**仕様書にある要素は、自館のレイアウトに加えれば書けるようになります。\n\n"
        "○ そのまま戻る、△ 一部が戻る、× 書く所がない。[ ] は `type:`、「.」のあとは `object:` の中の項目です。",
        "header": ["DC-NDL", "内容", "書ける", "要素", "わけ"],
        "none": "要素がありません。",
    },
    "en": {
        "title": "What the union catalogue common format holds of DC-NDL",
        "intro": "Every name of DC-NDL(RDF) was written by `dcndl/dcndl-to-somoku`, read again by\n"
        "`somoku/somoku-to-dcndl-tidied` and compared (layout `somoku-3-draft`). [日本語](somoku-dcndl.md)\n\n"
        "**The layout is a draft that was not checked against the specification.** Elements that your specification\n"
        "has are held as soon as your own layout has them.\n\n"
        "○ comes back as it was, △ comes back in part, × has no place. [ ] is the `type:`, what follows a dot a\n"
        "member of `object:`.",
        "header": ["DC-NDL", "What it is", "Held", "Elements", "Why"],
        "none": "no element",
    },
}  # fmt: skip
HELD_MARKS = {"whole": "○", "part": "△", "no": "×"}


@cache
def held_rows() -> list[Any]:
    """What ``somoku_held.py`` found out."""
    spec = importlib.util.spec_from_file_location("docs_somoku_held", DOCS / "somoku_held.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("docs/somoku_held.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    found: list[Any] = module.tried()
    return found


def held_page(lang: str = "ja") -> str:
    """``docs/reference/somoku-dcndl.md``, or the English page beside it."""
    words, why = HELD_WORDS[lang], tomllib.loads((DOCS / "somoku-held.toml").read_text(encoding="utf-8"))
    held, alike = [], {}
    for row in held_rows():
        told = why.get(row.key, {}).get(lang, "")
        if row.held == "no" and not told:
            alike.setdefault(row.top, []).append(row)
            continue
        elements = "、".join(f"`{name}`" for name in row.elements)
        held.append([f"`{row.key}`", getattr(row.name, lang), HELD_MARKS[row.held], elements, told])
    some = {row.top for row in held_rows() if row.held != "no"}
    lost = []
    for top, rows in alike.items():
        keys = [row.key for row in rows] if top in some else [top]
        told = getattr(dcndl_model().names[top], lang)
        lost.append([" ".join(f"`{key}`" for key in keys), told, "×", "", words["none"]])
    return page(str(words["title"]), str(words["intro"]), [table(words["header"], [*held, *lost])])


# ── Commands ─────────────────────────────────────────────────────────────────────────────────────


def commands(group: click.Group, above: str = "mokuroku") -> Iterator[tuple[str, click.Command]]:
    """Every command with its whole name, groups left out."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{above} {name}")
        elif command is not None:
            yield f"{above} {name}", command


def cli_page() -> str:
    """``docs/reference/cli.md``."""
    intro = (
        "`mokuroku` のコマンドです。終了コードは 0（問題なし）、1（`--fail-on` 以上の指摘あり）、"
        "2（使い方か対応表の誤り。何も書きません）、3（途中で止まった、または一部だけ）です。\n\n"
        "The commands of `mokuroku`. Exit codes: 0 nothing at `--fail-on`, 1 something, 2 usage or mapping error\n"
        "(nothing written), 3 broken or incomplete."
    )
    return page("コマンド / Commands", intro, [_command(name, command) for name, command in commands(cli)])


def _command(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    rows = []
    for parameter in command.get_params(context):
        if isinstance(parameter, click.Option) and "--help" not in parameter.opts:
            rows.append([_flags(parameter), _values(parameter), _default(parameter), parameter.help or ""])
    header = ["オプション / option", "値 / value", "省略時 / default", "説明 / help"]
    return "\n\n".join(
        [f"## {name}", inspect.cleandoc(command.help or ""), f"```text\n{usage}\n```", table(header, rows)]
    )


def _flags(option: click.Option) -> str:
    return ", ".join(f"`{flag}`" for flag in sorted([*option.opts, *option.secondary_opts], key=len))


def _values(option: click.Option) -> str:
    if option.is_flag:
        return ""
    if isinstance(option.type, click.Choice):
        return " | ".join(option.type.choices)
    return option.metavar or {"integer range": "N"}.get(option.type.name, option.type.name)


def _default(option: click.Option) -> str:
    shown = option.to_info_dict()["default"]
    return f"`{shown}`" if isinstance(shown, str | int) and not option.is_flag else ""


# ── Output of commands ───────────────────────────────────────────────────────────────────────────

FENCE = re.compile(
    r"^```(?P<kind>console|text main)(?P<cuts>(?: (?:head|tail|cut)=\d+)*)\n(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
COMMAND = ".venv/bin/mokuroku "


@contextlib.contextmanager
def _at_root() -> Iterator[None]:
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        yield
    finally:
        os.chdir(before)


def run(line: str) -> str:
    """What a ``mokuroku …`` command prints, run at the top of the checkout."""
    arguments = shlex.split(line)[1:]
    with _at_root():
        result = CliRunner(env={"MOKUROKU_LANG": None, "COLUMNS": "100"}).invoke(cli, arguments, prog_name="mokuroku")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.output.rstrip("\n")


def first_command(text: str) -> str:
    """The one line of the first ``sh`` block of a page."""
    found = re.search(r"^```sh\n(.*?)\n```$", text, re.M | re.S)
    if found is None:
        raise ValueError("no sh block")
    return found[1]


def run_main(line: str) -> str:
    """What the README's first command prints once everything is installed."""
    printed = []
    for part in line.split(" && "):
        if part.startswith(COMMAND):
            printed.append(run(part.removeprefix(".venv/bin/")))
        elif part.startswith("head -n 1 "):
            file = ROOT / part.removeprefix("head -n 1 ")
            printed.append(file.read_text(encoding="utf-8").partition("\n")[0])
    return "\n".join(printed)


def shortened(text: str, cuts: str) -> str:
    """The output with as many lines and columns as the fence asks for."""
    sizes = {name: int(number) for name, number in (pair.split("=") for pair in cuts.split())}
    lines = text.split("\n")
    head, tail = sizes.get("head", len(lines)), sizes.get("tail", 0)
    if head + tail < len(lines):
        lines = [*lines[:head], "…", *lines[len(lines) - tail :]]
    return "\n".join(clip(line, sizes["cut"]) if "cut" in sizes else line for line in lines)


def refreshed(text: str) -> str:
    """A page with the output of its commands as it is now."""

    def block(found: re.Match[str]) -> str:
        kind, cuts = found["kind"], found["cuts"]
        if kind == "text main":
            output = shortened(run_main(first_command(text)), cuts)
            return f"```{kind}{cuts}\n{output}\n```"
        line = found["body"].partition("\n")[0]
        return f"```{kind}{cuts}\n{line}\n{shortened(run(line.removeprefix('$ ')), cuts)}\n```"

    return FENCE.sub(block, text)


# ── A page for each code ─────────────────────────────────────────────────────────────────────────

CODE_WORDS = {
    "ja": {
        "other": "[English]({code}.en.md) · [すべてのコード](index.md)", "hint": "直し方", "reference": "参照",
        "stored": "提出先での値", "told": "指摘",
        "did": "もしかして", "test": "この指摘を起こすテスト", "index": "コードの例",
        "intro": "コードごとのページです。指摘が出る例と、直して出なくなった例があり、どちらもテストで動かしています。"
        "▶ はもう一方の例と違う行、▷ はその次にもう一方の例にだけある行が続くところです。"
        "`mokuroku codes コード` でも見られ、`-o フォルダ` を付けると例のファイルを書き出します。"
        "[English](index.en.md)",
    },
    "en": {
        "other": "[日本語]({code}.md) · [all codes](index.en.md)", "hint": "What to do", "reference": "Reference",
        "stored": "stored as", "told": "Told",
        "did": "did you mean", "test": "The test that raises it", "index": "Examples of the codes",
        "intro": "A page for each code, with an example that is told and the same put right; tests run both.\n"
        "▶ marks lines that differ from the other example, ▷ a line after which the other has one more.\n"
        "`mokuroku codes CODE` prints them, and with `-o DIR` writes the files. [日本語](index.md)",
    },
}  # fmt: skip
CODE_PAGES = REFERENCE / "codes"


def code_page(entry: Entry, found: Example | Situation, lang: str, ran: Ran | None) -> str:
    """``docs/reference/codes/CODE.md``, or the English page beside it. ``ran``: the run in which the code is told."""
    words = CODE_WORDS[lang]
    facts = [[show.WORDS[lang][name], f"`{word}` {meaning}"] for name, (word, meaning) in entry.meanings(lang).items()]
    facts.append([words["reference"], escaped(entry.reference)])
    if entry.stored:
        facts.append([words["stored"], escaped(entry.stored)])
    if entry.hint(lang):
        facts.append([words["hint"], escaped(entry.hint(lang))])
    parts = [table(["", ""], facts)]
    if isinstance(found, Example):
        parts += _example_parts(found, lang, ran)
    else:
        for key, told in (("situation", found.situation), ("remedy", found.remedy)):
            parts += [f"## {show.WORDS[lang][key]}", escaped(told[lang])]
        parts.append(f"{words['test']}: `tests/{found.test}`")
    parts.append(words["other"].format(code=entry.code))
    return page(entry.code, escaped(entry.message(lang)), parts)


def _example_parts(found: Example, lang: str, ran: Ran | None) -> list[str]:
    words, told = CODE_WORDS[lang], show.WORDS[lang]
    parts = [f"## {told['fails']}", f"```sh\n{show.command(found.fails)}\n```"]
    parts += _file_parts(show.differing(found, lang))
    first = ran.of(found.code)[:1] if ran is not None else []
    for one in first:
        message = "…" if found.varies else one.message.get(lang, "")
        lines = [f"{one.place}: {Severity.of(one.severity).said(lang)} {one.code} {message}".rstrip()]
        lines += [f"    {words['did']}: {one.suggestion}"] * bool(one.suggestion)
        parts += [f"{words['told']}:", fenced("\n".join(lines))]
    if lang in found.note:
        parts.append(found.note[lang])
    parts += [f"## {told['passes']}", f"```sh\n{show.command(found.passes)}\n```"]
    parts += _file_parts(show.differing(found, lang, passes=True))
    common = show.same(found, lang)
    return parts + ([f"## {told['same']}", *_file_parts(common)] if common else [])


def _file_parts(files: Iterable[show.Shown]) -> list[str]:
    return [part for file in files for part in (f"`{file.name}`", fenced("\n".join(file.lines)))]


def fenced(text: str) -> str:
    """Text as it stands, in a fence longer than any in it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}text\n{text}\n{fence}"


@cache
def own_examples() -> dict[str, Example | Situation]:
    """The examples of the package, by code."""
    files = sorted((ROOT / "convert").rglob(EXAMPLES))
    return {code: found for file in files for code, found in read_examples(file).items()}


def codes_index(lang: str = "ja") -> str:
    """``docs/reference/codes/index.md``, or the English page beside it."""
    words, end = CODE_WORDS[lang], "" if lang == "ja" else ".en"
    parts = []
    for file in sorted((ROOT / "convert").rglob("codes.toml")):
        entries = Catalogue([file]).codes()
        room = file.parent.relative_to(ROOT).as_posix()
        kinds = ", ".join(dict.fromkeys(entry.code.partition("-")[0] for entry in entries))
        rows = [
            [f"[{entry.code}]({entry.code}{end}.md)", f"`{entry.severity.word}`", escaped(entry.message(lang))]
            for entry in entries
        ]
        parts += [f"## {kinds} — `{room}`", table(["", show.WORDS[lang]["severity"], ""], rows)]
    return page(words["index"], words["intro"], parts)


def code_pages() -> dict[Path, str]:
    """The pages of all codes; every example is run."""
    made = {CODE_PAGES / "index.md": codes_index(), CODE_PAGES / "index.en.md": codes_index("en")}
    examples = own_examples()
    for entry in own_catalogue().codes():
        found = examples.get(entry.code)
        if found is not None:
            made |= pages_of(entry, found)
    return made


def pages_of(entry: Entry, found: Example | Situation, ran: Ran | None = None) -> dict[Path, str]:
    """The two pages of a code. ``ran``: what its example told in Japanese; without it the example is run."""
    made = {}
    for lang, end in (("ja", ""), ("en", ".en")):
        if isinstance(found, Example) and (ran is None or not all(lang in one.message for one in ran.of(entry.code))):
            ran = run_side(found.fails, lang)
        made[CODE_PAGES / f"{entry.code}{end}.md"] = code_page(entry, found, lang, ran)
    return made


def stale_code_pages() -> dict[Path, str]:
    """Pages of codes that are not what they should be; an empty text: a page of no code."""
    wanted_pages = code_pages()
    found = {path: text for path, text in wanted_pages.items() if not path.is_file() or path.read_text("utf-8") != text}
    return found | {path: "" for path in CODE_PAGES.glob("*.md") if path not in wanted_pages}


# ── All of it ────────────────────────────────────────────────────────────────────────────────────


def written_pages() -> list[Path]:
    """The pages that people write: the READMEs and the task pages."""
    return sorted([*ROOT.glob("README*.md"), *DOCS.glob("*.md")])


def wanted() -> dict[Path, str]:
    """Every file this program keeps, with the text it should have."""
    made = {
        REFERENCE / "codes.md": codes_page(),
        REFERENCE / "transforms.md": transforms_page(),
        REFERENCE / "formats.md": formats_page(),
        REFERENCE / "cli.md": cli_page(),
        REFERENCE / "japansearch.md": japansearch_page(),
        REFERENCE / "dcndl.md": dcndl_page(),
        REFERENCE / "dcndl.en.md": dcndl_page("en"),
        REFERENCE / "somoku-dcndl.md": held_page(),
        REFERENCE / "somoku-dcndl.en.md": held_page("en"),
        ROOT / "schemas" / "mapping.schema.json": schema.text(),
        ROOT / "schemas" / "profile.schema.json": profile_schema.text(),
    }
    made |= {ROOT / "schemas" / "dcndl" / name: text for name, text in xsd.documents().items()}
    made |= {ROOT / "schemas" / "dcndl" / shapes.FILE: shapes.shapes()}
    return made | {path: refreshed(path.read_text(encoding="utf-8")) for path in written_pages()}


def stale() -> dict[Path, str]:
    """The files whose text is not what it should be."""
    return {
        path: text for path, text in wanted().items() if not path.is_file() or path.read_text(encoding="utf-8") != text
    }


def main() -> int:
    """Write or list what is stale."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--check", action="store_true", help="only list stale files; exit 1 when there are any")
    check = parser.parse_args().check
    found = stale() | stale_code_pages()
    for path, text in found.items():
        sys.stdout.write(f"{path.relative_to(ROOT)}\n")
        if not check and not text:
            path.unlink()
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return int(check and bool(found))


if __name__ == "__main__":
    raise SystemExit(main())
