"""Checks of records that a layout describes: of values that mappings give, and of files."""
