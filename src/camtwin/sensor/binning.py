"""Binning after the converter: codes of neighbours become one, averaged. Nothing is read faster for it."""

import numpy as np
from numpy.typing import NDArray


def binned_mosaic(code_DN: NDArray[np.uint16], columns: int, rows: int) -> NDArray[np.uint16]:
    """As `binned`, of neighbours of one colour: the mosaic stays. Each colour's pixels are two apart.

    >>> binned_mosaic(np.uint16([[1, 9, 3, 9], [5, 7, 5, 7], [1, 9, 3, 9], [5, 7, 5, 7]]), 2, 2)
    array([[2, 9],
           [5, 7]], dtype=uint16)
    """
    out = np.empty((code_DN.shape[0] // rows, code_DN.shape[1] // columns), np.uint16)
    for row in (0, 1):
        for column in (0, 1):
            out[row::2, column::2] = binned(code_DN[row::2, column::2], columns, rows)
    return out


def binned_row(rows: NDArray[np.int64], binning: int, mosaic: bool) -> NDArray[np.int64]:
    """In which row of the binned picture each row of the sensor ends up: these are read together.

    >>> binned_row(np.arange(8), 2, True).tolist(), binned_row(np.arange(4), 2, False).tolist()
    ([0, 1, 0, 1, 2, 3, 2, 3], [0, 0, 1, 1])
    """
    return rows // (2 * binning) * 2 + rows % 2 if mosaic else rows // binning


def binned(
    code_DN: NDArray[np.uint16], columns: int, rows: int, divisor: int = 0, highest: int = 0xFFFF
) -> NDArray[np.uint16]:
    """Average (DN) of each `columns` x `rows` codes, halves upwards. After the converter, before `reduced`.

    divisor, highest  of the sum of at most 16 codes of 12 bits, and where it is clipped: 1 leaves the sum

    >>> binned(np.uint16([[1, 2, 10, 10], [2, 2, 11, 11]]), 2, 2)
    array([[ 2, 11]], dtype=uint16)
    >>> binned(np.uint16([[1, 2, 10, 10]]), 2, 1)
    array([[ 2, 10]], dtype=uint16)
    >>> binned(np.uint16([[1, 2, 2000, 3000]]), 2, 1, divisor=1, highest=4095)
    array([[   3, 4095]], dtype=uint16)
    """
    divisor = divisor or columns * rows
    total = np.zeros((code_DN.shape[0] // rows, code_DN.shape[1] // columns), np.uint16)
    for row in range(rows):
        for column in range(columns):
            part = code_DN[row : total.shape[0] * rows : rows, column : total.shape[1] * columns : columns]
            total += part  # 16 codes of 12 bits fit
    total += np.uint16(divisor // 2)
    total //= np.uint16(divisor)
    return np.minimum(total, np.uint16(highest), out=total)
