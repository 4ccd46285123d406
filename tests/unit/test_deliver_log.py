"""The delivery log: lines that stay, several writers, what it adds up to and what comes next."""

from __future__ import annotations

import json
import multiprocessing
import os
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from convert.deliver import Request as Packing
from convert.deliver import build
from convert.deliver.log import EVENTS, KINDS, NAME, DeliveryLog, Entry, log_at, next_step, record
from convert.deliver.log.file import entry
from convert.deliver.log.procedure import STEPS
from convert.deliver.log.status import answer, sent_otherwise, status
from convert.errors import RunError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from convert.check.issue import Issue

TO = "kakuu@sftp.example.jp:in"


def codes(issues: Any) -> list[str]:
    return [issue.code for issue in issues]


# ── The file ─────────────────────────────────────────────────────────────────────────────────────


def test_one_call_puts_anything_down(tmp_path: Path) -> None:
    record(tmp_path, "load", "2026-01", records=1200, source="museum", store="museum.db")
    record(tmp_path / "other.jsonl", "made", "items.dat", size=10, nothing=None)
    (line,) = (tmp_path / NAME).read_text("utf-8").splitlines()
    told = json.loads(line)
    assert told.pop("at").endswith("+00:00")
    assert told == {
        "delivery_log": 1, "event": "load", "name": "2026-01", "records": 1200, "source": "museum",
        "store": "museum.db",
    }  # fmt: skip
    (entry_,), _ = log_at(tmp_path / "other.jsonl").read()
    assert (entry_.name, entry_.size, entry_.facts) == ("items.dat", 10, {})


def test_what_cannot_be_read_is_told_and_passed_over(tmp_path: Path, says_all: Callable[[Issue], None]) -> None:
    record(tmp_path, "made", "a.zip")
    with (tmp_path / NAME).open("ab") as stream:
        stream.write(b'{"delivery_log":1,"at":"x","ev')  # power failed here
    record(tmp_path, "made", "b.zip")
    with (tmp_path / NAME).open("ab") as stream:
        stream.write(b'\n[]\n{"delivery_log":1,"at":1,"event":"made","name":"c"}\n\xff\n{"a":' + b"[" * 5000 + b"\n")
    entries, issues = log_at(tmp_path).read()
    assert [one.name for one in entries] == ["a.zip", "b.zip"]
    assert codes(issues) == ["DLV-LOG-LINE"] * 5
    assert [issue.at.line for issue in issues] == [2, 5, 6, 7, 8]
    for issue in issues:
        says_all(issue)


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(RunError) as caught:
        record(tmp_path, "made", "a.zip")
    assert caught.value.ja
    with pytest.raises(UsageError):
        log_at(tmp_path).read()


def _write(place: Path, name: str) -> None:
    for number in range(50):
        record(place, "made", f"{name}-{number}", filler="架空" * 500)


def test_many_writers_lose_no_line(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork" if os.name == "posix" else "spawn")
    processes = [context.Process(target=_write, args=(tmp_path, name)) for name in "abc"]
    for process in processes:
        process.start()
    for process in processes:
        process.join(20)
    entries, issues = log_at(tmp_path).read()
    assert issues == []
    for name in "abc":
        mine = [one.name for one in entries if one.name.startswith(name)]
        assert mine == [f"{name}-{number}" for number in range(50)]


def test_one_at_a_time_may_send(tmp_path: Path) -> None:
    log = log_at(tmp_path)
    with log.alone() as first, log.alone() as second:
        assert (first, second) == (True, False)
    with log.alone() as again:
        assert again


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=60)
@given(TEXT, TEXT, st.none() | TEXT, st.none() | st.integers(0, 10**15))
def test_an_entry_is_read_as_it_was_written(event: str, name: str, to: str | None, size: int | None) -> None:
    told = entry(event, name, to=to, size=size, at="2026-01-05T00:00:00+00:00", note="a\nb")
    assert told.line().count(b"\n") == 1
    assert Entry.parse(told.line()) == told


# ── What comes next ──────────────────────────────────────────────────────────────────────────────


def history(*steps: str) -> list[Entry]:
    """``sample``: such a package was sent; ``faults``, ``clean``, ``loaded``: what was said of the one before."""
    found: list[Entry] = []
    for number, step in enumerate(steps):
        if step in KINDS:
            found.append(entry("sent", f"{number}.zip", kind=step, to=TO))
        else:
            found.append(entry("answered", found[-1].name, to=TO, answer=step))
    return found


@pytest.mark.parametrize(
    ("steps", "wanted"),
    [
        ("", "sample"),
        ("sample", "wait-sample"),
        ("sample faults", "sample-again"),
        ("sample faults sample", "wait-sample"),
        ("sample faults sample clean", "full"),
        ("sample clean full", "wait-full"),
        ("sample clean full faults", "full-again"),
        ("sample clean full clean", "first-diff"),
        ("sample clean full clean loaded", "first-diff"),
        ("sample clean full loaded diff", "wait-diff"),
        ("sample clean full loaded diff faults", "diff-again"),
        ("sample clean full loaded diff clean", "diff"),
        ("sample clean full loaded diff clean diff", "diff"),
        ("sample clean full loaded diff clean diff diff", "diff"),
        ("sample clean full loaded diff clean diff faults", "diff-again"),
        ("sample clean full loaded diff faults diff", "wait-diff"),
        ("diff loaded sample", "wait-sample"),
    ],
)
def test_the_next_step(steps: str, wanted: str) -> None:
    assert next_step(history(*steps.split())).name == wanted


def test_an_answer_to_an_older_package_changes_nothing() -> None:
    entries = history("sample", "clean", "full")
    entries.append(entry("answered", entries[0].name, to=TO, answer="faults"))
    assert next_step(entries).name == "wait-full"


def test_the_packages_of_one_day_are_one_load() -> None:
    names = [f"updt1311_20260105_0{number}.zip" for number in (1, 2)]
    entries = [entry("sent", name, kind="full", to=TO) for name in names]
    assert next_step([*entries, entry("answered", names[0], to=TO, answer="loaded")]).name == "first-diff"
    later = entry("sent", "updt1311_20260106_01.zip", kind="full", to=TO)
    assert next_step([*entries, later, entry("answered", names[0], to=TO, answer="faults")]).name == "wait-full"


def test_every_step_speaks_both_languages_and_says_what_is_inferred() -> None:
    for step in STEPS.values():
        assert step.ja
        assert step.en
        assert step.inferred == (step.name in ("full-again", "diff-again"))
    assert set(KINDS) == {"sample", "full", "diff"}
    assert "load" in EVENTS


# ── What it adds up to ───────────────────────────────────────────────────────────────────────────


def package(folder: Path, content: bytes = b"items", day: int = 5) -> Path:
    source = folder.parent / "items.dat"
    source.write_bytes(content)
    return build(Packing([source], "1311", folder, day=date(2026, 1, day))).paths[0]


def test_what_was_sent_what_was_said_and_what_waits(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    first, second = package(outbox), package(outbox, day=6)
    sent_otherwise(outbox, first, TO, "sample")
    answer(outbox, first.name, "faults", "ヨミがありません")
    record(outbox, "load", "2026-01", records=3)
    found = status(outbox)
    (receiver,) = found.receivers
    assert (receiver.to, receiver.library, [one.sent.name for one in receiver.deliveries]) == (TO, "1311", [first.name])
    assert receiver.deliveries[0].answer is not None
    assert receiver.deliveries[0].answer.facts == {"answer": "faults", "note": "ヨミがありません"}
    assert receiver.next is STEPS["sample-again"]
    assert found.waiting == (second,)
    assert [one.event for one in found.others] == ["load"]
    assert found.issues == ()
    assert json.loads(json.dumps(found.to_dict()))["receivers"][0]["next"]["basis"] == "known"


def test_receivers_and_libraries_apart(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    first = package(outbox)
    sent_otherwise(outbox, first, TO, "sample")
    sent_otherwise(outbox, first, "kakuu@test.example.jp:in", "sample")
    answer(outbox, first.name, "clean")
    steps = {one.to: one.next.name for one in status(outbox).receivers if one.next}
    assert steps == {TO: "wait-sample", "kakuu@test.example.jp:in": "full"}


def test_doubts(tmp_path: Path, says_all: Callable[[Issue], None]) -> None:
    outbox = tmp_path / "outbox"
    first, second, third = (package(outbox, day=day) for day in (5, 6, 7))
    sent_otherwise(outbox, first, TO, "full")
    sent_otherwise(outbox, second, TO, "diff")
    record(outbox, "unsure", third.name, to=TO, library="1311")
    first.write_bytes(first.read_bytes()[:-1] + b"x")
    issues = status(outbox).issues
    assert codes(issues) == ["DLV-LOG-CHANGED", "DLV-LOG-EARLY", "DLV-LOG-EARLY", "DLV-LOG-UNSURE"]
    for issue in issues:
        says_all(issue)
    second.unlink()  # delivered and cleared away
    assert codes(status(outbox).issues).count("DLV-LOG-CHANGED") == 1


def test_what_failed_does_not_hide_what_was_sent(tmp_path: Path) -> None:
    for event in ("failed", "sent", "failed"):
        record(tmp_path, event, "updt1311_20260105_01.zip", to=TO, kind="sample", library="1311")
    ((one,),) = (receiver.deliveries for receiver in status(tmp_path).receivers)
    assert one.sent.event == "sent"


def test_answers_that_cannot_be_put_down(tmp_path: Path) -> None:
    record(tmp_path, "sent", "updt1311_20260105_01.zip", to=TO, kind="sample")
    for name, said in (("updt1311_20260105_02.zip", "clean"), ("updt1311_20260105_01.zip", "good")):
        with pytest.raises(UsageError) as caught:
            answer(tmp_path, name, said)
        assert caught.value.ja
    with pytest.raises(UsageError):
        status(tmp_path / "none")
    assert len(DeliveryLog(tmp_path / NAME).read()[0]) == 1


def test_a_log_is_found_by_its_folder_or_its_name(tmp_path: Path) -> None:
    assert log_at(tmp_path).path == tmp_path / NAME
    assert log_at(tmp_path / "mine.jsonl").path == tmp_path / "mine.jsonl"
    assert log_at(tmp_path / "later").path == tmp_path / "later" / NAME
