"""An example of every issue code: a small run in which it is told, and the same run put right.

The examples of a room stand in ``examples.toml`` beside its ``codes.toml``, under the code's name:

``base``            the name of a run that several codes share (``[base.NAME]`` in the same file)
``run``             the command, without ``mokuroku``; every file it names stands below ``files``; ``< NAME`` at its
                    end is standard input; ``COMMAND && COMMAND``: several, as in a shell
``files``           the files, by name (:mod:`convert.examples.files` tells what a file may be)
``with``            what to replace in the base's files for both runs, as in ``change``
``change``          what to replace in the right run to get the wrong one: ``[OLD, NEW]`` or ``[FILE, OLD, NEW]``, each
                    OLD found once
``fails``           what else is different in the wrong run: ``run``, ``files``, ``without`` (names of files)
``passes``          the same of the right run
``at``              the place that is told: ``book.csv:3 D3``
``varies``          true where the message is not the same every day
``note_ja``, ``note_en``   a word of explanation

A code that only a server, a disk or a stopped run can raise has a situation instead: ``situation_ja``,
``situation_en``, ``remedy_ja``, ``remedy_en`` and ``test``, the test that raises it.
"""

from __future__ import annotations

from convert.examples.files import Kept, kept, write_files
from convert.examples.load import FILE, KEYS, Example, Side, Situation, example_of, read_examples

__all__ = ["FILE", "KEYS", "Example", "Kept", "Side", "Situation", "example_of", "kept", "read_examples", "write_files"]
