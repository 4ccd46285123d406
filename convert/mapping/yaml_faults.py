"""What is wrong with a file that is no YAML, in both languages and at the place where it is to be mended.

The YAML parser says where it could go no further; what is to be mended often stands before it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    import yaml

_WIDE: Final = re.compile("[：｛｝［］，“”＃]|^\\s*\u3000")
_TIGHT: Final = re.compile(r"^\s*[^\s:#'\"{\[]+:(?=[^\s/])")
_PROBLEMS: Final = {
    "mapping values are not allowed in this context": (
        "a ':' stands where no second key may be; check the indentation, or quote a value with ': ' in it",
        '「:」の位置が正しくありません。字下げをそろえるか、「: 」を含む値を " で囲んでください',
    ),
    "did not find expected key": (
        "the indentation does not fit the lines above, or something follows a closed quote or bracket",
        "字下げが上の行とそろっていないか、閉じた引用符やかっこの後に余分な文字があります",
    ),
    "could not find expected ':'": (
        "the line has no ': ' (colon and blank)",
        "「: 」（半角のコロンと空白）がありません",
    ),
    "did not find expected node content": ("a value is missing here", "ここに値がありません"),
    "did not find expected ',' or '}'": ("a ',' or '}' is missing", "「,」か「}」がありません"),
    "did not find expected ',' or ']'": ("a ',' or ']' is missing", "「,」か「]」がありません"),
    "did not find expected '-' indicator": (
        "the indentation does not fit the list above",
        "字下げが上の一覧（-）とそろっていません",
    ),
    "block sequence entries are not allowed in this context": (
        "a list with '-' begins on a line of its own",
        "「-」の一覧は、次の行から書いてください",
    ),
    "found unknown escape character": (
        "a backslash within \"…\" is wrong; write \\\\, or use '…'",
        "\" の中の \\ の使い方が正しくありません。\\\\ と書くか、' で囲んでください",
    ),
    "found undefined alias": (
        "a value that begins with '*' is to be quoted",
        '「*」で始まる値は " で囲んでください',
    ),
    "but found another document": (
        "a second document begins here ('---'); a file holds one",
        "「---」で二つ目の文書が始まっています。一つのファイルに一つだけ書けます",
    ),
    "found unexpected end of stream": (
        "the quotes that begin here are never closed",
        "ここで始まる引用符が閉じられていません",
    ),
}


def _wide(sign: str) -> tuple[str, str]:
    return (
        f"'{sign}' is a full-width or curly sign; YAML wants the half-width one",
        f"「{sign}」が全角です。YAML の記号は半角で書いてください（コロンの後には空白も）",
    )


WIDE_COLON: Final = _wide("：")
"""What to say of a full-width colon after a name."""


class YamlFault(NamedTuple):
    """Where (counted from 1) and what, in English and Japanese."""

    line: int
    column: int
    en: str
    ja: str


def explained(error: yaml.MarkedYAMLError, text: str) -> YamlFault:
    """What the parser met, told where it is to be mended.

    ``text``: the whole file. What the parser calls something not known here is told in its own English words.
    """
    lines = text.splitlines()
    mark = error.problem_mark or error.context_mark
    context = error.context_mark or mark
    if mark is None:
        words = error.problem or str(error)
        return YamlFault(1, 1, words, words)
    here = (mark.line, mark.column)
    problem = error.problem or str(error)
    start = problem in ("could not find expected ':'", "found unexpected end of stream")
    opener = problem.startswith("did not find expected ','") or problem == "did not find expected node content"
    if context is not None and context.line < mark.line and (start or opener):
        here = (context.line, context.column)
    elif problem == "did not find expected node content" and mark.line and mark.column == 0:
        before = _line(lines, mark.line - 1)  # a comment may have swallowed the rest of it
        here = (mark.line - 1, max(before.rfind("{"), before.rfind("["), 0))
    elif problem == "found unexpected end of stream" and context is not None:
        here = (context.line, context.column)
    wide = _WIDE.search(_line(lines, here[0]))
    if wide is not None:
        sign = wide[0].strip() or "\u3000"
        return YamlFault(here[0] + 1, wide.end(), *_wide(sign))
    en, ja = _words(problem, _line(lines, here[0]), here, mark.line, opener=opener)
    return YamlFault(here[0] + 1, here[1] + 1, en, ja)


def _line(lines: Sequence[str], number: int) -> str:
    return lines[number] if number < len(lines) else ""


def _words(problem: str, line: str, here: tuple[int, int], met: int, *, opener: bool) -> tuple[str, str]:
    """What to say of a problem that begins in ``line`` and was met in the line numbered ``met``."""
    if line[here[1] : here[1] + 1] == "\t" or re.match(r" *\t", line):
        return "a tab indents this line; use blanks", "字下げにタブがあります。半角の空白にしてください"
    if opener and " #" in line:
        return (
            "everything after ' #' is a comment; put a value that holds it into quotes",
            '「 #」から後ろは注記になります。# を含む値は " で囲んでください',
        )
    if opener and met > here[0]:
        sign = line[here[1] : here[1] + 1]
        return (
            f"the '{sign}' that opens here is not closed by line {met + 1}",
            f"ここで開いた「{sign}」が、{met + 1} 行目までに閉じていません",
        )
    if problem == "could not find expected ':'" and _TIGHT.match(line):
        return "a blank is missing after the colon", "コロンの後に空白がありません"
    if problem == "found character that cannot start any token":
        sign = line[here[1] : here[1] + 1]
        return f"a value that begins with '{sign}' is to be quoted", f'「{sign}」で始まる値は " で囲んでください'
    return _PROBLEMS.get(problem, (problem, problem))
