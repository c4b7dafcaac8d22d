"""libzbar by hand, for QR codes alone and byte for byte: the second opinion of `codes.py`, its only caller.

pyzbar's own `decode` knows no binary mode, and libzbar's text mode garbles Chinese: it guesses an encoding and
recodes what it read. So the scanner is driven through pyzbar's bindings, and data are taken by pointer and length.
"""

from ctypes import c_void_p, string_at

import numpy as np

from station.cameras import Pixels

try:
    from pyzbar import wrapper
except ImportError as missing:  # pyzbar itself is a Python package that imports without the library it binds
    raise ImportError("libzbar is missing: install Debian's libzbar0") from missing

Corner = tuple[int, int]
Corners = tuple[Corner, Corner, Corner, Corner]

BINARY = 4
"""ZBAR_CFG_BINARY of zbar.h, since libzbar 0.23.1; pyzbar does not name it."""
GREY = int.from_bytes(b"Y800", "little")
ALL_SYMBOLOGIES = 0


def scan(grey: Pixels) -> list[tuple[bytes, Corners]]:
    """Every QR code in a grey picture: its bytes and its four corners, from its own top left, clockwise.

    Raises `RuntimeError` when libzbar is too old for binary mode or out of memory. May be called from any thread.
    """
    pixels = np.ascontiguousarray(grey)
    height, width = pixels.shape
    scanner = _new_scanner()
    image = wrapper.zbar_image_create()
    try:
        wrapper.zbar_image_set_format(image, GREY)
        wrapper.zbar_image_set_size(image, width, height)
        wrapper.zbar_image_set_data(image, c_void_p(pixels.ctypes.data), pixels.size, None)
        if wrapper.zbar_scan_image(scanner, image) < 0:
            raise RuntimeError(f"libzbar cannot scan a picture of {width}x{height}")
        return _found(image)
    finally:
        wrapper.zbar_image_destroy(image)
        wrapper.zbar_image_scanner_destroy(scanner)


def _new_scanner() -> object:
    scanner = wrapper.zbar_image_scanner_create()
    if not scanner:
        raise RuntimeError("libzbar could not make a scanner: is there memory left?")
    configure, symbol, setting = wrapper.zbar_image_scanner_set_config, wrapper.ZBarSymbol, wrapper.ZBarConfig
    configure(scanner, ALL_SYMBOLOGIES, setting.CFG_ENABLE, 0)
    configure(scanner, symbol.QRCODE, setting.CFG_ENABLE, 1)
    if configure(scanner, symbol.QRCODE, BINARY, 1) != 0:
        wrapper.zbar_image_scanner_destroy(scanner)
        raise RuntimeError("this libzbar has no binary mode: install libzbar0 0.23.1 or newer")
    return scanner


def _found(image: object) -> list[tuple[bytes, Corners]]:
    found = []
    symbol = wrapper.zbar_image_first_symbol(image)
    while symbol:
        if symbol.contents.type == wrapper.ZBarSymbol.QRCODE and wrapper.zbar_symbol_get_loc_size(symbol) == 4:
            found.append((_data(symbol), _corners(symbol)))
        symbol = wrapper.zbar_symbol_next(symbol)
    return found


def _data(symbol: object) -> bytes:
    return string_at(wrapper.zbar_symbol_get_data(symbol), wrapper.zbar_symbol_get_data_length(symbol))


def _corners(symbol: object) -> Corners:
    """libzbar goes round the other way."""
    x, y = wrapper.zbar_symbol_get_loc_x, wrapper.zbar_symbol_get_loc_y
    first, second, third, fourth = ((int(x(symbol, at)), int(y(symbol, at))) for at in range(4))
    return first, fourth, third, second
