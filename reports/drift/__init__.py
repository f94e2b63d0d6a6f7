"""Drift: records of runs, what differs between two of them, its causes, and what is accepted of it."""
