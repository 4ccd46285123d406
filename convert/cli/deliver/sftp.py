"""``mokuroku deliver sftp``."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import click

from convert.cli.common import BROKEN, echo, findings_json, lang_option, print_json, told
from convert.cli.deliver.common import fail_on_option, json_option, quiet_option, reached, records_text, size_text, tell
from convert.deliver.log.entries import KINDS
from convert.deliver.sftp.address import Address
from convert.deliver.sftp.batch import batch
from convert.deliver.sftp.batch import command as batch_command
from convert.deliver.sftp.faults import SftpFault
from convert.deliver.sftp.hostkey import Pins
from convert.deliver.sftp.run import Outcome, Request, Sent, send
from convert.deliver.sftp.secrets import PASSPHRASE, PASSWORD, Secrets
from convert.deliver.sftp.session import Patience
from convert.resources import shown
from convert.run.output import write_beside

_RESULTS = {
    "sent": ("送りました", "sent"),
    "taken": ("送りました（すぐに取り込まれました）", "sent, and taken at once"),
    "already": ("送ってあります", "sent before"),
    "failed": ("送れませんでした", "not sent"),
    "unsure": ("届いたか分かりません", "perhaps sent"),
    "waiting": ("送っていません", "not sent"),
}


@click.command("sftp")
@click.argument("packages", nargs=-1, required=True, metavar="PACKAGE...")
@click.option("--to", required=True, metavar="USER@HOST:DIR", help="送り先。sftp://… も可 / receiver; or sftp://…")
@click.option("--port", type=click.IntRange(1, 65535), metavar="N", help="ポート。省略時は 22 / port, else 22.")
@click.option(
    "--host-key", "host_keys", multiple=True, metavar="SHA256:…",
    help="サーバーのホスト鍵の指紋（くり返し可）/ fingerprint of the server's key, repeatable.",
)  # fmt: skip
@click.option(
    "--known-hosts", metavar="FILE", help="既知のホスト鍵。省略時は ~/.ssh/known_hosts / file of known host keys."
)
@click.option("--key", metavar="FILE", help="秘密鍵（本人だけが読めるファイル）/ private key, mode 600.")
@click.option(
    "--password-file", metavar="FILE", help=f"パスワードのファイル。環境変数 {PASSWORD} でも / password file."
)
@click.option(
    "--passphrase-file", metavar="FILE", help=f"鍵のパスフレーズ。環境変数 {PASSPHRASE} でも / passphrase of the key."
)
@click.option("--log", metavar="FILE", help="提出の記録。省略時はパッケージの横の deliveries.jsonl / delivery log.")
@click.option("--kind", type=click.Choice(KINDS), help="何のデータか。省略時はマニフェストで判断 / what it holds.")
@click.option(
    "--retries", type=click.IntRange(0, 100), default=4, show_default=True, metavar="N",
    help="接続が切れたときにやり直す回数 / further tries after faults of the connection.",
)  # fmt: skip
@click.option(
    "--wait", type=click.FloatRange(min=0), default=5.0, show_default=True, metavar="S",
    help="最初にやり直すまでの秒数（倍々に延ばす）/ seconds before the first of them, then doubled.",
)  # fmt: skip
@click.option(
    "--timeout", type=click.FloatRange(min=0, min_open=True), default=60.0, show_default=True, metavar="S",
    help="応答を待つ秒数 / seconds to wait for an answer.",
)  # fmt: skip
@click.option("--again", is_flag=True, help="記録では送ってあっても送る / send although the log says it was sent.")
@click.option("--force", is_flag=True, help="パッケージに誤りがあっても送る / send in spite of errors.")
@click.option("--dry-run", is_flag=True, help="接続せず、何を送るかだけを示す / only say what would be sent.")
@click.option(
    "--batch", "batch_file", metavar="FILE",
    help="送らずに、OpenSSH の sftp -b のためのファイルを書く / write a batch file for sftp instead.",
)  # fmt: skip
@fail_on_option
@json_option
@quiet_option
@lang_option
@told
def command(
    packages: tuple[str, ...],
    to: str,
    port: int | None,
    host_keys: tuple[str, ...],
    known_hosts: str | None,
    key: str | None,
    password_file: str | None,
    passphrase_file: str | None,
    log: str | None,
    kind: str | None,
    retries: int,
    wait: float,
    timeout: float,
    again: bool,
    force: bool,
    dry_run: bool,
    batch_file: str | None,
    fail_on: str,
    as_json: bool,
    quiet: bool,
    lang: str,
) -> None:
    """PACKAGE（またはフォルダーの中のパッケージ）を SFTP で順に送ります。

    Send packages, or those in a folder, by SFTP, in order. What was sent before is not sent again, and nothing is ever
    overwritten. Exit codes: 0 all sent, nothing found at --fail-on; 1 all sent, something found; 2 wrong usage; 3 not
    all sent.
    """
    address = Address.parse(to, port)
    offline = dry_run or batch_file is not None
    try:
        secrets = Secrets() if offline else Secrets.gather(
            key=key, password_file=password_file, passphrase_file=passphrase_file
        )  # fmt: skip
    except SftpFault as fault:
        _refused(fault, as_json=as_json, quiet=quiet, lang=lang)
    progress = _Progress(lang, quiet=quiet or as_json)
    request = Request(
        packages, address, pins=Pins.of(host_keys, known_hosts), secrets=secrets,
        patience=Patience(timeout, retries, wait), log=log, kind=kind, force=force, again=again, dry_run=offline,
    )  # fmt: skip
    outcome = send(request, progress=progress)
    progress.clear()
    left = [one for one in outcome.packages if one.result == "waiting"]
    good = not [one for one in outcome.packages if one.result in ("failed", "unsure")]
    refused = bool(left) and not force and reached(outcome.issues, "error")
    good = good and not refused if offline else outcome.complete
    code = BROKEN if not good else int(reached(outcome.issues, fail_on))
    written = None
    if batch_file is not None and good and left:
        written = Path(batch_file)
        write_beside(written, batch([one.path for one in left], address).encode())
    if as_json:
        print_json(_json(outcome, code, dry_run=offline, batch_file=written))
        raise SystemExit(code)
    tell(outcome.issues, lang, quiet=quiet)
    if not quiet:
        _print(outcome, lang, offline=offline, good=good)
        if written is not None:
            _print_batch(written, outcome, known_hosts, key, lang)
    raise SystemExit(code)


def _refused(fault: SftpFault, *, as_json: bool, quiet: bool, lang: str) -> None:
    """End before anything was tried."""
    if as_json:
        print_json({"sent": False, "packages": [], "issues": findings_json([fault.issue]), "exit_code": BROKEN})
    else:
        tell([fault.issue], lang, quiet=quiet)
    raise SystemExit(BROKEN)


def _json(outcome: Outcome, code: int, *, dry_run: bool, batch_file: Path | None) -> dict[str, Any]:
    return {
        "sent": outcome.complete and not dry_run,
        "dry_run": dry_run,
        "to": str(outcome.to),
        "log": shown(outcome.log),
        "batch": None if batch_file is None else shown(batch_file),
        "packages": [_package_json(one) for one in outcome.packages],
        "issues": findings_json(list(outcome.issues)),
        "exit_code": code,
    }


def _package_json(one: Sent) -> dict[str, Any]:
    return {
        "name": one.path.name, "file": shown(one.path), "result": one.result, "kind": one.kind, "bytes": one.size,
        "sha256": one.sha256, "records": one.records, "host_key": one.host_key, "steps": dict(one.steps),
    }  # fmt: skip


def _print(outcome: Outcome, lang: str, *, offline: bool, good: bool) -> None:
    english = lang == "en"
    if offline and good:
        echo(f"Would be sent to {outcome.to}:" if english else f"{outcome.to} へ送るもの（まだ送っていません）：")
    for one in outcome.packages:
        result = "" if offline and good and one.result == "waiting" else f"  {_RESULTS[one.result][english]}"
        echo(f"{shown(one.path)}  {records_text(one.records, lang)}  {size_text(one.size, lang)}{result}")
        echo(f"  SHA-256 {one.sha256}")
    if not offline and outcome.packages:
        echo(f"log: {shown(outcome.log)}" if english else f"提出の記録：{shown(outcome.log)}")


def _print_batch(place: Path, outcome: Outcome, known_hosts: str | None, key: str | None, lang: str) -> None:
    line = batch_command(outcome.to, place, Path(known_hosts) if known_hosts else None, Path(key) if key else None)
    echo("Send it with:" if lang == "en" else "次のコマンドで送ります：")
    echo(f"  {line}")


class _Progress:
    """A line on stderr, on a terminal: how much of a package is sent."""

    def __init__(self, lang: str, *, quiet: bool) -> None:
        self._lang = lang
        self._shown = 0.0
        self._width = 0
        self._on = not quiet and sys.stderr is not None and sys.stderr.isatty()

    def __call__(self, name: str, sent: int, size: int) -> None:
        now = time.monotonic()
        if not self._on or now - self._shown < 0.5:
            return
        self._shown = now
        line = f"{name}  {sent:,} / {size_text(size, self._lang)}  {sent * 100 // max(size, 1)} %"
        echo("\r" + line.ljust(self._width), nl=False, err=True)
        self._width = max(self._width, len(line))

    def clear(self) -> None:
        """Take the line away."""
        if self._shown:
            echo("\r" + " " * self._width * 2 + "\r", nl=False, err=True)
