"""``mokuroku codes``, ``formats`` and ``mappings``: what there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from convert.cli.common import echo, lang_option, print_json, told
from convert.errors import UnknownName, UsageError
from convert.examples import Example, example_of, write_files
from convert.examples.show import WORDS, as_dict, command, text
from convert.mapping.load import shipped
from convert.mapping.nodes import Scalar, Table, parse_yaml
from convert.messages.catalogue import Entry, catalogue
from convert.registry import format_named
from convert.registry import formats as all_formats
from convert.resources import shown

if TYPE_CHECKING:
    from convert.examples import Situation
    from convert.formats.base import Format, Option

json_option = click.option("--json", "as_json", is_flag=True, help="JSON で / as JSON.")


@click.command("codes")
@click.argument("code", required=False)
@click.option(
    "-o",
    "--output",
    metavar="DIR",
    help="CODE の例のファイルを DIR の fails と passes に書き出す / write the files of CODE's example below DIR.",
)
@json_option
@lang_option
@told
def codes(code: str | None, output: str | None, as_json: bool, lang: str) -> None:
    """指摘のコードと、その意味・直し方。CODE を付けると、指摘が出る例と出ない例も示します。

    Issue codes, what they mean and what to do. With CODE also an example that is told and one that is not.
    """
    words = catalogue()
    if code is None and output is not None:
        raise UsageError("--output needs a CODE", "--output には CODE が要ります。")
    if code is not None and code not in words:
        raise UnknownName("code", code, [entry.code for entry in words.codes()])
    example = None if code is None else example_of(code)
    if output is not None:
        _write_example(example, Path(output), lang)
        return
    entries = [words.entry(code)] if code is not None else words.codes()
    if as_json:
        print_json([_entry_dict(entry, example) for entry in entries])
        return
    for entry in entries:
        echo(f"{entry.code:24} {entry.severity.word:8} {entry.effect:8} {entry.message(lang)}")
        if code is not None:
            hint = f"\n{entry.hint(lang)}\n" if entry.hint(lang) else ""
            echo(f"{hint}\n{entry.basis} — {entry.reference}")
            for name, (word, meaning) in entry.meanings(lang).items():
                echo(f"  {WORDS[lang][name]} {word}: {meaning}")
    if example is not None:
        for line in text(example, lang):
            echo(line)


def _write_example(example: Example | Situation | None, folder: Path, lang: str) -> None:
    """Both runs of an example, each in a folder of its own; the commands are printed."""
    if not isinstance(example, Example):
        raise UsageError("this code has no files to write", "このコードには、書き出せる例がありません。")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty", f"{folder} が空ではありません。別のフォルダを指定してください。")
    for name, side in (("fails", example.fails), ("passes", example.passes)):
        write_files(side, folder / name)
        echo(f"cd {folder / name}; {command(side)}    # {WORDS[lang][name]}")


def _entry_dict(entry: Entry, example: Example | Situation | None = None) -> dict[str, Any]:
    parts = {name: getattr(entry, name) for name in ("code", "effect", "basis", "reference")}
    parts |= {
        "severity": entry.severity.word,
        "message": {"ja": entry.ja, "en": entry.en},
        "hint": {"ja": entry.hint_ja, "en": entry.hint_en},
    }
    return parts if example is None else parts | {"example": as_dict(example)}


@click.command("formats")
@click.argument("name", required=False)
@json_option
@lang_option
@told
def formats(name: str | None, as_json: bool, lang: str) -> None:
    """形式と、その読み書きの設定。/ Formats and their reader and writer options."""
    found = [format_named(name)] if name is not None else sorted(all_formats().values(), key=lambda item: item.name)
    if as_json:
        print_json([_format_dict(item) for item in found])
        return
    for item in found:
        roles = [word for word, there in (("source", item.reader), ("target", item.target)) if there]
        echo(f"{item.name:14} {'+'.join(roles):14} {item.en if lang == 'en' else item.ja}")
        if name is not None:
            _print_options("-r", item.read_options, lang)
            _print_options("-w", item.write_options, lang)


def _print_options(flag: str, options: tuple[Option, ...], lang: str) -> None:
    for option in options:
        values = " | ".join(option.choices) or option.kind
        default = "" if option.default is None else f" (= {option.default})"
        echo(f"  {flag} {option.name}={values}{default}\n      {option.en if lang == 'en' else option.ja}")


def _format_dict(item: Format) -> dict[str, Any]:
    return {
        "name": item.name,
        "title": {"ja": item.ja, "en": item.en},
        "source": item.reader is not None,
        "target": item.target is not None,
        "read_options": [_option_dict(option) for option in item.read_options],
        "write_options": [_option_dict(option) for option in item.write_options],
    }


def _option_dict(option: Option) -> dict[str, Any]:
    parts = {"name": option.name, "kind": option.kind, "default": option.default, "choices": list(option.choices)}
    return parts | {"help": {"ja": option.ja, "en": option.en}}


@click.command("mappings")
@json_option
@lang_option
@told
def mappings(as_json: bool, lang: str) -> None:
    """付属の対応表。/ The mappings that come with mokuroku."""
    rows = []
    for name, path in shipped().items():
        node, _ = parse_yaml(path.read_bytes(), str(path))
        title = node.get("title") if isinstance(node, Table) else None
        rows.append({"id": name, "title": title.text if isinstance(title, Scalar) else "", "file": shown(path)})
    if as_json:
        print_json(rows)
        return
    for row in rows:
        echo(f"{row['id']:36} {row['title']}")
