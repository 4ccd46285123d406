"""The local store: what was harvested, kept in SQLite (one file) or PostgreSQL, and read back as an input.

Needs the extra ``store`` (SQLAlchemy); importing this package does not. ``place`` reads what a user writes
(``store:PATH?source=NAME``), ``base`` opens the database, ``records`` writes, ``reading`` reads, ``source`` makes a
selection an input of ``convert`` and ``check``.
"""
