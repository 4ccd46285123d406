from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from convert import registry
from convert.errors import UnknownName, UsageError
from convert.formats.base import Format
from convert.transforms import Transform


def test_formats_are_found_by_folder() -> None:
    found = registry.formats()
    assert {"csv", "tsv", "jsonl", "japansearch"} <= set(found)
    for name, item in found.items():
        assert isinstance(item, Format)
        assert item.name == name
        assert item.ja
        assert item.en
        assert item.reader or item.target
        assert registry.format_named(name) is item


@pytest.mark.parametrize("name", sorted(registry.formats()))
def test_every_class_a_format_names_exists(name: str) -> None:
    item = registry.format_named(name)
    for place, load in ((item.reader, item.load_reader), (item.target, item.load_target)):
        if place is not None:
            assert load().__name__ == place.partition(":")[2]
        else:
            with pytest.raises(UnknownName):
                load()
    if item.checker is not None:
        assert item.load_checker() is not None


@pytest.mark.parametrize("name", sorted(registry.formats()))
def test_every_option_is_described_and_its_default_is_good(name: str) -> None:
    item = registry.format_named(name)
    for option in (*item.read_options, *item.write_options):
        assert option.ja
        assert option.en
        if isinstance(option.default, str):
            assert option.parse(option.default) == option.default


def test_transforms_are_found_by_module() -> None:
    found = registry.own_transforms()
    assert {"trim", "nfkc", "katakana", "w3cdtf", "unique"} <= set(found)
    for name, item in found.items():
        assert isinstance(item, Transform)
        assert registry.transform_named(name) is item
        assert "." not in name
        assert item.doc, name


@pytest.mark.parametrize(
    ("find", "wrong", "near"),
    [
        (registry.format_named, "japansaerch", "japansearch"),
        (registry.transform_named, "trimm", "trim"),
        (registry.reporter_named, "jsonn", "json"),
    ],
)
def test_unknown_names_bring_a_near_one(find: object, wrong: str, near: str) -> None:
    assert callable(find)
    with pytest.raises(UnknownName) as caught:
        find(wrong)
    assert caught.value.suggestion == near
    assert near in caught.value.known
    assert list(caught.value.known) == sorted(caught.value.known)


@pytest.mark.parametrize(
    "find",
    [registry.format_named, registry.transform_named, registry.reporter_named, registry.check_named],
)
@pytest.mark.parametrize("name", ["", ".", "..", "base", "__init__", "report", "nosuch.nosuch", "../x", "os.path"])
def test_only_what_is_offered_has_a_name(find: object, name: str) -> None:
    assert callable(find)
    with pytest.raises(UnknownName):
        find(name)


@pytest.mark.parametrize("suffix", ["json", "jsonl", "csv", "txt"])
def test_reports_are_found_by_suffix(suffix: str) -> None:
    assert registry.reporter_named(suffix).__module__ == f"convert.report.{suffix}"


@pytest.mark.parametrize("value", ["nosuch_module_at_all", "convert.errors:Nosuch"])
def test_a_plug_in_that_cannot_be_loaded_is_named(value: str) -> None:
    with pytest.raises(UsageError, match=f"plug-in sample .*{value}"):
        registry.load(EntryPoint("sample", value, "convert.formats"))


def test_there_are_no_plug_ins_of_a_group_nobody_has() -> None:
    assert registry.plugins("nosuch") == {}
