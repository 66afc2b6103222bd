"""Changes of institutions, units, subjects, standards, ladders and officers, by administrators.

subjects    rows as values, and what does not fit
planning    ask, decide, cancel; what is planned and what was done
applying    the worker writes what is due, one change in one transaction
previews    what a change of ladders would have done to last month
closing     places that close: what stands in the way, and where their cases go
"""
