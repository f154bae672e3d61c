"""The search for the worst subgroup, and which groups are large enough to look at."""
