"""Answers of quality: templates to begin with, a look at the words, and how they arrive.

`shipped` holds the national templates of the product, `templates` those that administrators and
institutions keep, `looking` what is odd about words before they go, `previews` what the citizen
gets of them by each way.
"""
