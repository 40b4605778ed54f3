"""Looks at a static library for Apple's systems on arm64: its objects, and what they ask of the system.

Usage: mach_objects.py LIBRARY, by a Python that has ziglang, which knows what the system's own library has.
"""

import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import ziglang

MAGIC = 0xFEEDFACF
ARM64 = 0x0100000C
SYMBOL_TABLE = 2
EXTERNAL, KIND, DEBUG = 0x01, 0x0E, 0xE0
# Security and CoreFoundation, which the package links.
FRAMEWORKS = re.compile(r"_k?(Sec|CF)[A-Z]\w*")


def main() -> None:
    library = Path(sys.argv[1]).read_bytes()
    stub = Path(ziglang.__file__).parent / "lib/libc/darwin/libSystem.tbd"
    system = set(re.findall(r"[_$][\w$.]+", stub.read_text()))
    defined: set[str] = set()
    asked: set[str] = set()
    count = 0
    for content in members(library):
        count += 1
        for name, is_defined in symbols(content):
            (defined if is_defined else asked).add(name)
    asked -= defined
    strange = {name for name in asked if name not in system and not FRAMEWORKS.fullmatch(name)}
    assert not strange, sorted(strange)
    assert any(name.startswith("_uniffi_mypreferences_uniffi_fn_") for name in defined)
    print(f"{count} objects for arm64, {len(asked)} symbols of the system's own libraries and no others")


def members(library: bytes) -> Iterator[bytes]:
    """The objects, without the lists that the archiver adds."""
    assert library.startswith(b"!<arch>\n")
    place = 8
    while place < len(library):
        name, size = library[place : place + 16].rstrip(), int(library[place + 48 : place + 58])
        content = library[place + 60 : place + 60 + size]
        place += 60 + size + size % 2
        if name.startswith(b"#1/"):
            name, content = content[: int(name[3:])].rstrip(b"\0"), content[int(name[3:]) :]
        if not name.startswith((b"__.SYMDEF", b"//")) and name != b"/":
            yield content


def symbols(content: bytes) -> Iterator[tuple[str, bool]]:
    """What others see of an object: the names, and whether they are in it."""
    magic, processor, _, _, commands = struct.unpack_from("<5I", content)
    assert (magic, processor) == (MAGIC, ARM64), (hex(magic), hex(processor))
    place = 32
    for _ in range(commands):
        command, size = struct.unpack_from("<2I", content, place)
        if command == SYMBOL_TABLE:
            table, count, names, _ = struct.unpack_from("<4I", content, place + 8)
            for number in range(count):
                name, kind, _, _, value = struct.unpack_from("<IBBHQ", content, table + 16 * number)
                if kind & EXTERNAL and not kind & DEBUG:
                    end = content.index(b"\0", names + name)
                    # One that is asked for and has a value is a common block.
                    yield content[names + name : end].decode(), bool(kind & KIND or value)
        place += size


if __name__ == "__main__":
    main()
