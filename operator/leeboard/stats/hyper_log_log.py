"""How many distinct values there are, in 256 bytes that merge: HyperLogLog.

Flajolet, Fusy, Gandouet, Meunier 2007, "HyperLogLog: the analysis of a near-optimal cardinality estimation algorithm",
figure 3, with its correction for small cardinalities by linear counting. The standard error is 1.04 / √256 = 6.5 %.
Hashes have 64 bits, so that none for large cardinalities is needed (Heule, Nunkesser, Hall 2013, section 3.1).

What is hashed is part of the wire format (docs/reference/contracts.md). A number is the 64 bits of its float64, with
-0 as 0; a text is the CRC-32 of its UTF-8. The hash is what SplitMix64 answers first when it begins at that number
(Steele, Lea, Flood 2014, "Fast splittable pseudorandom number generators"): every bit of it depends on all. Its lowest
8 bits choose the register, and ranks are counted from its highest one.
"""

import math
import string
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

REGISTERS = 256
STANDARD_ERROR = 1.04 / math.sqrt(REGISTERS)
RANK_BITS = 53
"""The uppermost bits of a hash, by which its rank is counted: as many as a float64 holds exactly."""
HIGHEST = RANK_BITS + 1
"""The rank of a hash in which none of these bits is set."""
_BASE64 = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
_DIGITS = _BASE64.ljust(256, b"?")
_RANKS = bytes(_BASE64.index(digit) if digit in _BASE64 else 255 for digit in range(256))
_ALPHA = 0.7213 / (1 + 1.079 / REGISTERS)
_SMALL = 2.5 * REGISTERS
_AT_ONCE = 16_384
"""Hashes that stay in a processor's cache while they are mixed."""
_NONE = np.uint64(0xFFFFFFFFFFFFFFFF)
_GAMMA = np.uint64(0x9E3779B97F4A7C15)
_MIX = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)
_LAST = np.uint64(31)
_REGISTER, _BELOW_RANK = np.uint64(REGISTERS - 1), np.uint64(64 - RANK_BITS)

Registers = NDArray[np.uint8]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class HyperLogLog:
    """The highest rank among the hashes that each of 256 registers saw; 0 where it saw none."""

    registers: Registers

    @classmethod
    def of_numbers(cls, values: NDArray[np.float64]) -> Self:
        """Of finite numbers."""
        return cls(_registers(values))

    @classmethod
    def of_texts(cls, values: Iterable[str]) -> Self:
        """Of texts, each once or more often."""
        sums = [zlib.crc32(text.encode(errors="surrogatepass")) for text in set(values)]
        return cls(_registers(np.array(sums, dtype=np.uint64)))

    @classmethod
    def parse(cls, text: Any) -> Self:
        """Read what `text` wrote. Raises ValueError where it is something else."""
        if not isinstance(text, str):
            raise ValueError(f"hyperLogLog is a text, not {type(text).__name__}")
        registers = np.frombuffer(text.encode("ascii", "replace").translate(_RANKS), dtype=np.uint8)
        if len(registers) != REGISTERS or int(registers.max()) > HIGHEST:
            raise ValueError(f"hyperLogLog has {len(registers)} registers, not {REGISTERS} from 0 to {HIGHEST}")
        return cls(registers)

    @property
    def text(self) -> str:
        """A digit of base64 each register."""
        return self.registers.tobytes().translate(_DIGITS).decode()

    def merge(self, other: "HyperLogLog") -> "HyperLogLog":
        """Of the values of both, as if they had been counted together."""
        return HyperLogLog(np.maximum(self.registers, other.registers))

    @cached_property
    def estimate(self) -> float:
        """How many distinct values there are."""
        raw = _ALPHA * REGISTERS**2 / float(np.exp2(-self.registers.astype(np.float64)).sum())
        unseen = REGISTERS - int(np.count_nonzero(self.registers))
        return REGISTERS * math.log(REGISTERS / unseen) if raw <= _SMALL and unseen else raw


NOTHING = HyperLogLog(np.zeros(REGISTERS, dtype=np.uint8))
NOTHING.registers.flags.writeable = False


def _registers(values: NDArray[np.float64] | Hashes) -> Registers:
    """The highest ranks, of numbers or of what stands for texts. The highest rank is that of the smallest hash."""
    smallest = np.full(REGISTERS, _NONE, dtype=np.uint64)
    hashes, spare = (np.empty(min(_AT_ONCE, len(values)), dtype=np.uint64) for _ in range(2))
    for start in range(0, len(values), _AT_ONCE):
        part = values[start : start + _AT_ONCE]
        hashes, spare = hashes[: len(part)], spare[: len(part)]
        if part.dtype == np.float64:
            # -0 and 0 are the same number, of other bits
            np.add(part, 0.0, out=hashes.view(np.float64))
        else:
            hashes[:] = part
        _mix(hashes, spare)
        np.minimum.at(smallest, np.bitwise_and(hashes, _REGISTER, out=spare).view(np.int64), hashes)
    # frexp gives the place of the highest bit that is set, counted from 1
    _, lengths = np.frexp((smallest >> _BELOW_RANK).astype(np.float64))
    return np.where(smallest == _NONE, 0, HIGHEST - lengths).astype(np.uint8)


def _mix(bits: Hashes, spare: Hashes) -> None:
    """The hash of each number of 64 bits, in its place."""
    bits += _GAMMA
    for shift, factor in _MIX:
        bits ^= np.right_shift(bits, shift, out=spare)
        bits *= factor
    bits ^= np.right_shift(bits, _LAST, out=spare)
