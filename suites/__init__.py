"""What to ask: one module a question, one test id a clause.

`pytest --collect-only -q suites` prints the table of contents.
"""
