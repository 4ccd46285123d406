"""Deliveries as numbered snapshots in a store, for harvesters to fetch (:mod:`convert.serve`).

A snapshot is what one converted output said, frozen. A record is kept once for as long as it stays the same: a row
knows the snapshot in which it began and the one in which it ended, so that every snapshot can be seen as it was.
``loading`` compares an output with the last snapshot, ``writing`` makes the next one, ``tables`` is the layout.
"""
