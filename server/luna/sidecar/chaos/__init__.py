"""Makes things go wrong on one's own node, to see that they come right again."""
