"""The verbs of the system. They flush and never commit; the edge does, in one transaction."""
