"""Types of arrays: F, I and U are float, int and unsigned, the number is bytes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

F4 = NDArray[np.float32]
F8 = NDArray[np.float64]
I1 = NDArray[np.int8]
I2 = NDArray[np.int16]
I4 = NDArray[np.int32]
I8 = NDArray[np.int64]
U1 = NDArray[np.uint8]
U2 = NDArray[np.uint16]
U4 = NDArray[np.uint32]
Index = NDArray[np.intp]
Mask = NDArray[np.bool_]
AnyArray = NDArray[Any]
