"""The checks of ``mokuroku check --format dcndl``, and the schemas generated from the model (XML Schema, SHACL)."""
