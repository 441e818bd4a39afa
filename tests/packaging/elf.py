"""The exported symbols of an ELF library, read without binutils."""

import struct
from pathlib import Path

DYNSYM = 11
UNDEFINED = 0


def exported_symbols(path: Path) -> set[str]:
    """Return the names of the dynamic symbols that a 64-bit little-endian library defines."""
    data = path.read_bytes()
    assert data[:6] == b"\x7fELF\x02\x01", "not a 64-bit little-endian ELF file"
    (offset,) = struct.unpack_from("<Q", data, 0x28)
    size, count = struct.unpack_from("<HH", data, 0x3A)
    # name, type, flags, address, offset, size, link, info, alignment, size of an entry
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, offset + size * i) for i in range(count)]
    (symbols,) = (section for section in sections if section[1] == DYNSYM)
    names = sections[symbols[6]][4]
    found = set()
    for start in range(symbols[4], symbols[4] + symbols[5], symbols[9]):
        name, _info, _other, section = struct.unpack_from("<IBBH", data, start)
        if section != UNDEFINED:
            begin = names + name
            found.add(data[begin : data.index(b"\0", begin)].decode())
    return found
