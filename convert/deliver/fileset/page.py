"""The index page of a file set: what there is to fetch, in Japanese and English, without scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_STYLE = """\
body{font-family:system-ui,sans-serif;line-height:1.6;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1a1a1a}
table{border-collapse:collapse;width:100%}th,td{border-bottom:1px solid #bbb;padding:.4rem .6rem;text-align:left}
td.n{text-align:right;font-variant-numeric:tabular-nums}code{font-size:.85em;overflow-wrap:anywhere}
[lang=en]{color:#555}a{color:#0b57d0}.scroll{overflow-x:auto}
@media(prefers-color-scheme:dark){body{background:#121212;color:#eee}[lang=en]{color:#aaa}a{color:#8ab4f8}}
"""


def both(ja: str, en: str) -> str:
    """A text in both languages.

    >>> both("件数", "records")
    '件数 <span lang="en">records</span>'
    """
    return f'{escape(ja)} <span lang="en">{escape(en)}</span>'


def page(told: Mapping[str, Any]) -> bytes:
    """The page of a set as ``index.json`` tells of it."""
    title = escape(str(told["title"]))
    rows = "\n".join(_row(part) for part in told["files"])
    head = "".join(
        f'<th scope="col">{both(*words)}</th>'
        for words in (("ファイル", "file"), ("件数", "records"), ("バイト", "bytes"), ("SHA-256", ""))
    ).replace(' <span lang="en"></span>', "")
    total = sum(part["bytes"] for part in told["files"])
    records, files = told["records"], len(told["files"])
    counts = (f"{records:,} 件", f"{files:,} ファイル")
    english = (_plural(records, "record"), _plural(files, "file"))
    return f"""\
<!DOCTYPE html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex">
<title>{title}</title>
<style>
{_STYLE}</style>
</head>
<body>
<h1>{title}</h1>
<p>{both("更新日時", "updated")}：<time datetime="{escape(told["updated"])}">{escape(told["updated"])}</time></p>
<p>{both(f"全 {counts[0]}、{counts[1]}、{total:,} バイト", f"{english[0]}, {english[1]}, {total:,} bytes")}</p>
<div class="scroll"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>
<p>{
        both(
            "ジャパンサーチの管理画面の「ファイル取得（HTTP）」に、上のファイルの URL をすべて登録してください。",
            "Register the URL of every file above in Japan Search under file fetch (HTTP).",
        )
    }</p>
<p>{both("検査用の一覧", "for checking")}：<a href="SHA256SUMS">SHA256SUMS</a>、<a href="index.json">index.json</a></p>
</body>
</html>
""".encode()


def _plural(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _row(part: Mapping[str, Any]) -> str:
    name = escape(part["name"])
    link = escape(str(part.get("url") or part["name"]), quote=True)
    shown = f"<br><code>{escape(part['url'])}</code>" if part.get("url") else ""
    return (
        f'<tr><td><a href="{link}">{name}</a>{shown}</td><td class="n">{part["records"]:,}</td>'
        f'<td class="n">{part["bytes"]:,}</td><td><code>{escape(part["sha256"])}</code></td></tr>'
    )
