"""Issues, severities and checks."""
