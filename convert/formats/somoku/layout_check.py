"""What a layout says about itself: whether its parts fit each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from convert.formats.somoku.layout_read import Faults
    from convert.formats.somoku.model import Layout


def check_layout(layout: Layout, faults: Faults) -> None:
    """Note everything that does not fit."""
