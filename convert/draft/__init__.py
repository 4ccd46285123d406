"""Draft a mapping from a profile. The rules of a target live with the target: ``Format.drafter`` names them."""
