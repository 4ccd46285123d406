"""What the library raises. Faults in data are never raised: they are issues.

::

    MokurokuError
    ├── UsageError           a wrong option, name or file: exit code 2
    │   ├── UnknownName      a format, mapping, transform, check or report nobody has; names the near ones
    │   ├── OptionError      an option a format does not have, or a value it does not take
    │   └── FindingsError    a file that tells what to do cannot be used; holds every finding
    │       ├── MappingError     a mapping table
    │       ├── LayoutError      a layout of records
    │       └── ProfileError     a profile
    ├── PathError            a path a source does not have (the mapping checks turn it into a finding)
    ├── SourceFault          a compressed source that breaks while it is read (readers turn it into an issue)
    └── RunError             the run broke: disk full, input vanished: exit code 3
"""

from __future__ import annotations

import difflib
import errno
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from convert.check.issue import Issue


MOST_NAMES = 10_000
"""Names among which a near one is looked for: a table may have a million columns."""


def near(name: str, known: Iterable[str]) -> str | None:
    """The known name most like ``name``, or None. Only the first :data:`MOST_NAMES` are looked at.

    >>> near("japansaerch", ["japansearch", "csv"])
    'japansearch'
    """
    found = difflib.get_close_matches(name, list(islice(known, MOST_NAMES)), n=1, cutoff=0.6)
    return found[0] if found else None


_REASONS = {
    errno.ENOENT: "ファイルかフォルダがありません",
    errno.EACCES: "アクセスする権限がありません",
    errno.EPERM: "許可されていない操作です",
    errno.ENOSPC: "ディスクの空き容量が足りません",
    errno.EDQUOT: "割り当てられた容量を使い切りました",
    errno.EISDIR: "ファイルではなくフォルダです",
    errno.ENOTDIR: "途中の名前がフォルダではありません",
    errno.EEXIST: "同じ名前のものがすでにあります",
    errno.EROFS: "読み取り専用の場所です",
    errno.ENAMETOOLONG: "名前が長すぎます",
    errno.ELOOP: "シンボリックリンクがめぐっています",
    errno.EMFILE: "開いているファイルが多すぎます",
    errno.ENFILE: "開いているファイルが多すぎます",
    errno.EFBIG: "ファイルが大きくなりすぎました",
    errno.EBUSY: "ほかで使われています",
    errno.EIO: "機器の読み書きに失敗しました",
    errno.EADDRINUSE: "すでに使われています",
    errno.EADDRNOTAVAIL: "この機械のアドレスではありません",
    errno.EPIPE: "出力を読む相手がいなくなりました",
}


def reason_in_japanese(error: Exception) -> str:
    """Why the system refused, in Japanese where that is known.

    >>> reason_in_japanese(OSError(errno.ENOSPC, "No space left on device"))
    'ディスクの空き容量が足りません'
    """
    if not isinstance(error, OSError):
        return str(error)
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


class MokurokuError(Exception):
    """Base of all errors; keeps its parts as attributes and survives pickling."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.args, self.__dict__)


def _rebuild(kind: type[MokurokuError], args: tuple[Any, ...], state: dict[str, Any]) -> MokurokuError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


class UsageError(MokurokuError):
    """The command or call cannot be carried out as it was written. ``ja``: why, in Japanese, where that is known."""

    def __init__(self, text: str, ja: str | None = None) -> None:
        self.ja = ja
        super().__init__(text)


KINDS = {
    "format": "形式",
    "source format": "入力の形式",
    "target format": "出力の形式",
    "checked format": "調べられる形式",
    "format of which --published knows": "--published で比べられる形式",
    "drafted format": "下書きを作れる提出先",
    "mapping": "対応表",
    "layout": "レイアウト",
    "transform": "処理",
    "enrichment": "補い（enrich）",
    "check": "検査",
    "report": "報告の形式",
    "option": "設定",
    "profile": "プロファイル",
    "severity": "重さ",
    "code": "コード",
    "character set": "文字集合",
    "source of the store": "ストアの提供元",
}
"""What :class:`UnknownName` calls a kind of name, in Japanese."""


class UnknownName(UsageError):  # noqa: N818 - reads as what it is
    """A name that nothing answers to."""

    def __init__(self, kind: str, name: str, known: Sequence[str]) -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        self.suggestion = near(name, known)
        hint = f" (did you mean '{self.suggestion}'?)" if self.suggestion else f" (known: {', '.join(known)})"
        ja = f"使えるもの：{'、'.join(known)}" if known else ""
        ja = f"もしかして「{self.suggestion}」ですか。" if self.suggestion else ja
        super().__init__(f"unknown {kind} '{name}'{hint}", f"{KINDS.get(kind, kind)}「{name}」はありません。{ja}")


class OptionError(UsageError):
    """An option with a wrong name or value. ``expected`` and, in Japanese, ``ja``: what would do."""

    def __init__(self, option: str, value: str | None, expected: str, ja: str = "") -> None:
        self.option, self.value, self.expected = option, value, expected
        shown = option if value is None else f"{option}={value}"
        super().__init__(f"option {shown}: {expected}", ja or expected)


class FindingsError(UsageError):
    """A file that tells what to do has faults. ``findings`` holds every one, in file order. ``needs``: what is to
    be corrected, in Japanese and in English.
    """

    needs = ("ファイル", "file")

    def __init__(self, findings: Sequence[Issue]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{f.at}: {f.code}" for f in self.findings))


class MappingError(FindingsError):
    """A mapping table with faults."""

    needs = ("対応表", "mapping")


class LayoutError(FindingsError):
    """A layout of records with faults."""

    needs = ("レイアウト", "layout")


class ProfileError(FindingsError):
    """A profile with faults."""

    needs = ("プロファイル", "profile")


class PathError(MokurokuError):
    """A path the source format cannot follow. ``suggestion`` is a path it could; ``ja`` the reason in Japanese."""

    def __init__(self, path: str, reason: str, known: Sequence[str] = (), ja: str | None = None) -> None:
        self.path, self.reason, self.known, self.ja = path, reason, tuple(known), ja or reason
        self.suggestion = near(path, known)
        super().__init__(f"{path}: {reason}")


class SourceFault(MokurokuError):  # noqa: N818 - a fault of the data, not of the program
    """A compressed source cannot be read on. ``issue`` says why; readers yield it with a broken record."""

    def __init__(self, issue: Issue) -> None:
        self.issue = issue
        super().__init__(f"{issue.at}: {issue.code}")


class RunError(MokurokuError):
    """The run could not be finished. Nothing half-written is left. ``ja``: why, in Japanese."""

    def __init__(self, text: str, ja: str | None = None) -> None:
        self.ja = ja
        super().__init__(text)
