"""Files that are nearly right: a good one with a few of its bytes changed."""

from collections.abc import Callable, Sequence
from random import Random

_SMALL = (0, 1, 2, 3, 4, 7, 8, 16, 40, 96, 127, 128, 255, 256, 0x7FFF, 0x8000, 0xFFFF, 0x10000)
_LARGE = (0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
_KINDS = ("bit", "byte", "word", "word", "word", "copy", "swap", "cut", "insert", "remove", "grow")


def edited(data: bytes, random: Random, kinds: Sequence[str] = _KINDS) -> bytes:
    """Change a few bytes, more of them near the beginning, where most formats have their sizes."""
    changed = bytearray(data)
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 5, 8))):
        if not changed:
            break
        kind = random.choice(kinds)
        at = int(random.random() ** random.choice((1, 1, 3)) * len(changed))
        other = random.randrange(len(changed))
        if kind == "bit":
            changed[at] ^= 1 << random.randrange(8)
        elif kind == "byte":
            changed[at] = random.randrange(256)
        elif kind == "word":
            size = random.choice((2, 4, 4, 8))
            value = random.choice((*_SMALL, *_LARGE, random.getrandbits(31)))
            order = random.choice(("little", "little", "big"))
            at -= at % size
            there = changed[at : at + size]
            changed[at : at + size] = value.to_bytes(8, "little")[: len(there)]
            if order == "big":
                changed[at : at + len(there)] = reversed(changed[at : at + len(there)])
        elif kind == "copy":
            changed[at : at + 16] = changed[other : other + 16]
        elif kind == "swap":
            at, other = at & ~3, other & ~3
            first, second = changed[at : at + 4], changed[other : other + 4]
            if len(first) == len(second):
                changed[at : at + 4], changed[other : other + 4] = second, first
        elif kind == "cut":
            del changed[at:]
        elif kind == "remove":
            del changed[at : at + 1 + random.randrange(64)]
        elif kind == "insert":
            changed[at:at] = bytes([random.randrange(256)]) * (1 + random.randrange(64))
        else:
            changed += random.randbytes(random.randrange(64))
    return bytes(changed)


def nearly(samples: Sequence[bytes], kinds: Sequence[str] = _KINDS) -> Callable[[Random], bytes]:
    """Return what makes samples, most of them changed."""
    return lambda random: edited(random.choice(samples), random, kinds)


def one_of(*makers: Callable[[Random], bytes]) -> Callable[[Random], bytes]:
    """Return what makes an input in one of several ways, each as often."""
    return lambda random: random.choice(makers)(random)
