"""QR codes that the quick decoders see and cannot read: found, flattened, equalised and mended by hand.

Only `station/codes.py` comes here, and only while something code-like is in view. In the order of the work:
marks (the three corner squares), flat (the whole grid), modules (how dark each one is, and how surely), mend
(the codewords, errors and burnt-out places corrected); symbol and reed_solomon hold what the standard says.
Rule: a text comes out only if every block of the code was corrected with certainty to spare.
"""
