"""Packages go to good servers and to bad ones: what stands there afterwards is complete, or nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import random
import shutil
import subprocess
import threading
import time
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from convert.check.issue import Severity
from convert.deliver import Request as Packing
from convert.deliver import build
from convert.deliver.log.file import NAME, DeliveryLog
from convert.deliver.sftp.address import Address
from convert.deliver.sftp.batch import batch, command, quoted
from convert.deliver.sftp.faults import SftpFault
from convert.deliver.sftp.hostkey import Pins, checked_fingerprint, fingerprint
from convert.deliver.sftp.run import Outcome, Request, send
from convert.deliver.sftp.secrets import PASSPHRASE, Secrets
from convert.deliver.sftp.secrets import PASSWORD as PASSWORD_NAME
from convert.deliver.sftp.session import Patience
from convert.errors import UsageError
from convert.messages.catalogue import catalogue
from tests import sftp_server
from tests.sftp_server import PASSWORD, USER, Faulty, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

paramiko = pytest.importorskip("paramiko")

SIZE = 200_000
NOW = datetime(2026, 1, 5, tzinfo=UTC)
WRONG = "SHA256:" + "A" * 43


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def pack(outbox: Path, tmp_path: Path) -> Callable[..., Path]:
    """Make one more package; what is in it depends on its number."""

    def make(size: int = SIZE) -> Path:
        source = tmp_path / "items.dat"
        number = len(list(outbox.glob("*.zip"))) if outbox.exists() else 0
        source.write_bytes(random.Random(number).randbytes(size))  # noqa: S311 - no secret
        built = build(Packing([source], "1311", outbox, day=date(2026, 1, 5)), now=NOW)
        return built.paths[0]

    return make


@pytest.fixture
def package(pack: Callable[..., Path]) -> Path:
    return pack()


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Faulty]:
    folder = tmp_path / "in"
    folder.mkdir()
    with sftp_server.faulty(folder) as server:
        yield server


class Ship:
    """Sends; remembers for how long was waited between tries."""

    def __init__(self, server: Faulty) -> None:
        self.server = server
        self.waits: list[float] = []

    def request(self, *packages: Path, **options: Any) -> Request:
        given: dict[str, Any] = {
            "pins": Pins((self.server.fingerprint,)),
            "secrets": Secrets(password=PASSWORD, agent=False),
            "patience": Patience(timeout=5, retries=2),
        }
        return Request(packages, Address(USER, "127.0.0.1", "", self.server.port), **given | options)

    def __call__(self, *packages: Path, **options: Any) -> Outcome:
        return send(self.request(*packages, **options), sleep=self.waits.append)


@pytest.fixture
def ship(receiver: Faulty) -> Ship:
    return Ship(receiver)


def codes(outcome: Outcome) -> list[str]:
    return [issue.code for issue in outcome.issues]


def results(outcome: Outcome) -> list[str]:
    return [one.result for one in outcome.packages]


def delivered(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.endswith(".part"))


def parts(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.endswith(".part"))


def events(outbox: Path) -> list[str]:
    entries, issues = DeliveryLog(outbox / NAME).read()
    assert not issues
    return [entry.event for entry in entries]


def whole_or_nothing(folder: Path, *packages: Path) -> None:
    """Every file that stands under the name of a package is that package."""
    for package in packages:
        place = folder / package.name
        assert not place.exists() or place.read_bytes() == package.read_bytes()


# ── A server that is as it should be ─────────────────────────────────────────────────────────────


def test_a_package_arrives(ship: Ship, receiver: Faulty, package: Path, outbox: Path, says_all: Any) -> None:
    outcome = ship(outbox)
    assert (outcome.complete, results(outcome), outcome.issues) == (True, ["sent"], ())
    assert (receiver.root / package.name).read_bytes() == package.read_bytes()
    assert parts(receiver.root) == []
    assert events(outbox) == ["started", "started", "sent"]
    (sent,) = outcome.packages
    assert sent.host_key == receiver.fingerprint
    assert list(sent.steps) == ["started", "uploaded", "measured", "renamed"]
    assert sent.sha256 == hashlib.sha256(package.read_bytes()).hexdigest()


def test_it_is_written_under_another_name_and_looked_at_before_it_is_renamed(
    ship: Ship, receiver: Faulty, package: Path
) -> None:
    ship(package)
    opened, looked, renamed = (
        next(number for number, line in enumerate(receiver.log) if line.startswith(start))
        for start in ("open .", "stat .updt", "rename .")
    )
    assert opened < looked < renamed
    assert not any(line == f"open {package.name}" for line in receiver.log)
    assert not any(line.startswith("posix-rename") for line in receiver.log)


def test_only_the_package_is_sent_and_the_manifest_stays(ship: Ship, receiver: Faulty, package: Path) -> None:
    ship(package)
    assert delivered(receiver.root) == [package.name]
    told = json.loads(package.with_name("updt1311_20260105_01.manifest.json").read_bytes())
    (entry,) = told["deliveries"]
    assert entry["host_key"] == receiver.fingerprint
    assert entry["result"] == "sent"
    assert entry["sha256"] == told["package"]["sha256"]
    assert set(entry["steps"]) == {"started", "uploaded", "measured", "renamed"}


def test_several_go_in_order_over_one_connection(ship: Ship, receiver: Faulty, pack: Any, outbox: Path) -> None:
    for _ in range(3):
        pack(5000)
    outcome = ship(outbox)
    assert results(outcome) == ["sent"] * 3
    assert receiver.connections == 1
    renamed = [line.split()[-1] for line in receiver.log if line.startswith("rename")]
    assert renamed == [f"updt1311_20260105_0{number}.zip" for number in (1, 2, 3)]


def test_what_was_sent_is_not_sent_again(ship: Ship, receiver: Faulty, package: Path, pack: Any, outbox: Path) -> None:
    ship(outbox)
    (receiver.root / package.name).unlink()  # taken long since
    again = ship(package)
    assert (results(again), codes(again), again.complete) == (["already"], ["SFTP-ALREADY"], True)
    assert (codes(ship(outbox)), ship(outbox).complete) == (["SFTP-NONE"], True)  # of a folder only what is left
    assert receiver.connections == 1  # nobody was asked
    pack()
    assert results(ship(outbox)) == ["sent"]
    assert results(ship(package, again=True)) == ["sent"]
    failed = ship(package, again=True)
    assert codes(failed) == ["SFTP-EXISTS"]
    assert results(ship(package)) == ["already"]  # a try that failed since changes nothing


def test_another_receiver_is_another_receiver(ship: Ship, receiver: Faulty, package: Path, tmp_path: Path) -> None:
    ship(package)
    (tmp_path / "other").mkdir()
    with sftp_server.faulty(tmp_path / "other", key=1) as other:
        assert results(Ship(other)(package)) == ["sent"]


def test_an_empty_outbox_is_no_fault(ship: Ship, outbox: Path) -> None:
    outbox.mkdir()
    assert (codes(outcome := ship(outbox)), outcome.complete) == (["SFTP-NONE"], True)


def test_a_dry_run_connects_to_nobody(ship: Ship, receiver: Faulty, package: Path, outbox: Path) -> None:
    outcome = ship(outbox, dry_run=True)
    assert (results(outcome), receiver.connections) == (["waiting"], 0)
    assert not (outbox / NAME).exists()


# ── Connections that break ───────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("at", [1, 32_768, 100_000, 199_999])
def test_a_cut_connection_is_taken_up_again(at: int, ship: Ship, receiver: Faulty, package: Path, outbox: Path) -> None:
    receiver.faults.cut_after = [at]
    outcome = ship(package)
    assert (results(outcome), codes(outcome)) == (["sent"], ["SFTP-RESUMED"])
    assert ship.waits == [5]
    assert (receiver.root / package.name).read_bytes() == package.read_bytes()
    assert (parts(receiver.root), receiver.connections) == ([], 2)
    assert outcome.issues[0].slots["bytes"] == at


def test_a_connection_that_goes_on_breaking_leaves_a_part_that_the_next_run_takes_up(
    ship: Ship, receiver: Faulty, package: Path, outbox: Path
) -> None:
    receiver.faults.cut_after = [50_000, 0, 0, 0]
    outcome = ship(package)
    assert (results(outcome), codes(outcome), outcome.complete) == (["failed"], ["SFTP-CUT"], False)
    assert delivered(receiver.root) == []
    assert [(receiver.root / name).stat().st_size for name in parts(receiver.root)] == [50_000]
    assert ship.waits == [5, 5, 10]
    outcome = ship(package)
    assert codes(outcome) == ["SFTP-RESUMED"]
    assert (receiver.root / package.name).read_bytes() == package.read_bytes()
    assert parts(receiver.root) == []


def test_tries_begin_anew_whenever_something_arrived(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.cut_after = [30_000] * 6
    assert results(ship(package)) == ["sent"]
    assert ship.waits == [5] * 6
    whole_or_nothing(receiver.root, package)


def test_a_part_that_is_not_the_beginning_is_begun_anew(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.cut_after = [50_000, 0, 0, 0]
    ship(package)
    (receiver.root / parts(receiver.root)[0]).write_bytes(b"x" * 60_000)
    outcome = ship(package)
    assert (results(outcome), codes(outcome)) == (["sent"], [])
    assert (receiver.root / package.name).read_bytes() == package.read_bytes()
    assert parts(receiver.root) == []


@pytest.mark.parametrize("how", ["gone", "longer", "unreadable"])
def test_a_part_that_cannot_be_gone_on_with(how: str, ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.cut_after = [50_000, 0, 0, 0]
    ship(package)
    place = receiver.root / parts(receiver.root)[0]
    if how == "gone":
        place.unlink()
    elif how == "longer":
        place.write_bytes(package.read_bytes() + b"x")
    else:
        receiver.faults.unreadable = True
    assert results(ship(package)) == ["sent"]
    assert (receiver.root / package.name).read_bytes() == package.read_bytes()
    assert parts(receiver.root) == []


def test_a_part_of_other_content_is_not_gone_on_with(
    ship: Ship, receiver: Faulty, package: Path, outbox: Path, tmp_path: Path
) -> None:
    receiver.faults.cut_after = [50_000, 0, 0, 0]
    ship(package)
    for path in outbox.glob("updt*"):
        path.unlink()
    (tmp_path / "items.dat").write_bytes(os.urandom(SIZE))
    built = build(Packing([tmp_path / "items.dat"], "1311", outbox, day=date(2026, 1, 5)), now=NOW)
    outcome = ship(built.paths[0])
    assert (results(outcome), codes(outcome)) == (["sent"], [])
    assert (receiver.root / package.name).read_bytes() == built.paths[0].read_bytes()
    assert parts(receiver.root) == []  # what the other one had left is gone too


def test_a_server_that_does_not_answer(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.silent = True
    outcome = ship(package, patience=Patience(timeout=0.3, retries=0))
    assert codes(outcome) == ["SFTP-CUT"]
    assert delivered(receiver.root) == []


def test_a_server_that_cannot_be_reached_at_first(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.refuse_connections = 2
    assert results(ship(package)) == ["sent"]
    assert ship.waits == [5, 10]


def test_no_server_at_all(ship: Ship, package: Path) -> None:
    port = sftp_server.free_port()
    request = ship.request(package, patience=Patience(retries=1))
    outcome = send(replace(request, to=replace(request.to, port=port)), sleep=ship.waits.append)
    assert (codes(outcome), len(ship.waits)) == (["SFTP-UNREACHABLE"], 1)


def test_a_name_that_nobody_knows_is_not_asked_for_again(ship: Ship, package: Path) -> None:
    request = ship.request(package)
    for host in ("no-such-host.invalid", "a" * 64 + ".example.jp"):
        outcome = send(replace(request, to=replace(request.to, host=host)), sleep=ship.waits.append)
        assert (codes(outcome), ship.waits) == (["SFTP-UNREACHABLE"], [])


# ── The renaming ─────────────────────────────────────────────────────────────────────────────────


def test_an_existing_file_is_never_overwritten(ship: Ship, receiver: Faulty, package: Path, outbox: Path) -> None:
    (receiver.root / package.name).write_bytes(b"theirs")
    outcome = ship(package)
    assert (codes(outcome), results(outcome)) == (["SFTP-EXISTS"], ["failed"])
    assert (receiver.root / package.name).read_bytes() == b"theirs"
    assert parts(receiver.root) == []
    assert not any(line.startswith("open") for line in receiver.log)  # told before anything was written


@pytest.mark.parametrize("posix", [True, False])
def test_a_file_that_appears_meanwhile_is_not_overwritten_either(
    posix: bool, ship: Ship, receiver: Faulty, package: Path
) -> None:
    receiver.faults.posix_rename = posix
    receiver.faults.on_rename = lambda: (receiver.root / package.name).write_bytes(b"theirs") and None
    assert codes(ship(package)) == ["SFTP-EXISTS"]
    assert (receiver.root / package.name).read_bytes() == b"theirs"
    assert parts(receiver.root) == []


def test_a_server_that_would_replace_files(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.replaces = True

    def appear(name: str, sent: int, size: int) -> None:
        (receiver.root / package.name).write_bytes(b"theirs")

    outcome = send(ship.request(package), sleep=ship.waits.append, progress=appear)
    assert codes(outcome) == ["SFTP-EXISTS"]
    assert (receiver.root / package.name).read_bytes() == b"theirs"
    assert parts(receiver.root) == []


def test_a_server_without_posix_rename(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.posix_rename = False
    assert results(ship(package)) == ["sent"]
    whole_or_nothing(receiver.root, package)


def test_a_server_with_nothing_but_posix_rename(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.plain_rename = False
    assert results(ship(package)) == ["sent"]
    assert [line.split()[0] for line in receiver.log if "rename" in line.split()[0]] == ["rename", "posix-rename"]
    assert delivered(receiver.root) == [package.name]


def test_a_server_that_cannot_rename_at_all(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.plain_rename = receiver.faults.posix_rename = False
    assert codes(ship(package)) == ["SFTP-RENAME"]
    assert list(receiver.root.iterdir()) == []


def test_a_connection_cut_before_the_renaming(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.cut_rename = ["before"]
    outcome = ship(package)
    assert (results(outcome), codes(outcome)) == (["sent"], ["SFTP-RESUMED"])
    assert delivered(receiver.root) == [package.name]
    whole_or_nothing(receiver.root, package)


def test_a_connection_cut_after_the_renaming(ship: Ship, receiver: Faulty, package: Path, outbox: Path) -> None:
    receiver.faults.cut_rename = ["after"]
    outcome = ship(package)
    assert (results(outcome), codes(outcome)) == (["sent"], [])
    assert "confirmed" in outcome.packages[0].steps
    assert sum(line.startswith("rename") for line in receiver.log) == 1
    assert events(outbox)[-1] == "sent"


def test_cut_after_the_renaming_and_taken_at_once_nobody_knows(
    ship: Ship, receiver: Faulty, package: Path, outbox: Path
) -> None:
    receiver.faults.cut_rename, receiver.faults.taken = ["after"], True
    outcome = ship(package)
    assert (results(outcome), codes(outcome)) == (["unsure"], ["SFTP-UNSURE"])
    assert events(outbox)[-1] == "unsure"
    assert codes(ship(package)) == ["SFTP-UNSURE"]  # never sent twice unless somebody says so
    assert sum(line.startswith("rename") for line in receiver.log) == 1
    assert results(ship(package, again=True)) == ["taken"]


def test_a_file_taken_at_once_has_arrived(ship: Ship, receiver: Faulty, package: Path, outbox: Path) -> None:
    receiver.faults.taken = True
    outcome = ship(package)
    assert (results(outcome), codes(outcome), outcome.complete) == (["taken"], ["SFTP-TAKEN"], True)
    assert events(outbox)[-1] == "sent"
    assert results(ship(package)) == ["already"]


def test_a_receiver_that_takes_the_part(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.taken_parts = True
    assert codes(ship(package)) == ["SFTP-PART-TAKEN"]
    assert list(receiver.root.iterdir()) == []


@settings(max_examples=8, suppress_health_check=list(HealthCheck))
@given(
    cuts=st.lists(st.integers(0, 60_000), max_size=4),
    renames=st.lists(st.sampled_from(["before", "after", ""]), max_size=2),
    plain=st.booleans(),
    taken=st.booleans(),
)
def test_whatever_breaks_it_is_whole_or_not_there(
    cuts: list[int], renames: list[str], plain: bool, taken: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("any")
    (place / "in").mkdir()
    (place / "items.dat").write_bytes(os.urandom(50_000))
    package = build(Packing([place / "items.dat"], "1311", place / "outbox", day=date(2026, 1, 5)), now=NOW).paths[0]
    with sftp_server.faulty(place / "in") as server:
        server.faults.cut_after, server.faults.cut_rename = list(cuts), list(renames)
        server.faults.plain_rename, server.faults.taken = plain, taken
        ship = Ship(server)
        for _ in range(6):
            (result,) = results(ship(package))
            whole_or_nothing(server.root, package)
            if result in ("sent", "taken", "already", "unsure"):
                break
        assert result in (("taken", "unsure") if taken else ("sent",))
        renamed = [line for line in server.log if line.startswith("rename" if plain else "posix-rename")]
        assert len(renamed) <= 1 + renames.count("before")
        assert not taken or not list(server.root.glob("updt*"))


# ── What the server cannot do ────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("at", [0, 100_000, 199_990])
def test_a_full_disk(at: int, ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.full_after = at
    outcome = ship(package)
    assert (codes(outcome), ship.waits) == (["SFTP-WRITE"], [])
    assert list(receiver.root.iterdir()) == []
    receiver.faults.full_after = None
    assert results(ship(package)) == ["sent"]
    whole_or_nothing(receiver.root, package)


def test_a_write_that_is_lost_in_the_middle_leaves_no_hole(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.lost = 100_000
    assert codes(ship(package)) == ["SFTP-WRITE"]
    assert list(receiver.root.iterdir()) == []


def test_another_size(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.short = 1
    outcome = ship(package)
    assert codes(outcome) == ["SFTP-SIZE"]
    assert (outcome.issues[0].slots["wanted"] - outcome.issues[0].slots["found"]) == 1
    assert list(receiver.root.iterdir()) == []


def test_another_size_once_it_has_its_name(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.on_rename = lambda: setattr(receiver.faults, "short", 7)
    outcome = ship(package)
    assert (results(outcome), codes(outcome)) == (["sent"], ["SFTP-SIZE-LATER"])


def test_no_such_folder(ship: Ship, receiver: Faulty, package: Path) -> None:
    request = ship.request(package)
    outcome = send(replace(request, to=replace(request.to, folder="nowhere")), sleep=ship.waits.append)
    assert codes(outcome) == ["SFTP-FOLDER"]
    (receiver.root / "file").write_bytes(b"")
    outcome = send(replace(request, to=replace(request.to, folder="file")), sleep=ship.waits.append)
    assert codes(outcome) == ["SFTP-FOLDER"]
    assert ship.waits == []


def test_what_is_not_allowed_is_not_tried_again(ship: Ship, receiver: Faulty, package: Path) -> None:
    receiver.faults.no_stat = True
    (receiver.root / package.name).write_bytes(b"theirs")
    assert codes(ship(package)) == ["SFTP-DENIED"]
    assert (ship.waits, delivered(receiver.root)) == ([], [package.name])


def test_the_rest_waits_for_the_one_before(ship: Ship, receiver: Faulty, pack: Any, outbox: Path) -> None:
    pack(5000)
    pack(5000)
    (receiver.root / "updt1311_20260105_01.zip").write_bytes(b"theirs")
    outcome = ship(outbox)
    assert (results(outcome), codes(outcome)) == (["failed", "waiting"], ["SFTP-EXISTS", "SFTP-REST"])
    assert delivered(receiver.root) == ["updt1311_20260105_01.zip"]


# ── Who the server is, and who we are ────────────────────────────────────────────────────────────


def test_an_unknown_host_key_is_refused(ship: Ship, receiver: Faulty, package: Path, tmp_path: Path) -> None:
    (tmp_path / "known_hosts").write_text("elsewhere.example.jp ssh-ed25519 " + "A" * 68 + "\n")
    outcome = ship(package, pins=Pins())
    (issue,) = outcome.issues
    assert issue.code == "SFTP-HOST-UNKNOWN"
    assert receiver.fingerprint in catalogue().message(issue, "en")
    assert (receiver.passwords, ship.waits, list(receiver.root.iterdir())) == ([], [], [])
    assert not (tmp_path / "known_hosts").read_text().count("127.0.0.1")


def test_a_wrong_host_key_is_refused_and_told(ship: Ship, receiver: Faulty, package: Path) -> None:
    outcome = ship(package, pins=Pins((WRONG,)))
    (issue,) = outcome.issues
    assert issue.code == "SFTP-HOST-WRONG"
    for lang in ("ja", "en"):
        text = catalogue().message(issue, lang)
        assert receiver.fingerprint in text
        assert WRONG in text
    assert receiver.passwords == []  # nothing was told to a stranger


def known_hosts(server: Faulty, number: int, start: str = "") -> str:
    key = sftp_server.host_key(number)
    return f"{start}[127.0.0.1]:{server.port} {key.get_name()} {key.get_base64()}\n"


def test_a_file_of_known_hosts(ship: Ship, receiver: Faulty, package: Path, tmp_path: Path) -> None:
    place = tmp_path / "known_hosts"
    place.write_text(known_hosts(receiver, 2))
    assert codes(ship(package, pins=Pins((), place))) == ["SFTP-HOST-WRONG"]
    place.write_text(known_hosts(receiver, 0) + known_hosts(receiver, 0, "@revoked "))
    assert codes(ship(package, pins=Pins((), place))) == ["SFTP-HOST-REVOKED"]
    assert receiver.passwords == []
    place.write_text("# ours\n\n" + known_hosts(receiver, 0))
    assert results(ship(package, pins=Pins((), place))) == ["sent"]


def test_hashed_names_of_known_hosts(ship: Ship, receiver: Faulty, package: Path, tmp_path: Path) -> None:
    place = tmp_path / "known_hosts"
    place.write_text(known_hosts(receiver, 0))
    subprocess.run(["ssh-keygen", "-q", "-H", "-f", place], check=True, capture_output=True)
    assert "127.0.0.1" not in place.read_text()
    assert results(ship(package, pins=Pins((), place))) == ["sent"]


def test_a_file_of_known_hosts_that_cannot_be_read(ship: Ship, package: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        ship(package, pins=Pins((), tmp_path / "none"))
    (tmp_path / "odd").write_bytes(
        b"[127.0.0.1]:1 ssh-ed25519 not-base-64!\n\xff\n|1|x|y ssh-rsa AAAA\n@cert-authority\n"
    )
    assert codes(ship(package, pins=Pins((), tmp_path / "odd"))) == ["SFTP-HOST-UNKNOWN"]


def test_patterns_of_known_hosts(ship: Ship, receiver: Faulty, package: Path, tmp_path: Path) -> None:
    place = tmp_path / "known_hosts"
    key = known_hosts(receiver, 0).split(" ", 1)[1]
    for names, wanted in (
        ("[127.0.0.?]:*", True),
        ("elsewhere,[127.*]:*", True),
        ("[127.*]:*,![127.0.0.1]:*", False),
        ("127.0.0.1", False),
    ):
        place.write_text(f"{names} {key}")
        judge = Pins((), place).load(ship.request(package).to)
        assert bool(judge.known) is wanted


def test_fingerprints_as_ssh_keygen_prints_them() -> None:
    assert checked_fingerprint("A" * 43 + "=") == WRONG
    for text in ("", "MD5:00:11", "SHA256:short", WRONG + "A"):
        with pytest.raises(UsageError):
            checked_fingerprint(text)
    key = sftp_server.host_key(0)
    assert fingerprint(base64.b64decode(key.get_base64())) == key.fingerprint


def test_a_wrong_password_and_none(ship: Ship, receiver: Faulty, package: Path) -> None:
    outcome = ship(package, secrets=Secrets(password="chigau", agent=False))  # noqa: S106
    assert codes(outcome) == ["SFTP-AUTH"]
    assert "chigau" not in json.dumps([str(issue) for issue in outcome.issues])
    assert codes(ship(package, secrets=Secrets(agent=False))) == ["SFTP-AUTH-NONE"]
    assert ship.waits == []


def test_secrets_come_from_the_environment_or_a_file_nobody_else_can_read(tmp_path: Path) -> None:
    place = tmp_path / "password"
    place.write_text(PASSWORD + "\n")
    place.chmod(0o644)
    with pytest.raises(SftpFault) as caught:
        Secrets.gather(password_file=place, environment={})
    assert caught.value.issue.code == "SFTP-SECRET-MODE"
    place.chmod(0o600)
    secrets = Secrets.gather(password_file=place, environment={PASSPHRASE: "ai"})
    assert (secrets.password, secrets.passphrase) == (PASSWORD, "ai")
    assert PASSWORD not in repr(secrets)
    assert Secrets.gather(environment={PASSWORD_NAME: "ue"}).password == "ue"  # noqa: S105
    assert Secrets.gather(environment={}) == Secrets()
    place.write_bytes(b"")
    for wrong in (place, tmp_path / "none"):
        with pytest.raises(UsageError):
            Secrets.gather(password_file=wrong, environment={})


def test_keys_that_cannot_be_used(ship: Ship, package: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").write_text("no key")
    assert codes(ship(package, secrets=Secrets(key=tmp_path / "bad"))) == ["SFTP-KEY"]
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "aikotoba", "-a", "1", "-f", tmp_path / "key"], check=True
    )
    assert codes(ship(package, secrets=Secrets(key=tmp_path / "key"))) == ["SFTP-KEY-PHRASE"]
    wrong = Secrets(key=tmp_path / "key", passphrase="chigau")  # noqa: S106
    assert codes(ship(package, secrets=wrong)) == ["SFTP-KEY-PHRASE"]
    right = Secrets(key=tmp_path / "key", passphrase="aikotoba")  # noqa: S106
    assert codes(ship(package, secrets=right)) == ["SFTP-AUTH"]  # this server takes passwords only


def test_keys_of_every_kind_are_read(ship: Ship, receiver: Faulty, pack: Any, tmp_path: Path) -> None:
    """Those without a comment too, of which paramiko 5.1 cannot read every other one by itself."""
    for number in range(6):
        kind = ("ed25519", "rsa", "ecdsa", "ecdsa", "ecdsa", "ecdsa")[number]
        more = ["-b", "1024"] if kind == "rsa" else []
        receiver.keys.append(sftp_server.keygen(tmp_path / f"key{number}", kind, *more))
        assert results(ship(pack(100), secrets=Secrets(key=tmp_path / f"key{number}"))) == ["sent"]


def test_no_secret_is_in_any_file(ship: Ship, package: Path, outbox: Path) -> None:
    ship(package)
    assert all(PASSWORD.encode() not in path.read_bytes() for path in outbox.iterdir())


# ── Packages ─────────────────────────────────────────────────────────────────────────────────────


def test_a_package_that_is_not_what_its_manifest_says(ship: Ship, receiver: Faulty, package: Path) -> None:
    data = bytearray(package.read_bytes())
    data[100] ^= 1
    package.write_bytes(data)
    outcome = ship(package)
    assert "PKG-MANIFEST-DIFFERS" in codes(outcome)
    assert (outcome.complete, receiver.connections) == (False, 0)


def test_a_package_without_manifest(ship: Ship, package: Path) -> None:
    package.with_name("updt1311_20260105_01.manifest.json").unlink()
    outcome = ship(package)
    assert (codes(outcome), results(outcome)) == (["SFTP-NO-MANIFEST"], ["sent"])


def test_a_file_that_is_no_package(ship: Ship, receiver: Faulty, tmp_path: Path) -> None:
    (tmp_path / "items.zip").write_bytes(b"PK\x03\x04")
    assert not (outcome := ship(tmp_path / "items.zip")).complete
    assert "PKG-NAME" in codes(outcome)
    assert receiver.connections == 0
    with pytest.raises(UsageError):
        ship(tmp_path / "none.zip")


def test_other_content_under_a_name_that_was_sent(ship: Ship, package: Path, outbox: Path, tmp_path: Path) -> None:
    ship(package)
    for path in outbox.glob("updt*"):
        path.unlink()
    (tmp_path / "items.dat").write_bytes(b"other")
    built = build(Packing([tmp_path / "items.dat"], "1311", outbox, day=date(2026, 1, 5)), now=NOW)
    assert built.paths[0].name == package.name
    assert codes(ship(package)) == ["SFTP-NAME-USED"]
    assert codes(ship(outbox)) == ["SFTP-NAME-USED"]  # its size tells


def test_a_package_that_changes_while_it_is_sent(ship: Ship, receiver: Faulty, package: Path) -> None:
    def change(name: str, sent: int, size: int) -> None:
        if not done:
            done.append(sent)
            data = bytearray(package.read_bytes())
            data[-1] ^= 1
            package.write_bytes(data)

    done: list[int] = []
    package.unlink()
    package.with_name("updt1311_20260105_01.manifest.json").unlink()
    big = random.Random(1).randbytes(1 << 21)  # noqa: S311
    (package.parent / "items.dat").write_bytes(big)
    built = build(Packing([package.parent / "items.dat"], "1311", package.parent, day=date(2026, 1, 5)), now=NOW)
    outcome = send(ship.request(built.paths[0]), sleep=ship.waits.append, progress=change)
    assert done
    assert codes(outcome) == ["SFTP-CHANGED"]
    assert list(receiver.root.iterdir()) == []


def test_two_files_of_one_name(ship: Ship, package: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    shutil.copy(package, tmp_path / "b")
    with pytest.raises(UsageError):
        ship(package, tmp_path / "b")
    assert results(ship(package, package)) == ["sent"]


# ── Two runs at once ─────────────────────────────────────────────────────────────────────────────


def test_two_runs_of_one_outbox(ship: Ship, receiver: Faulty, package: Path, outbox: Path) -> None:
    with DeliveryLog(outbox / NAME).alone() as mine:
        assert mine
        outcome = ship(package)
    assert (codes(outcome), outcome.complete, receiver.connections) == (["SFTP-BUSY"], False, 0)
    assert results(ship(package)) == ["sent"]


def test_two_runs_at_once_from_two_machines(receiver: Faulty, package: Path, tmp_path: Path) -> None:
    """Each has its own log, and other content under one name: one arrives, the other is told."""
    (tmp_path / "two").mkdir()
    (tmp_path / "items.dat").write_bytes(os.urandom(SIZE))
    built = build(Packing([tmp_path / "items.dat"], "1311", tmp_path / "two", day=date(2026, 1, 5)), now=NOW)
    meet = threading.Barrier(2, timeout=30)
    receiver.faults.on_rename = meet.wait  # type: ignore[assignment]
    found: list[Outcome] = []
    threads = [threading.Thread(target=lambda p=p: found.append(Ship(receiver)(p))) for p in (package, built.paths[0])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(result for outcome in found for result in results(outcome)) == ["failed", "sent"]
    assert [code for outcome in found for code in codes(outcome)] == ["SFTP-EXISTS"]
    winner = next(outcome for outcome in found if outcome.complete)
    assert (receiver.root / package.name).read_bytes() == winner.packages[0].path.read_bytes()
    assert parts(receiver.root) == []


# ── OpenSSH ──────────────────────────────────────────────────────────────────────────────────────


def started(**options: Any) -> Any:
    if sftp_server.program() is None:
        pytest.skip(sftp_server.MISSING)
    reason = sftp_server.why_not()
    if reason is not None:
        pytest.skip(reason)
    return sftp_server.openssh(**options)


@pytest.fixture(scope="module")
def openssh() -> Iterator[Server]:
    with started() as server:
        yield server


@pytest.fixture
def there(openssh: Server) -> Path:
    return openssh.folder()


def to_openssh(server: Server, folder: Path, *packages: Path, **options: Any) -> Outcome:
    given: dict[str, Any] = {"pins": Pins((), server.known_hosts), "secrets": Secrets(key=server.key)}
    request = Request(packages, Address(server.user, "127.0.0.1", str(folder), server.port), **given | options)
    return send(request, sleep=lambda _: None)


def test_openssh_takes_packages(openssh: Server, there: Path, pack: Any, outbox: Path) -> None:
    first, second = pack(3_000_000), pack()
    outcome = to_openssh(openssh, there, outbox)
    assert (outcome.complete, codes(outcome)) == (True, [])
    assert delivered(there) == [first.name, second.name]
    assert [(there / path.name).read_bytes() == path.read_bytes() for path in (first, second)] == [True, True]
    assert outcome.packages[0].host_key == openssh.fingerprints["ed25519"]


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa"])
def test_openssh_is_known_by_any_of_its_keys(kind: str, openssh: Server, there: Path, package: Path) -> None:
    outcome = to_openssh(openssh, there, package, pins=Pins((openssh.fingerprints[kind],)))
    assert outcome.packages[0].host_key == openssh.fingerprints[kind]
    assert outcome.complete


def test_openssh_unknown_wrong_and_with_one_kind_of_key_only(openssh: Server, there: Path, package: Path) -> None:
    assert codes(to_openssh(openssh, there, package, pins=Pins())) == ["SFTP-HOST-UNKNOWN"]
    outcome = to_openssh(openssh, there, package, pins=Pins((WRONG,)))
    assert codes(outcome) == ["SFTP-HOST-WRONG"]
    assert all(print_ in str(outcome.issues[0].slots["offered"]) for print_ in openssh.fingerprints.values())
    lines = openssh.known_hosts.read_text().splitlines(keepends=True)
    place = package.parent / "known"
    place.write_text(next(line for line in lines if "ecdsa" in line))
    assert to_openssh(openssh, there, package, pins=Pins((), place)).complete


def test_openssh_existing_target_and_missing_folder(openssh: Server, there: Path, package: Path) -> None:
    (there / package.name).write_bytes(b"theirs")
    assert codes(to_openssh(openssh, there, package)) == ["SFTP-EXISTS"]
    assert ((there / package.name).read_bytes(), parts(there)) == (b"theirs", [])
    assert codes(to_openssh(openssh, there / "nowhere", package)) == ["SFTP-FOLDER"]
    assert codes(to_openssh(openssh, there, package, secrets=Secrets(agent=False))) == ["SFTP-AUTH-NONE"]


def test_openssh_refuses_to_write(openssh: Server, there: Path, package: Path) -> None:
    if not os.getuid():
        shutil.chown(there, "root")
    there.chmod(0o555)
    assert codes(to_openssh(openssh, there, package)) == ["SFTP-DENIED"]
    there.chmod(0o755)
    assert list(there.iterdir()) == []


def test_openssh_goes_on_from_a_part(openssh: Server, there: Path, pack: Any) -> None:
    package = pack(1_500_000)

    class Stop(Exception):  # noqa: N818
        pass

    def stop(name: str, sent: int, size: int) -> None:
        raise Stop

    given: dict[str, Any] = {"pins": Pins((), openssh.known_hosts), "secrets": Secrets(key=openssh.key)}
    request = Request([package], Address(openssh.user, "127.0.0.1", str(there), openssh.port), **given)
    with pytest.raises(Stop):  # as a crash would
        send(request, progress=stop)
    (part,) = parts(there)
    assert (there / part).stat().st_size == 1 << 20
    outcome = to_openssh(openssh, there, package)
    assert codes(outcome) == ["SFTP-RESUMED"]
    assert (there / package.name).read_bytes() == package.read_bytes()
    assert parts(there) == []


def test_openssh_whose_disk_is_full(pack: Any) -> None:
    package = pack(700_000)
    with started(largest=300_000) as server:
        there = server.folder()
        assert codes(to_openssh(server, there, package)) == ["SFTP-WRITE"]
        assert list(there.iterdir()) == []


def test_openssh_killed_in_the_middle(openssh: Server, there: Path, pack: Any) -> None:
    """The process of the server that serves us is killed: the run goes on over another one."""
    package = pack(3_000_000)
    killed: list[int] = []

    def kill(name: str, sent: int, size: int) -> None:
        if not killed:
            killed.extend(openssh.end_sessions())

    given: dict[str, Any] = {"pins": Pins((), openssh.known_hosts), "secrets": Secrets(key=openssh.key)}
    request = Request([package], Address(openssh.user, "127.0.0.1", str(there), openssh.port), **given)
    outcome = send(request, sleep=lambda _: None, progress=kill)
    assert killed
    assert (results(outcome), codes(outcome)) == (["sent"], ["SFTP-RESUMED"])
    assert (there / package.name).read_bytes() == package.read_bytes()


def test_openssh_two_runs_at_once(openssh: Server, there: Path, pack: Any, tmp_path: Path) -> None:
    package = pack(1_000_000)
    shutil.copytree(package.parent, tmp_path / "two")
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda p=p: outcomes.append(to_openssh(openssh, there, p)))
        for p in (package, tmp_path / "two" / package.name)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(code for outcome in outcomes for code in codes(outcome)) == ["SFTP-EXISTS"]
    assert (there / package.name).read_bytes() == package.read_bytes()
    assert parts(there) == []


def test_openssh_whose_receiver_takes_files_at_once(openssh: Server, there: Path, pack: Any, outbox: Path) -> None:
    taken: list[bytes] = []
    end = threading.Event()

    def take() -> None:
        while not (end.is_set() and len(taken) >= len(packages)) and time.monotonic() < latest:
            for path in there.glob("updt*"):
                taken.append(path.read_bytes())
                path.unlink()

    packages = [pack(20_000) for _ in range(3)]
    latest = time.monotonic() + 60
    thread = threading.Thread(target=take)
    thread.start()
    try:
        outcome = to_openssh(openssh, there, outbox)
    finally:
        end.set()
        thread.join(5)
    assert outcome.complete
    assert set(results(outcome)) <= {"sent", "taken"}
    assert taken == [path.read_bytes() for path in packages]


def test_an_agent_logs_in(openssh: Server, there: Path, package: Path, tmp_path: Path) -> None:
    started = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    told = dict(line.split(";")[0].split("=") for line in started.splitlines() if "=" in line)
    try:
        subprocess.run(["ssh-add", "-q", openssh.key], env={**os.environ, **told}, check=True, capture_output=True)
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSH_AUTH_SOCK", told["SSH_AUTH_SOCK"])
            assert to_openssh(openssh, there, package, secrets=Secrets.gather(environment={})).complete
    finally:
        os.kill(int(told["SSH_AGENT_PID"]), 15)


# ── The batch file ───────────────────────────────────────────────────────────────────────────────


def run_batch(server: Server, folder: Path, place: Path) -> int:
    address = Address(server.user, "127.0.0.1", str(folder), server.port)
    import shlex

    line = command(address, place, server.known_hosts, server.key)
    return subprocess.run(shlex.split(line), capture_output=True, check=False).returncode


def test_the_batch_file_for_sftp(openssh: Server, there: Path, pack: Any, tmp_path: Path) -> None:
    odd = there / 'in [a] "b" *'
    odd.mkdir()
    odd.chmod(0o777)
    first, second = pack(), pack()
    place = tmp_path / "batch"
    place.write_text(batch([first, second], Address(openssh.user, "127.0.0.1", str(odd), openssh.port)))
    assert run_batch(openssh, odd, place) == 0
    assert [(odd / path.name).read_bytes() == path.read_bytes() for path in (first, second)] == [True, True]
    assert parts(odd) == []
    (odd / first.name).write_bytes(b"theirs")
    assert run_batch(openssh, odd, place) != 0  # rename -l never replaces a file
    assert (odd / first.name).read_bytes() == b"theirs"


def test_names_that_cannot_stand_in_a_batch_file() -> None:
    with pytest.raises(UsageError):
        quoted("a\nb")


# ── Addresses ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("kakuu@sftp.example.jp:in", Address("kakuu", "sftp.example.jp", "in")),
        ("kakuu@sftp.example.jp:", Address("kakuu", "sftp.example.jp")),
        ("kakuu@sftp.example.jp", Address("kakuu", "sftp.example.jp")),
        ("kakuu@192.0.2.1:/in/", Address("kakuu", "192.0.2.1", "/in")),
        ("kakuu@[2001:db8::1]:/", Address("kakuu", "2001:db8::1", "/")),
        ("sftp://kakuu@sftp.example.jp", Address("kakuu", "sftp.example.jp")),
        ("sftp://kakuu@sftp.example.jp:2222//in%20box", Address("kakuu", "sftp.example.jp", "/in box", 2222)),
        ("kakuu@sftp.example.jp:受入/書誌", Address("kakuu", "sftp.example.jp", "受入/書誌")),
    ],
)
def test_addresses(text: str, wanted: Address) -> None:
    assert Address.parse(text) == wanted
    assert Address.parse(str(wanted)) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "host", "host:dir", "@host:dir", "u@:d", "-oProxyCommand=x@host:d", "u@host:a\nb", "u v@host:", "ftp://u@h/d"],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Address.parse(text)
    assert caught.value.ja


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=20))
def test_a_password_in_an_address_is_refused_and_not_repeated(secret: str) -> None:
    for text in (f"kakuu:{secret}@host.example.jp:in", f"sftp://kakuu:{secret}@host.example.jp/in"):
        with pytest.raises(UsageError) as caught:
            Address.parse(text)
        said = f"{caught.value} {caught.value.ja}"
        assert f":{secret}@" not in said or secret == "…"  # noqa: S105


@pytest.mark.parametrize(("text", "port"), [("u@h:d", 0), ("u@h:d", 70000), ("sftp://u@h:22/d", 2222)])
def test_ports_that_cannot_be(text: str, port: int) -> None:
    with pytest.raises(UsageError):
        Address.parse(text, port)


def test_every_issue_says_everything(says_all: Any) -> None:
    """The texts of the codes that servers rarely give are filled in all the same."""
    from convert.check.issue import Issue
    from convert.model import Location

    at = Location("kakuu@sftp.example.jp:in")
    said = {"said": "no"}
    issues = [
        Issue("SFTP-ALGORITHM", at, slots=said),
        Issue("SFTP-NO-SFTP", at, slots=said),
        Issue("SFTP-STAT", at, value="a.zip", slots=said),
    ]
    for issue in issues:
        says_all(issue)
    assert catalogue().severity(issues[0]) is Severity.ERROR
