"""Binning after the converter: codes of neighbours become one, averaged. Nothing is read faster for it."""

import numpy as np
from numpy.typing import NDArray


def binned_mosaic(
    code_DN: NDArray[np.uint16], columns: int, rows: int, highest: int = 0xFFFF
) -> NDArray[np.uint16]:
    """Return `binned` averages of neighbours of one colour, two pixels apart: the mosaic stays.

    >>> binned_mosaic(np.uint16([[1, 9, 3, 9], [5, 7, 5, 7], [1, 9, 3, 9], [5, 7, 5, 7]]), 2, 2)
    array([[2, 9],
           [5, 7]], dtype=uint16)
    """
    out = np.empty((code_DN.shape[0] // rows, code_DN.shape[1] // columns), np.uint16)
    for row in (0, 1):
        for column in (0, 1):
            out[row::2, column::2] = binned(code_DN[row::2, column::2], columns, rows, 0, highest)
    return out


def binned_row(rows: NDArray[np.int64], binning: int, mosaic: bool) -> NDArray[np.int64]:
    """Return the row of the binned image that each row of the sensor ends up in: these are read together.

    >>> binned_row(np.arange(8), 2, True).tolist(), binned_row(np.arange(4), 2, False).tolist()
    ([0, 1, 0, 1, 2, 3, 2, 3], [0, 0, 1, 1])
    """
    return rows // (2 * binning) * 2 + rows % 2 if mosaic else rows // binning


def binned(
    code_DN: NDArray[np.uint16], columns: int, rows: int, divisor: int = 0, highest: int = 0xFFFF
) -> NDArray[np.uint16]:
    """Return the average (DN) of each `columns` x `rows` codes, halves upwards. After the converter.

    divisor  of the codes' sum, 1 for the sum itself; their number by default
    highest  code of the converter, at which a sum is clipped

    >>> binned(np.uint16([[1, 2, 10, 10], [2, 2, 11, 11]]), 2, 2)
    array([[ 2, 11]], dtype=uint16)
    >>> binned(np.uint16([[1, 2, 10, 10]]), 2, 1)
    array([[ 2, 10]], dtype=uint16)
    >>> binned(np.uint16([[1, 2, 2000, 3000]]), 2, 1, divisor=1, highest=4095)
    array([[   3, 4095]], dtype=uint16)
    >>> binned(np.uint16([[65535, 65534]]), 2, 1)
    array([[65535]], dtype=uint16)
    """
    divisor = divisor or columns * rows
    kind = np.uint16 if columns * rows * highest + divisor // 2 <= 0xFFFF else np.uint32
    total = np.zeros((code_DN.shape[0] // rows, code_DN.shape[1] // columns), kind)
    for row in range(rows):
        for column in range(columns):
            part = code_DN[row : total.shape[0] * rows : rows, column : total.shape[1] * columns : columns]
            total += part
    total += kind(divisor // 2)
    total //= kind(divisor)
    return np.minimum(total, kind(highest), out=total).astype(np.uint16, copy=False)
