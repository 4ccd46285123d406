"""Harvest a repository whose snapshots change underneath, and see that nothing is lost, nothing comes twice.

    python bench/serve_changing.py                       100,000 records, five snapshots
    python bench/serve_changing.py --records 20000 --store postgresql://me@localhost/bench

Three processes: the server (waitress, as ``mokuroku serve oai`` runs it), the loader (``mokuroku deliver load``, one
snapshot after the other, each with some records changed, gone, new and back again), and the harvester (oaipmh-scythe),
which takes everything and then, list by list, what came since the last one began. At the end it must have what the last
output has, and know what is gone. Exit code 1: it has not.
"""

from __future__ import annotations

import argparse
import multiprocessing
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from convert.serve.provider import Provider, Settings
from convert.serve.running import Listen, port_of, server
from convert.serve.web import Application
from convert.store.base import open_store
from convert.store.place import Place
from tests.deliver_data import Book, dcndl
from tests.oai_changing import Copy

NAME, DOMAIN = "changing", "opac.example.jp"


def outputs(count: int, turns: int) -> list[dict[str, str]]:
    """Title by id of every output."""
    chance = Random(1868)
    states = [{f"B{number:07d}": f"架空の本 {number}" for number in range(count)}]
    for turn in range(1, turns):
        state = {name: title for name, title in states[-1].items() if chance.random() > 0.01}
        state |= {name: f"架空の本 改{turn}" for name in state if chance.random() < 0.02}
        back = [name for name in states[0] if name not in state and chance.random() < 0.3]
        state |= dict.fromkeys(back, "ふたたび")
        state |= {f"N{turn}{number:06d}": "新しい本" for number in range(count // 100)}
        states.append(state)
    return states


def serve(place: Place, page: int, ask: Any) -> None:
    """The server's process."""
    with open_store(place, read_only=True) as store:
        provider = Provider(NAME, Settings("http://127.0.0.1/oai", NAME, ("bench@example.jp",), page=page))
        made = server(Application(store, provider), Listen(port=0))
        ask.send(port_of(made))
        made.run()


def load(file: Path, place: str) -> None:
    """One snapshot, by the command."""
    command = [
        sys.executable,
        "-m",
        "convert",
        "deliver",
        "load",
        file,
        "--as",
        NAME,
        "--store",
        place,
        "--domain",
        DOMAIN,
    ]
    subprocess.run([*command, "-q", "--lang", "en"], check=True, cwd=Path(__file__).resolve().parents[1])


def loader(files: list[Path], place: str, pause: float) -> None:
    """The loader's process."""
    for file in files:
        time.sleep(pause)
        load(file, place)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--snapshots", type=int, default=5)
    parser.add_argument("--page", type=int, default=200)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two loads")
    parser.add_argument("--slow", type=float, default=0.0, help="seconds that the harvester rests after each page")
    parser.add_argument("--store", help="an empty PostgreSQL database instead of SQLite")
    given = parser.parse_args()
    states = outputs(given.records, given.snapshots)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        place = given.store or str(folder / "changing.db")
        files = []
        for number, state in enumerate(states):
            files.append(folder / f"{number}.rdf")
            files[-1].write_bytes(dcndl([Book(name, title) for name, title in state.items()]))
        began = time.perf_counter()
        load(files[0], place)
        print(f"first snapshot: {len(states[0]):,} records, {time.perf_counter() - began:.0f} s", flush=True)
        ask, answer = multiprocessing.Pipe()
        processes = [
            multiprocessing.Process(target=serve, args=(Place(place), given.page, answer), daemon=True),
            multiprocessing.Process(target=loader, args=(files[1:], place, given.pause), daemon=True),
        ]
        for process in processes:
            process.start()
        copy = Copy(f"http://127.0.0.1:{ask.recv()}/oai", lambda _: time.sleep(given.slow))
        while True:
            done = processes[1].exitcode is not None
            found = copy.harvest()
            print(f"list {copy.lists}: {copy.records:,} records so far, {len(copy.have):,} held", flush=True)
            if done and not found:
                break
            if not found or copy.lists > 1:
                time.sleep(3)  # what is loaded is seen two seconds later
            if copy.lists > 50 or (done and copy.since and copy.lists > 1 and _settled(copy, states[-1])):
                break
        processes[0].kill()
        good = _settled(copy, states[-1]) and processes[1].exitcode == 0
    print(
        f"{copy.lists} lists, {copy.pages:,} pages, {len(copy.gone):,} deletions seen: "
        f"{'as it should be' if good else 'WRONG'}"
    )
    raise SystemExit(0 if good else 1)


def _settled(copy: Copy, last: dict[str, str]) -> bool:
    return copy.have == {f"oai:{DOMAIN}:{name}": title for name, title in last.items()}


if __name__ == "__main__":
    main()
