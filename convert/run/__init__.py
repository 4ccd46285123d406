"""Runs: one record's way from reader to document, a job over whole files, shards, outputs, the manifest."""
