"""The recovery sidecar: keeps the processes of a node running."""
