"""Values with rules of their own: identifiers and the like. Plain functions that know no format."""
