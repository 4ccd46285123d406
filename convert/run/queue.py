"""The shards of one source: handed to a pool, their results taken in order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from convert.run.output import leave
from convert.run.shards import run_shard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor, Future

    from convert.run.shards import ShardResult, Task


class Queue:
    """Submits every task at once, as it comes. ``numbers`` are for more tasks: no other of the run has them."""

    def __init__(self, pool: Executor, tasks: Iterable[Task], numbers: Iterator[int]) -> None:
        self._pool = pool
        self._numbers = numbers
        self._tasks: list[Task] = []
        self._futures: dict[int, Future[ShardResult]] = {}
        for at, task in enumerate(tasks):
            self._tasks.append(task)
            self._futures[at] = pool.submit(run_shard, task)

    def __iter__(self) -> Iterator[ShardResult]:
        """The results. Where a shard did not end at the end of a record, the next one began inside of it: both are
        read once more, as one; then twice as many, should that not be enough.
        """
        at, count = 0, len(self._tasks)
        while at < count:
            result, last = self._futures.pop(at).result(), at
            while not result.clean_end and last + 1 < count:
                leave(result.documents)
                last = min(2 * last - at + 1, count - 1)
                result = self._joined(at, last).result()
            for wrong in range(at + 1, last + 1):
                self._drop(self._futures.pop(wrong))
            yield result
            at = last + 1

    def _joined(self, first: int, last: int) -> Future[ShardResult]:
        """Read the parts from ``first`` to ``last`` as one, ahead of all that was not begun yet."""
        waiting = [at for at, future in self._futures.items() if future.cancel()]
        part = replace(self._tasks[first].part, end=self._tasks[last].part.end)
        future = self._pool.submit(run_shard, replace(self._tasks[first], part=part, number=next(self._numbers)))
        self._futures.update((at, self._pool.submit(run_shard, self._tasks[at])) for at in waiting if at > last)
        return future

    @staticmethod
    def _drop(future: Future[ShardResult]) -> None:
        if future.done() and not future.cancelled() and future.exception() is None:
            leave(future.result().documents)
