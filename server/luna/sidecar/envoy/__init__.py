"""Envoy, rendered from the topology and the contracts."""
