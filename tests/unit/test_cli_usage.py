"""What a person reads who wrote a command that cannot be followed: in the language asked for."""

from __future__ import annotations

import ast
import errno
import os
import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import convert
from convert.cli import cli
from convert.cli.usage import JapaneseUsageError, in_japanese, language, told_in
from convert.errors import OptionError, RunError, UnknownName, UsageError, reason_in_japanese
from convert.run.output import check_place

PACKAGE = Path(convert.__file__).parent
JAPANESE = re.compile("[ぁ-んァ-ヶ]")
ENGLISH = re.compile(r"\b(?:Error|Usage|Missing|Invalid|No such|Got|requires|Try|not a valid|not one of|Did you)\b")


def run(*arguments: str, lang: str | None = None) -> tuple[int, str]:
    done = CliRunner().invoke(cli, arguments, prog_name="mokuroku", env={"MOKUROKU_LANG": lang})
    return done.exit_code, done.output


WRONG = {
    "convrt": "コマンド「convrt」はありません。もしかして convert ですか。",
    "mapping nw": "コマンド「nw」はありません。もしかして new ですか。",
    "--nope": "オプション --nope はありません。",
    "convert": "引数 MAPPING を指定してください。",
    "convert m": "引数 INPUT... を指定してください。",
    "convert m x --outputt y": "オプション --outputt はありません。もしかして --output ですか。",
    "convert m x --report": "オプション --report には値が必要です。",
    "convert m x --limit a": "--limit の値が正しくありません。「a」は整数ではありません。",
    "convert m x --limit 0": "--limit の値が正しくありません。0 は使えません（1 以上）。",
    "convert m x --fail-on bad": "書けるのは 'notice', 'warning', 'error', 'fatal' です。",
    "convert m x -r bad": "--read の値が正しくありません。「bad」は 名前=値 の形ではありません。",
    "convert m x --jobs q": "--jobs の値が正しくありません。「q」は使えません。数か auto を書いてください。",
    "check x": "オプション --format を指定してください。",
    "codes a b": "余分な引数があります：b",
    "formats --json=1": "オプション --json に値は付けられません。",
    "inspect x --lang xx": "--lang の値が正しくありません。「xx」は使えません。書けるのは 'ja', 'en' です。",
}


@pytest.mark.parametrize(("line", "message"), WRONG.items(), ids=WRONG)
def test_what_click_says_is_japanese(line: str, message: str) -> None:
    code, output = run(*line.split())
    assert code == 2
    assert output.endswith("\n")
    last = output.splitlines()[-1]
    assert last.startswith("エラー：")
    assert last.endswith(message)
    assert not ENGLISH.search(output)
    assert len(output.splitlines()) == 1 or output.startswith("使い方：mokuroku ")


@pytest.mark.parametrize("line", [line for line in WRONG if "--lang" not in line])
def test_what_click_says_is_english_where_that_is_asked_for(line: str) -> None:
    code, output = run(*line.split(), lang="en")
    assert code == 2
    assert "Error: " in output
    assert not JAPANESE.search(output)


def test_the_option_is_asked_before_the_environment() -> None:
    assert "Error: Missing" in run("convert", "m", "--lang", "en", lang="ja")[1]
    assert "エラー：" in run("convert", "m", "--lang", "ja", lang="en")[1]


@pytest.mark.parametrize(
    ("arguments", "given", "lang"),
    [
        ([], "", "ja"),
        (["--lang", "en"], "", "en"),
        (["--lang=en"], "ja", "en"),
        (["--lang=ja"], "en", "ja"),
        ([], "en", "en"),
        (["--lang"], "en", "ja"),
        (["--", "--lang=en"], "", "ja"),
        (["--lang", "fr"], "", "ja"),
    ],
)
def test_the_language_of_a_line_that_is_not_parsed(
    arguments: list[str], given: str, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MOKUROKU_LANG", given)
    assert language(arguments) == lang


def test_what_the_catalogue_does_not_know_stays() -> None:
    assert in_japanese(click.UsageError("Something new.")) == "Something new."
    assert in_japanese(click.BadParameter("Something new.")) == "Something new."
    with pytest.raises(JapaneseUsageError), told_in("ja"):
        raise click.UsageError("Something new.")
    with pytest.raises(click.UsageError, match="Something") as caught, told_in("en"):
        raise click.UsageError("Something new.")
    assert not isinstance(caught.value, JapaneseUsageError)


def test_older_words_of_click_are_known() -> None:
    assert in_japanese(click.UsageError("No such option: --x")) == "オプション --x はありません。"
    assert in_japanese(click.UsageError("No such command 'x'.")) == "コマンド「x」はありません。"
    assert in_japanese(click.UsageError("Got unexpected extra argument (x)")) == "余分な引数があります：x"


# ── Our own ──────────────────────────────────────────────────────────────────────────────────────

NOT_BY_A_COMMAND = {
    "a source is a path, bytes or a binary stream, not ",
    "options belong to load_mapping when the mapping is loaded already",
    "standard output has no parts",
    " is damaged",
}
"""What only a program that calls the library can cause, or a fault of ours."""
SAID_ELSEWHERE = {("messages/catalogue.py", "join"), ("draft/new.py", "say")}
"""Faults of a plug-in's catalogue; words that are in the language asked for already."""


def raised(path: Path) -> list[ast.Call]:
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    names = ("UsageError", "RunError")
    return [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in names]


def called(call: ast.Call) -> str:
    """The name of the function that gives the text."""
    inner = next((item.func for item in call.args if isinstance(item, ast.Call)), None)
    return inner.attr if isinstance(inner, ast.Attribute) else inner.id if isinstance(inner, ast.Name) else ""


def literal(node: ast.expr) -> list[str]:
    return [part.value for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]


def test_every_error_of_a_command_is_said_in_japanese_too() -> None:
    silent = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for call in raised(path):
            told = len(call.args) == 2 or set(literal(call.args[0])) & NOT_BY_A_COMMAND
            if not told and (path.relative_to(PACKAGE).as_posix(), called(call)) not in SAID_ELSEWHERE:
                silent.append(f"{path.relative_to(PACKAGE)}:{call.lineno}")
    assert silent == []


def test_names_and_options_are_said_in_japanese() -> None:
    assert UnknownName("format", "cvs", ["csv", "tsv"]).ja == "形式「cvs」はありません。もしかして「csv」ですか。"
    assert UnknownName("check", "x", []).ja == "検査「x」はありません。"
    assert OptionError("a", "b", "expects c", "c を書いてください").ja == "c を書いてください"
    assert RunError("x").ja is None
    assert run("formats", "cvs") == (2, "形式「cvs」はありません。もしかして「csv」ですか。\n")
    assert run("inspect", "x", "--format", "csv", "-r", "header_row=0")[1].startswith("実行できません：x：")
    code, output = run("check", str(PACKAGE / "__init__.py"), "--format", "csv", "-r", "max_record=a")
    assert (code, output) == (2, "設定「max_record=a」は使えません：900MB のような大きさを書いてください\n")


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.ENOENT, errno.EROFS, errno.EISDIR])
def test_reasons_of_the_system_are_said_in_japanese(number: int) -> None:
    reason = reason_in_japanese(OSError(number, os.strerror(number)))
    assert JAPANESE.search(reason)


def test_other_reasons_stay() -> None:
    assert reason_in_japanese(OSError(99999, "Odd")) == "Odd"
    assert reason_in_japanese(OSError("no number")) == "no number"
    assert reason_in_japanese(ValueError("embedded null byte")) == "embedded null byte"


def test_places_are_told_in_both_languages(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for place in (tmp_path, tmp_path / "file" / "x"):
        with pytest.raises(UsageError) as caught:
            check_place(place)
        assert JAPANESE.search(caught.value.ja or "")


def test_faults_of_a_profile_are_told_in_both_languages(tmp_path: Path) -> None:
    profile = tmp_path / "p.yaml"
    lines = ("profile: 1", "id: p", "extends: drft", "odd: 1", "severities:", "  SRC-EMTY: error", "  SRC-NUL: bad")
    profile.write_text("\n".join(lines) + "\n", "utf-8")
    arguments = ("check", str(PACKAGE / "__init__.py"), "--format", "csv", "--profile", str(profile))
    japanese, english = run(*arguments)[1].splitlines(), run(*arguments, "--lang", "en")[1].splitlines()
    assert len(japanese) == len(english) >= 5
    assert all(JAPANESE.search(line) for line in japanese)
    assert not any(JAPANESE.search(line) for line in english)
