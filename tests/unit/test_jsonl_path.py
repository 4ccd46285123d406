"""Paths in JSON records."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.errors import PathError
from convert.formats.jsonl.path import JsonPath, find_text, parse_path, path_text
from convert.model import Location, Record

BODY = {
    "title": "風景",
    "dc:title": "風景画",
    "x.y": {"z": "深い"},
    "tags": ["絵画", None, "", "油彩"],
    "creators": [{"name": "架空太郎", "ids": ["1", "2"]}, {"role": "絵"}, {"name": "架空花子", "ids": "3"}],
    "one": {"name": "架空次郎"},
    "flags": [True, False],
    "grid": [["1", "2"], ["3"]],
    "nothing": None,
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("title", ["風景"]),
        ("dc:title", ["風景画"]),
        ('["x.y"].z', ["深い"]),
        ('["x.y"]["z"]', ["深い"]),
        ("tags[]", ["絵画", "", "油彩"]),
        ("tags", ["絵画", "", "油彩"]),
        ("tags[0]", ["絵画"]),
        ("tags[1]", []),
        ("tags[9]", []),
        ("creators[].name", ["架空太郎", "架空花子"]),
        ("creators.name", ["架空太郎", "架空花子"]),
        ("creators[2].name", ["架空花子"]),
        ("creators[].ids[]", ["1", "2", "3"]),
        ("creators[].ids", ["1", "2", "3"]),
        ('creators[role=""].name', ["架空太郎", "架空花子"]),
        ('creators[name=""].role', ["絵"]),
        ('flags[role=""]', []),
        ("one[].name", ["架空次郎"]),
        ("one[0].name", ["架空次郎"]),
        ("one[1].name", []),
        ("one", [{"name": "架空次郎"}]),
        ("flags", ["true", "false"]),
        ("grid", [["1", "2"], ["3"]]),
        ("grid[][]", ["1", "2", "3"]),
        ("grid[][0]", ["1", "3"]),
        ("nothing", []),
        ("absent.deep[]", []),
        ("title.deep", []),
    ],
)
def test_values(path, values):
    assert JsonPath.of(path).values(BODY) == values


def test_nodes_and_inner_paths():
    nodes = JsonPath.of("creators[]").nodes(BODY)
    assert nodes == BODY["creators"]
    assert JsonPath.of("flags").nodes(BODY) == [True, False]
    assert JsonPath.of(".").values("絵画") == ["絵画"]
    assert JsonPath.of(".").nodes({"a": 1}) == [{"a": 1}]


def test_places_carry_numbers():
    record = Record(BODY, source="x.jsonl", ordinal=1, line=7)
    place = JsonPath.of("creators[].name").locate(record, 1)
    assert place == Location("x.jsonl", line=7, path="creators[2].name", field="creators")
    assert JsonPath.of("tags").locate(record, 2).path == "tags[3]"
    assert JsonPath.of('["x.y"].z').locate(record).path == '["x.y"].z'
    assert JsonPath.of("absent[].name").locate(record).path == "absent[].name"


def test_places_inside_nodes():
    record = Record(BODY, source="x.jsonl", ordinal=1, line=7)
    node = JsonPath.of("creators[]").locate(record, 2)
    assert node.path == "creators[2]"
    inner = JsonPath.of("ids[]").locate(record, 0, within=node)
    assert (inner.path, inner.field) == ("creators[2].ids", "creators")
    first = JsonPath.of("creators[]").locate(record, 0)
    assert JsonPath.of("ids").locate(record, 1, within=first).path == "creators[0].ids[1]"
    assert JsonPath.of(".").locate(record, within=node).path == "creators[2]"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("a..b", 2),
        ("a.", 2),
        (".a", 1),
        ("a[", 2),
        ("a[x]", 2),
        ("a[-1]", 2),
        ("a]", 2),
        ('a"b', 2),
        ("a[]b", 4),
        ('a["b', 2),
        ('a["\\q"]', 2),
        ("a[0", 2),
    ],
)
def test_faults_in_paths_name_the_character(path, place):
    with pytest.raises(PathError, match=f"character {place}:"):
        parse_path(path)


@pytest.mark.parametrize("path", ["", "^title", "$id"])
def test_prefixes_belong_to_the_engine(path):
    with pytest.raises(PathError):
        parse_path(path)


STEPS = st.lists(st.one_of(st.none(), st.integers(0, 3), st.text(alphabet='ab.[]"^$\\ 目', max_size=3)), max_size=5)
TREES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(alphabet="x", max_size=2)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from("ab"), inner, max_size=2)),
    max_leaves=12,
)


@given(STEPS)
def test_paths_are_written_as_they_are_read(steps):
    assert parse_path(path_text(steps)) == tuple(steps)


@given(TREES, st.lists(st.sampled_from([None, 0, 1, "a", "b"]), max_size=4))
@settings(max_examples=800, deadline=None)
def test_a_place_leads_to_its_value(tree, steps):
    record = Record({"a": tree}, source="x", ordinal=1)
    selector = JsonPath.of(path_text(["a", *steps]))
    for occurrence, value in enumerate(selector.nodes(record.body)):
        place = selector.locate(record, occurrence)
        found = record.body
        for step in parse_path(place.path):
            found = found[step]
        assert found is value


def test_a_text_is_found_by_its_way():
    assert find_text({"a": [{"b": "x"}, "y"]}, lambda text: text == "y") == ("a", 1)
    assert find_text({"a": [{"b": "x"}]}, lambda text: text == "b") == ("a", 0)
    assert find_text({"a": "x"}, lambda text: text == "?") is None
