"""From the office's spreadsheet to what it changes in the registry: `cells` of a csv or xlsx file, `people` by their
headers, and the `changes` against who is known. `gate-hub import` goes this way; nothing here writes.
"""
