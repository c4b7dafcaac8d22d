"""One lane of one gate. Nothing here but what must be said before numpy is imported."""

import os

# The matrices of the second look are small: threads for them cost ten times what they save, on a Pi and anywhere.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
