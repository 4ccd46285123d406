"""What a mapping adds to its records from a local store: holdings from CiNii and the like. Nothing here asks a network.

An enrichment is a module here with ``ENRICHMENTS``, a tuple of :class:`convert.enrich.base.Enrichment`, or a plug-in's
entry point in the group ``convert.enrichments``. Such a module must be cheap to import.
"""
