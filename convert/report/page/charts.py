"""Charts as inline SVG. A bar stands beside its number in a table, so that none has to be read off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from convert.page import shown

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT, FOOT, SIDE = 720, 180, 26, 8


def bar(parts: Sequence[tuple[str, float]], whole: float) -> str:
    """One bar of parts, each a class and a size, on a track as long as ``whole``."""
    rects, x = [], 0.0
    for kind, size in parts:
        width = 100 * size / whole if whole else 0
        if size:
            width = max(width, 0.4)
            rects.append(f'<rect class="{kind}" x="{x:.2f}" y="0" width="{min(width, 100 - x):.2f}" height="8"/>')
            x += width
    track = '<rect class="track" x="0" y="0" width="100" height="8"/>'
    return (
        '<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f"{track}{''.join(rects)}</svg>"
    )


def columns(values: Sequence[tuple[str, int]], title: str) -> str:
    """Upright bars with a label under some and its number as a tooltip; ``title`` is read aloud."""
    top = max((size for _, size in values), default=0) or 1
    step = (WIDTH - 2 * SIDE) / max(len(values), 1)
    every = max(1, -(-len(values) // 10))
    drawn = []
    for number, (label, size) in enumerate(values):
        height = (HEIGHT - FOOT - 16) * size / top
        x, y = SIDE + number * step, HEIGHT - FOOT - height
        wide = min(max(step - 2, 1), 48)
        x += (step - wide) / 2
        drawn.append(
            f'<rect class="column" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{height:.1f}">'
            f"<title>{shown(label)}: {size:,}</title></rect>"
        )
        if not number % every:
            drawn.append(f'<text x="{x + wide / 2:.1f}" y="{HEIGHT - 8}">{shown(label)}</text>')
        if size == top:
            drawn.append(f'<text class="top" x="{x + wide / 2:.1f}" y="{y - 4:.1f}">{size:,}</text>')
    base = f'<line x1="{SIDE}" x2="{WIDTH - SIDE}" y1="{HEIGHT - FOOT}" y2="{HEIGHT - FOOT}"/>'
    return (
        f'<svg class="columns" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{shown(title)}">'
        f"{''.join(drawn)}{base}</svg>"
    )
