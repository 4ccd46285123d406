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


_UPDATED = both("更新日時", "updated")
_CHECKING = both("検査用の一覧", "for checking")
_WHAT_TO_DO = both(
    "ジャパンサーチの管理画面の「ファイル取得（HTTP）」に、上のファイルの URL をすべて登録してください。",
    "Register the URL of every file above in Japan Search under file fetch (HTTP).",
)


def page(told: Mapping[str, Any]) -> bytes:
    """The page of a set as ``index.json`` tells of it."""
    title = escape(str(told["title"]))
    updated = escape(told["updated"])
    rows = "\n".join(map(_row, told["files"]))
    columns = (both("ファイル", "file"), both("件数", "records"), both("バイト", "bytes"), "SHA-256")
    head = "".join(f'<th scope="col">{column}</th>' for column in columns)
    records, files, size = told["records"], len(told["files"]), sum(part["bytes"] for part in told["files"])
    sums = both(
        f"全 {records:,} 件、{files:,} ファイル、{size:,} バイト",
        f"{_plural(records, 'record')}, {_plural(files, 'file')}, {_plural(size, 'byte')}",
    )
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
<p>{_UPDATED}：<time datetime="{updated}">{updated}</time></p>
<p>{sums}</p>
<div class="scroll"><table>
<thead><tr>{head}</tr></thead>
<tbody>
{rows}
</tbody>
</table></div>
<p>{_WHAT_TO_DO}</p>
<p>{_CHECKING}：<a href="SHA256SUMS">SHA256SUMS</a>、<a href="index.json">index.json</a></p>
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
