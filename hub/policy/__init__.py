"""The rules as the office writes them: a `file` read with every mistake, and the `sentences` that one would pin on the
gate. What a gate obeys is gate.policy.
"""
