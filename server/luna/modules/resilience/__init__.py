"""Breakers and degradation of the whole node: shown, steered, kept in the log."""
