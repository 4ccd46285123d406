"""ジャパンサーチ (Japan Search): the linkage format and the file for registration."""

from __future__ import annotations

from convert.formats.base import Format, Option
from convert.formats.options import encoding, max_record

READ_OPTIONS = (encoding(), max_record())
"""As for JSON Lines, whose reader reads these files."""

WRITE_OPTIONS = (
    Option(
        "database",
        "any",
        ja="データベース定義（ファイル名、またはその場に書いた定義）",
        en="the database definition: a YAML or JSON file, or the definition itself",
    ),
    Option(
        "keys",
        "choice",
        "suffix",
        ("suffix", "served"),
        ja="項目のキー：作品名_s（suffix）、または synthmus-1-s（served）",
        en="item keys: 作品名_s (suffix) or synthmus-1-s as served (served)",
    ),
    Option(
        "shape",
        "choice",
        "linkage",
        ("linkage", "registration"),
        ja="連携フォーマット（linkage）、または登録用の平らなファイル（registration）",
        en="the linkage format with common, or the flat file for registration",
    ),
    Option(
        "dates",
        "choice",
        "epoch_ms",
        ("epoch_ms", "iso"),
        ja="日付の形：ミリ秒のUnixTime、またはISO 8601",
        en="dates as Unix time in milliseconds or ISO 8601",
    ),
    Option(
        "layout",
        "choice",
        "lines",
        ("lines", "array"),
        ja="JSON Lines、または1つの配列",
        en="JSON Lines or one JSON array",
    ),
    Option(
        "file",
        "choice",
        "jsonl",
        ("jsonl", "csv", "tsv", "xlsx"),
        ja="登録用ファイルの種類（csv・tsv・xlsx は shape: registration のとき）",
        en="kind of file (csv, tsv and xlsx for shape registration)",
    ),
    Option(
        "empty_boolean",
        "choice",
        "false",
        ("false", "omit"),
        ja="空の真偽値：false にする、または書かない",
        en="an empty boolean is written as false, or left out",
    ),
    Option(
        "partial_dates",
        "choice",
        "null",
        ("null", "start"),
        ja="月や日のない日付：null にする、または期間の最初の日にする",
        en="a date without month or day becomes null, or the first day of its time",
    ),
    Option("split", "size", 10**9, ja="1ファイルの上限", en="largest size of one file"),
    Option("bom", "boolean", False, ja="CSV・TSVの先頭にBOMを付ける", en="start a CSV or TSV file with a BOM"),
)

ROLES = {
    "id": ("id",),
    "title": ("common.title",),
    "reading": ("common.titleYomi",),
    "description": ("common.description",),
    "url": ("common.linkUrl",),
    "thumbnail": ("common.thumbnailUrl",),
    "contents": ("common.contentsUrl", "common.iiifUrl"),
    "date": ("common.temporal",),
    "updated": ("common.lastUpdatedDate",),
    "coordinates": ("common.coordinates",),
    "rights": ("common.contentsRightsType",),
    "access": ("common.contentsAccess",),
    "english": ("common.titleEn", "common.descriptionEn"),
}
"""What the keys of ``common`` are to the checks of a whole delivery; items play what their labels feed."""
COVERS = frozenset(("DSET-URL-SCHEME", "DSET-URL-BLANK", "DSET-ACCESS-CONTENTS"))
"""``JPS-URL`` says so of every address, ``JPS-ACCESS-CONTENTS`` of every record."""

FORMATS = (
    Format(
        name="japansearch",
        ja="ジャパンサーチ連携フォーマット",
        en="Japan Search linkage format",
        reader="convert.formats.jsonl.reader:JsonLinesReader",
        target="convert.formats.japansearch.sheet:JapanSearchFiles",
        checker="convert.formats.japansearch.checker:JapanSearchChecker",
        drafter="convert.formats.japansearch.draft:JapanSearchDrafter",
        published="convert.formats.japansearch.published.compare:Published",
        read_options=READ_OPTIONS,
        write_options=WRITE_OPTIONS,
        nodes=True,
        roles=ROLES,
        covers=COVERS,
    ),
)
