"""Turns contracts into an OpenAPI 3.1 document."""
