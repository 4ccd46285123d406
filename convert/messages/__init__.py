"""The words for every issue code, in Japanese and English.

Each room keeps its own ``codes.toml`` beside its code; :func:`catalogue` reads them all.
"""

from __future__ import annotations

from convert.messages.catalogue import LANGUAGES, Catalogue, Entry, catalogue, visible

__all__ = ["LANGUAGES", "Catalogue", "Entry", "catalogue", "visible"]
