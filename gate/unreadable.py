"""What msgspec raises for bytes that are not what they should be; one home, so that no reader of the wire forgets one.

Beside its own errors it lets a UnicodeDecodeError through (a byte that is not UTF-8 in the name of an unknown field)
and a RecursionError (nesting without end).
"""

from msgspec import MsgspecError

UNREADABLE = (MsgspecError, UnicodeDecodeError, RecursionError)
