"""Mapping tables: load, check, compile, run. The engine knows no format."""
