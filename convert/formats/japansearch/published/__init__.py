"""What Japan Search has published of a database against what is about to be sent: ``check --published``."""
