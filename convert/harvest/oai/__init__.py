"""OAI-PMH 2.0 as a client: ``answer`` reads pages, ``dates`` knows datestamps, ``client`` asks, ``run`` harvests."""
