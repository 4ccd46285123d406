"""``mokuroku deliver status``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from convert.cli.common import echo, findings_json, lang_option, print_json, told
from convert.cli.deliver.common import fail_on_option, json_option, reached, records_text, size_text, tell
from convert.deliver.log.entries import KINDS
from convert.deliver.log.procedure import Step, next_step
from convert.deliver.log.status import Delivery, Receiver, Status, answer, sent_otherwise, status
from convert.deliver.sftp.address import Address
from convert.errors import UsageError
from convert.resources import shown

if TYPE_CHECKING:
    from convert.deliver.log.entries import Entry

_KINDS = {"sample": ("サンプル", "sample"), "full": ("全件", "full load"), "diff": ("差分", "differences")}
_EVENTS = {
    "sent": ("送りました", "sent"), "unsure": ("届いたか分かりません", "perhaps sent"),
    "failed": ("送れていません", "not sent"), "made": ("作りました", "made"),
    "load": ("ストアに入れました", "loaded into a store"), "published": ("公開用に書きました", "written for fetching"),
}  # fmt: skip
_ANSWERS = {
    "clean": ("問題なし", "nothing found"),
    "faults": ("指摘あり", "faults found"),
    "loaded": ("登録済み", "loaded"),
}
OTHERS = 10
"""Other events that are printed; JSON has all of them."""


@click.command("status")
@click.argument("place", default=".", metavar="[FOLDER|LOG]")
@click.option(
    "--answer", "answers", multiple=True, metavar="NAME=ANSWER",
    help="届いた結果を記録：clean（問題なし）・faults・loaded / put down what the receiver said of NAME.",
)  # fmt: skip
@click.option("--note", metavar="TEXT", help="結果に添える覚え / a note to the answer.")
@click.option(
    "--sent", "packages", multiple=True, metavar="PACKAGE",
    help="ほかの方法で送ったことを記録（--to と）/ put down that it was sent otherwise, with --to.",
)  # fmt: skip
@click.option("--to", metavar="USER@HOST:DIR", help="--sent の送り先 / where --sent went.")
@click.option("--kind", type=click.Choice(KINDS), help="--sent が何のデータか / what --sent holds.")
@fail_on_option
@json_option
@lang_option
@told
def command(
    place: str,
    answers: tuple[str, ...],
    note: str | None,
    packages: tuple[str, ...],
    to: str | None,
    kind: str | None,
    fail_on: str,
    as_json: bool,
    lang: str,
) -> None:
    """何をいつ送り、相手が何と答え、次に何をするかを示します。

    Show what was sent, when, with which hashes, mapping and reports, what the receiver said, and what comes next in
    NDL's procedure. Exit codes: 0 nothing found at --fail-on, 1 something, 2 wrong usage.
    """
    _put_down(place, answers, note, packages, to, kind)
    found = status(place)
    code = int(reached(found.issues, fail_on))
    if as_json:
        print_json({**found.to_dict(), "issues": findings_json(list(found.issues)), "exit_code": code})
        raise SystemExit(code)
    _print(found, lang)
    tell(found.issues, lang)
    raise SystemExit(code)


def _put_down(
    place: str, answers: tuple[str, ...], note: str | None, packages: tuple[str, ...], to: str | None, kind: str | None
) -> None:
    if packages and to is None:
        raise UsageError("--sent needs --to", "--sent には --to が要ります。")
    if note is not None and not answers:
        raise UsageError("--note needs --answer", "--note には --answer が要ります。")
    pairs = [text.rpartition("=") for text in answers]
    wrong = next((text for text, (name, _, _) in zip(answers, pairs, strict=True) if not name), None)
    if wrong is not None:
        raise UsageError(
            f"'{wrong}' is no NAME=ANSWER, such as updt1311_20260105_01.zip=clean",
            f"「{wrong}」は「名前=結果」の形ではありません。例：updt1311_20260105_01.zip=clean",
        )
    for package in packages:
        sent_otherwise(place, package, str(Address.parse(to or "")), kind)
    for name, _, said in pairs:
        answer(place, name, said, note)


def _print(found: Status, lang: str) -> None:
    english = lang == "en"
    echo(f"delivery log: {shown(found.log)}" if english else f"提出の記録：{shown(found.log)}")
    for receiver in found.receivers:
        _print_receiver(receiver, lang)
    if not found.receivers:
        echo()
        echo("Nothing was sent yet." if english else "まだ何も送っていません。")
        _print_step(next_step([]), lang)
    if found.waiting:
        echo()
        echo("Packages that were not sent yet:" if english else "まだ送っていないパッケージ：")
        for path in found.waiting:
            echo(f"  {shown(path)}")
    if found.others:
        echo()
        left = len(found.others) - OTHERS
        if left > 0:
            echo(f"({left:,} earlier entries)" if english else f"（ほかに、前の記録 {left:,} 件）")
        for entry in found.others[-OTHERS:]:
            _print_other(entry, lang)


def _print_receiver(receiver: Receiver, lang: str) -> None:
    english = lang == "en"
    library = "" if receiver.library is None else f" ({receiver.library})" if english else f"（{receiver.library}）"
    echo()
    echo(f"{receiver.to}{library}")
    for one in receiver.deliveries:
        _print_delivery(one, lang)
    if receiver.next is not None:
        _print_step(receiver.next, lang)


def _print_delivery(one: Delivery, lang: str) -> None:
    english = lang == "en"
    sent = one.sent
    words = [sent.name, *_kind(sent, english), time_text(sent.at), _EVENTS[sent.event][english]]
    echo(f"  {'  '.join(words)}")
    size = [] if sent.size is None else [size_text(sent.size, lang)]
    echo(f"    {'  '.join([records_text(sent.records, lang), *size])}")
    if sent.sha256 is not None:
        echo(f"    SHA-256 {sent.sha256}")
    for source in _dicts(sent.facts.get("sources")):
        mapping = source.get("mapping")
        if isinstance(mapping, dict):
            name = "mapping" if english else "対応表"
            echo(f"    {name} {mapping.get('id')}  SHA-256 {mapping.get('sha256')}")
        if source.get("reports"):
            echo(f"    {'reports' if english else '報告'} {' '.join(map(str, source['reports']))}")
    if one.answer is not None:
        said = str(one.answer.facts.get("answer"))
        note = one.answer.facts.get("note")
        text = _ANSWERS.get(said, (said, said))[english]
        echo(
            f"    {'answer: ' if english else '結果：'}{text}  {time_text(one.answer.at)}{f'  {note}' if note else ''}"
        )


def _print_other(entry: Entry, lang: str) -> None:
    english = lang == "en"
    words = [entry.name, *_kind(entry, english), time_text(entry.at), _EVENTS[entry.event][english]]
    records = [] if entry.records is None else [records_text(entry.records, lang)]
    echo("  ".join([*words, *records]))


def _print_step(step: Step, lang: str) -> None:
    english = lang == "en"
    inferred = (" (inferred)" if english else "（推定）") if step.inferred else ""
    echo(f"  {'Next: ' if english else '次：'}{step.en if english else step.ja}{inferred}")
    if step.command is not None:
        echo(f"    {step.command}")


def _kind(entry: Entry, english: bool) -> list[str]:
    if entry.kind is None:
        return []
    return [_KINDS.get(entry.kind, (entry.kind, entry.kind))[english]]


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def time_text(at: str) -> str:
    """A time of the log for people, in their own time zone; what is no time stays as it is.

    >>> time_text("soon")
    'soon'
    """
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M %Z")
    except (ValueError, OverflowError):
        return at
