"""Keeps texts, and finds them again by meaning and by words."""
