"""Where in a document the records are: the reader option ``records``.

``data.items``    the elements of the array at that path, or the one object there
``pages[].items`` the same in each element of an array
``data.*``, ``*`` the members of the object at that path, or of the root; their names are ``@key`` in mappings
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from convert.errors import PathError
from convert.formats.jsonl.path import parse_path

if TYPE_CHECKING:
    from convert.formats.jsonl.path import Step

MEMBERS = "*"


@dataclass(frozen=True, slots=True)
class Where:
    """The way from the root to the records; ``members``: they are the members of the object there."""

    text: str = "."
    steps: tuple[Step, ...] = ()
    members: bool = False

    @classmethod
    def of(cls, text: str | None) -> Where:
        """Read the option; raises :class:`PathError`.

        >>> Where.of("data.*")
        Where(text='data.*', steps=('data',), members=True)
        """
        if text is None:
            return cls()
        members = text == MEMBERS or text.endswith("." + MEMBERS)
        steps = parse_path((text[: -len(MEMBERS)].removesuffix(".") or ".") if members else text)
        if any(isinstance(step, int) for step in steps):
            ja = "要素を1つだけ選ぶことはできません。[] はすべての要素です"
            raise PathError(text, "no single element can be chosen; [] stands for all", ja=ja)
        while steps and steps[-1] is None and not members:
            steps = steps[:-1]  # items[] is items
        return cls(text, steps, members)
