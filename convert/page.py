"""One self-contained HTML file: no network, dark mode, readable on a phone and on paper."""

from __future__ import annotations

import base64
import hashlib
from html import escape
from typing import Final

from convert.messages.catalogue import visible

BASE: Final = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --mark: #0a7; --bad: #c42; }
* { box-sizing: border-box; }
body { font: 15px/1.6 system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic", sans-serif;
  max-width: 64rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.25rem; margin: 0; } p { margin: .25rem 0; } code { font-size: .9em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .75rem; margin: .5rem 0; }
dt { opacity: .75; } dd { margin: 0; }
pre { background: var(--soft); padding: .5rem .75rem; white-space: pre-wrap; margin: .25rem 0; }
@media print { body { max-width: none; } }
"""
"""What every page has in common."""


def shown(text: str) -> str:
    r"""Text of the data for HTML: escaped, its control and invisible characters shown.

    >>> shown("<b>\x00")
    '&lt;b&gt;␀'
    """
    return escape(visible(text))


def page(title: str, lang: str, body: str, style: str, script: str = "", *, attributes: bool = False) -> str:
    """The whole file. Nothing but ``style`` and ``script`` themselves is allowed to style or to run.

    ``attributes``: ``style`` attributes are allowed as well.
    """
    style = BASE + style
    allowed = "'unsafe-inline'" if attributes else _digest(style)
    rules = ["default-src 'none'", f"style-src {allowed}", "base-uri 'none'", "form-action 'none'"]
    if script:
        rules.append(f"script-src {_digest(script)}")
    tail = f"<script>{script}</script>\n" if script else ""
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{shown(title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n{tail}</body>\n</html>\n"
    )


def _digest(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"
