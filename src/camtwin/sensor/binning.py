"""Binning after the converter: codes of neighbours become one, averaged. Nothing is read faster for it."""

import numpy as np
from numpy.typing import NDArray


def binned(code_DN: NDArray[np.uint16], columns: int, rows: int) -> NDArray[np.uint16]:
    """Average (DN) of each `columns` x `rows` codes, halves upwards. After the converter, before `reduced`.

    >>> binned(np.uint16([[1, 2, 10, 10], [2, 2, 11, 11]]), 2, 2)
    array([[ 2, 11]], dtype=uint16)
    >>> binned(np.uint16([[1, 2, 10, 10]]), 2, 1)
    array([[ 2, 10]], dtype=uint16)
    """
    total = np.zeros((code_DN.shape[0] // rows, code_DN.shape[1] // columns), np.uint16)
    for row in range(rows):
        for column in range(columns):
            total += code_DN[row::rows, column::columns]  # 4 codes of 12 bits fit
    total += np.uint16(columns * rows // 2)
    total //= np.uint16(columns * rows)
    return total
