"""From an unreadable file to a layout: dump its bytes, explain what they suggest, draft a layout, check it."""
