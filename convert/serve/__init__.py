"""Serve deliveries: the OAI-PMH 2.0 data provider over the snapshots of :mod:`convert.deliver.snapshots`.

``provider`` answers (a pure function of the arguments, the store and the clock), ``web`` puts it behind WSGI,
``running`` behind a server. Needs the extra ``serve`` (SQLAlchemy, waitress); importing this package does not.
"""
