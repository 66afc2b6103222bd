"""Pure rules: what is due, allowed, visible, named and published.

Nothing here reads a clock, a database or a file. Time, calendars and tables come in as
arguments, so that each rule can be tried by a table of cases. Only the standard library is used.
"""
