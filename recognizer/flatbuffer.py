"""Reading a flatbuffer that nobody vouches for: every offset is checked before it is followed.

The format is Google's FlatBuffers [1]_: tables, whose fields a vtable places, vectors and strings,
all found by offsets. The readers that come with it trust these offsets, and a wrong one makes them
read anywhere in memory.

References
----------
.. [1] "FlatBuffers internals", https://flatbuffers.dev/internals
"""

import struct
from collections.abc import Mapping
from typing import Any

_LARGEST_VECTOR = 1 << 16
"""Numbers in one vector that is read (bytes are not read, so they may be more)."""
_MOST_VALUES = 500_000
"""Tables and numbers in all: many offsets may lead to one long vector."""

_OFFSET = struct.Struct("<I")
_SIGNED_OFFSET = struct.Struct("<i")
_VTABLE_HEAD = struct.Struct("<HH")

Layout = Mapping[int, tuple[str, Any]]
"""A table's fields by slot: what each is called, and its kind.

A kind is a format character of `struct` for a number; the same behind ``[`` for a vector of
numbers; ``bytes`` for a vector of which only place and length are wanted; ``str``; ``table`` for
the place of a table whose layout is not known yet; a `Layout` for a table; or a list of one
`Layout` for a vector of tables.
"""


class FlatbufferError(ValueError):
    """A flatbuffer that is damaged; ``str(error)`` says in a few words how."""


class FlatbufferReader:
    """Reads tables into plain dictionaries.

    Parameters
    ----------
    data
        The whole flatbuffer.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._left = _MOST_VALUES

    def root(self, layout: Layout) -> dict[str, Any]:
        """Read the outermost table; see `table`."""
        return self.table(self._offset_at(0), layout)

    def table(self, position: int, layout: Layout) -> dict[str, Any]:
        """Read a table, and what it leads to.

        Parameters
        ----------
        position
            Where it begins (bytes).
        layout
            What its fields are.

        Returns
        -------
        dict
            The fields that are there, by name: numbers, tuples of numbers, strings as bytes,
            ``(start, length)`` of bytes, tables as dictionaries, vectors of tables as lists.

        Raises
        ------
        FlatbufferError
            If an offset leads out of the file, or there is a field that the layout does not know.
        """
        data = self._data
        self._spend(1)
        self._check(position, 4, 4)
        vtable = position - _SIGNED_OFFSET.unpack_from(data, position)[0]
        self._check(vtable, 4, 2)
        vtable_bytes, table_bytes = _VTABLE_HEAD.unpack_from(data, vtable)
        if vtable_bytes < 4 or vtable_bytes % 2 or table_bytes < 4:
            raise FlatbufferError("a table has no size")
        self._check(vtable, vtable_bytes, 2)
        self._check(position, table_bytes, 4)
        offsets = struct.unpack_from(f"<{vtable_bytes // 2 - 2}H", data, vtable + 4)
        values: dict[str, Any] = {}
        for slot, offset in enumerate(offsets):
            if not offset:
                continue
            if slot not in layout:
                raise FlatbufferError(f"a table has a field {slot}, which is unknown")
            name, kind = layout[slot]
            is_number = isinstance(kind, str) and len(kind) == 1
            size = struct.calcsize(f"<{kind}") if is_number else 4
            if offset < 4 or offset + size > table_bytes:
                raise FlatbufferError("a field lies outside its table")
            at = position + offset
            self._check(at, size, size)
            if is_number:
                values[name] = struct.unpack_from(f"<{kind}", data, at)[0]
            else:
                values[name] = self._followed(self._offset_at(at), kind)
        return values

    def numbers(self, position: int, count: int, kind: str) -> tuple[Any, ...]:
        """Read numbers that lie side by side; `kind` is a format character of `struct`.

        Raises
        ------
        FlatbufferError
            If they do not lie in the file.
        """
        size = struct.calcsize(f"<{kind}")
        self._check(position, size * count, size)
        return struct.unpack_from(f"<{count}{kind}", self._data, position)

    def _followed(self, at: int, kind: Any) -> Any:
        """Read what an offset leads to."""
        if kind == "table":
            return at
        if isinstance(kind, Mapping):
            return self.table(at, kind)
        count = self._count_at(at)
        start = at + 4
        if kind == "bytes":
            self._check(start, count, 1)
            return start, count
        if kind == "str":
            self._check(start, count + 1, 1)
            if self._data[start + count]:
                raise FlatbufferError("a text has no end")
            return self._data[start : start + count]
        if count > _LARGEST_VECTOR:
            raise FlatbufferError(f"a list has {count} entries")
        self._spend(count)
        if isinstance(kind, list):
            self._check(start, 4 * count, 4)
            places = range(start, start + 4 * count, 4)
            return [self.table(self._offset_at(place), kind[0]) for place in places]
        return self.numbers(start, count, kind[1:]) if count else ()

    def _offset_at(self, position: int) -> int:
        """Return where the offset at a place leads."""
        self._check(position, 4, 4)
        return position + int(_OFFSET.unpack_from(self._data, position)[0])

    def _count_at(self, position: int) -> int:
        self._check(position, 4, 4)
        return int(_OFFSET.unpack_from(self._data, position)[0])

    def _check(self, position: int, size: int, alignment: int) -> None:
        if position < 0 or position + size > len(self._data):
            raise FlatbufferError("an offset leads out of the file")
        if position % alignment:
            raise FlatbufferError("an offset leads in between two values")

    def _spend(self, values: int) -> None:
        self._left -= values
        if self._left < 0:
            raise FlatbufferError(f"it has more than {_MOST_VALUES} values")
