from __future__ import annotations

import copy
import pickle

import pytest

from convert import errors
from convert.check.issue import Issue, Severity
from convert.errors import (
    FindingsError,
    LayoutError,
    MappingError,
    MokurokuError,
    OptionError,
    PathError,
    ProfileError,
    RunError,
    SourceFault,
    UnknownName,
    UsageError,
    near,
)
from convert.model import Location

FINDINGS = [
    Issue("MAP-KEY", Location("a.yaml", line=3, column=5), value="form", suggestion="from", slots={"known": ["from"]}),
    Issue("MAP-PATH", Location("a.yaml", line=9), Severity.ERROR, value="名前"),
]
ALL = [
    MokurokuError("base"),
    UsageError("no input"),
    RunError("a worker process died"),
    UnknownName("format", "cvs", ["csv", "tsv"]),
    UnknownName("format", "xyz", ["csv", "tsv"]),
    OptionError("split", "many", "expects a size such as 900MB"),
    OptionError("split", None, "expects a size such as 900MB"),
    MappingError(FINDINGS),
    LayoutError(FINDINGS),
    ProfileError(FINDINGS),
    FindingsError(FINDINGS),
    SourceFault(Issue("SRC-PACKED-CUT", Location("a.csv.gz"))),
    PathError("名まえ", "there is no such column", ["名前", "番号"]),
]


def pickled(error: MokurokuError) -> object:
    return pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes


@pytest.mark.parametrize("error", ALL, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])
def test_errors_survive_pickling_with_all_their_parts(error: MokurokuError, again: object) -> None:
    assert callable(again)
    back = again(error)
    assert type(back) is type(error)
    assert str(back) == str(error)
    assert back.args == error.args
    assert vars(back) == vars(error)


def test_every_class_is_tried() -> None:
    defined = {thing for thing in vars(errors).values() if isinstance(thing, type) and issubclass(thing, Exception)}
    assert defined == {type(error) for error in ALL}


def test_the_tree_is_the_one_that_is_drawn() -> None:
    drawn = {
        MokurokuError: Exception,
        UsageError: MokurokuError,
        UnknownName: UsageError,
        OptionError: UsageError,
        FindingsError: UsageError,
        MappingError: FindingsError,
        LayoutError: FindingsError,
        ProfileError: FindingsError,
        PathError: MokurokuError,
        SourceFault: MokurokuError,
        RunError: MokurokuError,
    }
    for kind, base in drawn.items():
        assert kind.__bases__ == (base,)
        assert kind.__doc__
        assert errors.__doc__ is not None
        assert kind.__name__ in errors.__doc__


def test_unknown_names_tell_the_near_one_or_all() -> None:
    close, far = UnknownName("format", "cvs", ["csv", "tsv"]), UnknownName("format", "xyz", ["csv", "tsv"])
    assert str(close) == "unknown format 'cvs' (did you mean 'csv'?)"
    assert str(far) == "unknown format 'xyz' (known: csv, tsv)"
    assert far.suggestion is None
    assert far.known == ("csv", "tsv")


def test_a_mapping_error_holds_its_findings_in_order() -> None:
    error = MappingError(FINDINGS)
    assert error.findings == tuple(FINDINGS)
    assert str(error) == "a.yaml:3:5: MAP-KEY; a.yaml:9: MAP-PATH"


def test_a_path_error_proposes_a_path() -> None:
    assert PathError("名まえ", "no such column", ["名前", "番号"]).suggestion in (None, "名前")
    assert PathError("titel", "no such key", ["title", "date"]).suggestion == "title"


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("", ["a"], None),
        ("a", [], None),
        ("csv", ["csv", "tsv"], "csv"),
        ("資料名ヨミ", ["資料名", "資料名ヨミ", "作者"], "資料名ヨミ"),
        ("completely-else", ["csv", "tsv"], None),
    ],
)
def test_near(name: str, known: list[str], expected: str | None) -> None:
    assert near(name, known) == expected
