"""Sides of one or more runs held beside the first of them: which is faster, as far as it can be told. Pure.

`comparison.compare(sides)` is all of it on one screen; docs/compare.md has the rule with its error rates.
"""
