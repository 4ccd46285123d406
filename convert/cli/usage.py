"""What click says of a command line it cannot follow, in the language that was asked for."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from convert.errors import near

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LANG: Final = "MOKUROKU_LANG"
"""The environment's variable for ``--lang``."""

_CATALOGUE: Final = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (r"No such option:? '?(?P<name>.*?)'?\.?", "オプション {name} はありません。"),
        (r"No such command:? '?(?P<name>.*?)'?\.?", "コマンド「{name}」はありません。"),
        (r"Missing command\.", "コマンドを指定してください。"),
        (r"Got unexpected extra arguments? \((?P<names>.*)\)", "余分な引数があります：{names}"),
        (r"Option '(?P<name>.*)' requires an argument\.", "オプション {name} には値が必要です。"),
        (r"Option '(?P<name>.*)' does not take a value\.", "オプション {name} に値は付けられません。"),
        (r"'(?P<value>.*)' is not one of (?P<known>.*)\.", "「{value}」は使えません。書けるのは {known} です。"),
        (r"'(?P<value>.*)' is not a valid integer( range)?\.", "「{value}」は整数ではありません。"),
        (r"'(?P<value>.*)' is not a valid .*\.", "「{value}」は使えません。"),
        (
            r"(?P<value>.*) is not in the range x>=(?P<least>.*)\.",
            "{value} は使えません（{least} 以上）。",
        ),
        (r"(?P<value>.*) is not in the range (?P<range>.*)\.", "{value} は使えません（使える範囲：{range}）。"),
        (r"'(?P<value>.*)' is not KEY=VALUE", "「{value}」は 名前=値 の形ではありません。"),
        (r"'(?P<value>.*)' is neither a number nor auto", "「{value}」は使えません。数か auto を書いてください。"),
    )
)
"""Messages of click and our own, and what they are in Japanese."""


def language(arguments: Sequence[str]) -> str:
    """The language of a command line that is not parsed yet: ``--lang``, else the environment, else Japanese.

    >>> language(["convert", "--lang", "en"]), language(["--lang=ja"])
    ('en', 'ja')
    """
    given = os.environ.get(LANG, "")
    for place, argument in enumerate(arguments):
        if argument == "--":
            break
        name, sign, value = argument.partition("=")
        if name == "--lang":
            given = value if sign else next(iter(arguments[place + 1 : place + 2]), "")
    return "en" if given == "en" else "ja"


@contextmanager
def told_in(lang: str) -> Iterator[None]:
    """Raise a usage error of click's again in the language ``lang``."""
    try:
        yield
    except click.UsageError as error:
        is_help = type(error).__name__ == "NoArgsIsHelpError"  # the help itself; older versions of click print it
        if lang == "en" or is_help or isinstance(error, JapaneseUsageError):
            raise
        raise JapaneseUsageError(in_japanese(error), error.ctx) from None


class JapaneseUsageError(click.UsageError):
    """A usage error whose message is Japanese."""

    def show(self, file: Any = None) -> None:
        """Print the usage, where to read more, and the message."""
        context = self.ctx
        if context is not None:
            usage = context.get_usage().partition(":")[2].strip()
            click.echo(f"使い方：{usage}", file=file, err=file is None)
            option = max(context.command.get_help_option_names(context), key=len, default="")
            more = f"くわしくは {context.command_path} {option} を見てください。\n" if option else ""
            click.echo(more, file=file, err=file is None)
        click.echo(f"エラー：{self.message}", file=file, err=file is None)


def in_japanese(error: click.UsageError) -> str:
    """The message of an error of click's."""
    if isinstance(error, click.MissingParameter):
        return _missing(error)
    text = _translated(error.message) + _near(error)
    if isinstance(error, click.BadParameter):
        hint = _hint(error)
        return f"{hint} の値が正しくありません。{text}" if hint else text
    return text


def _missing(error: click.MissingParameter) -> str:
    parameter = error.param
    kind = "引数" if isinstance(parameter, click.Argument) else "オプション"
    known = getattr(parameter.type, "choices", ()) if parameter is not None else ()
    choices = f"書けるのは {', '.join(map(str, known))} です。" if known else ""
    return f"{kind} {_hint(error)} を指定してください。{choices}"


def _hint(error: click.BadParameter) -> str:
    """What the error calls the parameter."""
    hint: Any = error.param_hint
    if hint is None and error.param is not None:
        hint = error.param.get_error_hint(error.ctx)
    words = [hint] if isinstance(hint, str) else list(hint or ())
    return " / ".join(word.strip("'") for word in words)


def _near(error: click.UsageError) -> str:
    """What may have been meant: as click says, or the nearest command."""
    names = getattr(error, "possibilities", None)
    group = error.ctx.command if error.ctx is not None else None
    wrong = re.fullmatch(r"No such command:? '?(.*?)'?\.?", error.message)
    if not names and wrong and error.ctx is not None and isinstance(group, click.Group):
        found = near(wrong[1], group.list_commands(error.ctx))
        names = [found] if found else None
    return f"もしかして {'、'.join(names)} ですか。" if names else ""


def _translated(message: str) -> str:
    for pattern, words in _CATALOGUE:
        found = pattern.fullmatch(message)
        if found is not None:
            return words.format(**found.groupdict())
    return message
