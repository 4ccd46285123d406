"""Clients that harvest: each fetches from one kind of server into a local store.

``web`` asks politely over HTTP, whatever the protocol; ``state`` keeps in the store how far a harvest came; ``outcome``
is what a harvest came to. Each protocol is a room of its own beside them (``oai``; ``jpro`` is a dialect of it).
"""
