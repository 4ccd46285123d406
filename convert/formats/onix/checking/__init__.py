"""The checks of ``mokuroku check --format onix``: structure, codes, values, the habits of JPRO, schemas."""
