"""総合目録共通フォーマット and its relatives: records whose structure a layout table describes."""

from __future__ import annotations

from convert.formats.base import Format, Option
from convert.formats.options import split

DEFAULT = "somoku-3-draft"
"""The layout where none is named: a reconstruction, and every run with it says so."""


def layout() -> Option:
    """``layout``: a shipped layout or a file."""
    return Option(
        "layout",
        kind="file",
        default=DEFAULT,
        ja="レイアウト：出荷時のもの（mokuroku somoku layout list）か、自館のレイアウト表のファイル",
        en="layout: a shipped one (mokuroku somoku layout list) or the file of your own",
    )


FORMATS = (
    Format(
        name="somoku",
        ja="総合目録共通フォーマット（ゆにかねっと）、旧JAPAN/MARCなど、レイアウト表で読み書きする形式",
        en="union catalogue common format, legacy JAPAN/MARC and others, by a layout table",
        suffixes=(".dat",),
        vague=True,
        reader="convert.formats.somoku.reader:SomokuReader",
        target="convert.formats.somoku.target:SomokuTarget",
        checker="convert.formats.somoku.checking.checker:SomokuChecker",
        read_options=(layout(),),
        write_options=(layout(), split()),
        nodes=True,
    ),
)
