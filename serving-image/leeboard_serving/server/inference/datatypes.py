"""The protocol's data types, and what they are in numpy.

Source: the tensor data types of the Open Inference Protocol v2, and the binary tensor data extension.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Dtypes = dict[str, np.dtype[Any]]
FLOATS: Dtypes = {"FP16": np.dtype("<f2"), "FP32": np.dtype("<f4"), "FP64": np.dtype("<f8")}
INTEGERS: Dtypes = {f"INT{bits}": np.dtype(f"<i{bits // 8}") for bits in (8, 16, 32, 64)} | {
    f"UINT{bits}": np.dtype(f"<u{bits // 8}") for bits in (8, 16, 32, 64)
}
BOOLEAN: Dtypes = {"BOOL": np.dtype("?")}
NUMBERS: Dtypes = FLOATS | INTEGERS | BOOLEAN
"""Data types of a fixed length. BYTES has lengths of its own, and BF16 is nothing that numpy has."""
TEXTS = "BYTES"
_NAMES = {dtype: name for name, dtype in NUMBERS.items()}


def datatype_of(values: NDArray[Any]) -> str:
    """The data type of an array, BYTES where it holds texts."""
    return _NAMES.get(values.dtype.newbyteorder("<"), TEXTS)
