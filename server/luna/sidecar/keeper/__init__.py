"""The keeper: the small program that every process of a node is a child of, the sidecar too.

Standard library only, and little of it: it must outlive everything else, so
it does next to nothing and takes next to no memory.
"""
