"""Folding: a long message becomes 16 bytes that have the same CRC, in the processor's widest registers.

Import this module lazily: it imports numba, and is a part of the kernels of kernels.py.

A polynomial over two elements keeps its form when squared: from x^16 = x^12 + x^5 + 1 (modulo the generator)
follows x^(16 n) = x^(12 n) + x^(5 n) + 1 for n = 2, 4, 8, ... With n bits in a word this says that a word's
share of the CRC is that of the same word 4, 11 and 16 words further on; so three exclusive-ors move it there,
and no table is needed. This is done with words of 512 bits until 16 of them are left, then with their halves,
as words of 256 bits, and so on down to 8 bits.

The last 16 words so far are all that a next one depends on. They stay in registers, which loops over an array
do not come to: their loads wait for stores that they overlap with. So the loop is written in LLVM's vectors,
which it makes of what a processor has.
"""

from __future__ import annotations

from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

DISTANCES: Final = (4, 11, 16)
LAST: Final = 16
_WORD: Final = ir.VectorType(ir.IntType(8), 64)
BLOCK_BYTES: Final = LAST * _WORD.count
"""Bytes of the 16 words that a turn of the loop takes."""


def _folded(_: Any, message: Any) -> Any:
    """Return the signature of `folded`, and what writes its code."""

    def generate(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        index = array.nitems.type
        last_block = builder.sub(builder.udiv(array.nitems, index(BLOCK_BYTES)), index(1))
        words = [cgutils.alloca_once_value(builder, _WORD(None)) for _ in range(LAST)]

        def block(number: Any) -> list[Any]:
            at = builder.gep(array.data, [builder.mul(number, index(BLOCK_BYTES))])
            first = builder.bitcast(at, _WORD.as_pointer())
            return [builder.load(builder.gep(first, [index(k)]), align=1) for k in range(LAST)]

        def moved(others: list[Any]) -> list[Any]:
            return _moved(builder, [builder.load(word) for word in words], others)

        with cgutils.for_range(builder, last_block) as loop:
            for word, value in zip(words, _settled(builder, moved(block(loop.index))), strict=True):
                builder.store(value, word)
        found = moved(block(last_block))
        while found[0].type.count > 1:
            parts = _halves(builder, found)
            found = _moved(builder, _settled(builder, parts[:LAST]), parts[LAST:])
        found = [builder.extract_element(word, ir.IntType(32)(0)) for word in found]
        return context.make_tuple(builder, signature.return_type, found)

    return types.UniTuple(types.uint8, LAST)(message), generate


folded: Any = intrinsic(_folded)
"""For kernels: 16 bytes with the same CRC, begun with 0, as a message of one or more blocks, (n,) uint8."""


def _moved(builder: ir.IRBuilder, words: list[Any], others: list[Any]) -> list[Any]:
    """Return the 16 words behind `words` with the shares of these."""
    others = list(others)
    for at, word in enumerate(words):
        for to in (at + distance - LAST for distance in DISTANCES):
            if to >= 0:
                others[to] = builder.xor(others[to], word)
    return others


def _settled(builder: ir.IRBuilder, words: list[Any]) -> list[Any]:
    """Return 16 words with the shares that the first of them have in the later ones."""
    words = list(words)
    for at in range(LAST):
        for to in (at + distance for distance in DISTANCES):
            if to < LAST:
                words[to] = builder.xor(words[to], words[at])
    return words


def _halves(builder: ir.IRBuilder, words: list[Any]) -> list[Any]:
    """Return each word as two of half its bytes, the lower first."""
    half = words[0].type.count // 2
    lanes = ir.VectorType(ir.IntType(32), half)
    return [
        builder.shuffle_vector(word, word, lanes(list(range(first, first + half))))
        for word in words
        for first in (0, half)
    ]
