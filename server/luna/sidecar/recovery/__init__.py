"""Mends what fails on the node, verifies it, and keeps the receipts."""
