"""Base45 (RFC 9285): bytes in the 45 characters that a QR code packs tightest.

Strict: one text for each byte string, so a code cannot be altered and still say the same.
"""

ALPHABET = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
_VALUES = {character: value for value, character in enumerate(ALPHABET)}


def encode(data: bytes) -> bytes:
    """Two bytes become three characters, a last odd byte two."""
    text = bytearray()
    for start in range(0, len(data) - 1, 2):
        rest, low = divmod(data[start] * 256 + data[start + 1], 45)
        high, middle = divmod(rest, 45)
        text += bytes((ALPHABET[low], ALPHABET[middle], ALPHABET[high]))
    if len(data) % 2:
        high, low = divmod(data[-1], 45)
        text += bytes((ALPHABET[low], ALPHABET[high]))
    return bytes(text)


def decode(text: bytes) -> bytes:
    """The bytes of a base45 text. Raises ValueError: foreign character, impossible length, group out of range."""
    if len(text) % 3 == 1:
        raise ValueError(f"a base45 text of {len(text)} characters has one too many or is cut short")
    try:
        values = [_VALUES[character] for character in text]
    except KeyError as cause:
        raise ValueError(f"character {cause.args[0]!r} does not belong to base45") from None
    return b"".join(_group(values[start : start + 3], start) for start in range(0, len(values), 3))


def _group(values: list[int], start: int) -> bytes:
    number, weight = 0, 1
    for value in values:
        number, weight = number + value * weight, weight * 45
    width = len(values) - 1
    if number >= 1 << 8 * width:
        raise ValueError(f"the base45 group at character {start} stands for no byte")
    return number.to_bytes(width, "big")
