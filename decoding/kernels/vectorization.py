"""What makes the compiler use vector instructions where plain code would stop it.

A loop becomes vector instructions only if the order of its sums may change, if it has no branch and
if it calls nothing. What is needed for that, and looks odd, stands here and nowhere else.
"""

from typing import Any

import numpy as np
from numba import njit, types
from numba.extending import intrinsic

UNORDERED = {"reassoc", "contract", "nsz", "nnan"}
"""For ``fastmath``: sums and maxima may be taken in any order, and no value is NaN."""

LN2 = 0.6931471805599453


@intrinsic
def larger(typing_context: object, first: types.Type, second: types.Type) -> tuple[Any, Any]:
    """Return the larger of two numbers, neither of them NaN.

    LLVM makes a vector reduction of a running maximum only where the select itself may ignore NaN
    and signed zeros, and numba's fastmath does not reach the select.
    """
    signature = types.float64(types.float64, types.float64)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:  # noqa: ANN401
        flags = ("nnan", "nsz")
        above = builder.fcmp_ordered(">", args[0], args[1], flags=flags)
        return builder.select(above, args[0], args[1], flags=flags)

    return signature, generate


@njit(cache=True, nogil=True, error_model="numpy")
def add_half_log(
    values: np.ndarray, mantissa: np.ndarray, exponent: np.ndarray, totals: np.ndarray
) -> None:
    r"""Add half the natural logarithm of positive numbers, to 1 ulp.

    A call of the library's function would keep the loop from being vectorised.

    All arrays are float32, (n,); `mantissa` and `exponent` are memory to work in.

    Notes
    -----
    As musl's logf: with x = 2^e m and m between sqrt(1/2) and sqrt(2),

    .. math:: \log x = e \log 2 + f - (f^2/2 - s (f^2/2 + R(s^2))), f = m - 1, s = f / (2 + f)

    where R is a polynomial. e and m are read from the bits of the number.
    """
    bits, mantissa_bits = values.view(np.int32), mantissa.view(np.int32)
    for w in range(len(values)):
        shifted = bits[w] + np.int32(0x3F800000 - 0x3F3504F3)
        exponent[w] = (shifted >> np.int32(23)) - np.int32(127)
        mantissa_bits[w] = (shifted & np.int32(0x7FFFFF)) + np.int32(0x3F3504F3)
    for w in range(len(values)):
        f = mantissa[w] - np.float32(1.0)
        s = f / (np.float32(2.0) + f)
        z = s * s
        z2 = z * z
        odd = z * (np.float32(0.66666662693) + z2 * np.float32(0.28498786688))
        even = z2 * (np.float32(0.40000972152) + z2 * np.float32(0.24279078841))
        half = np.float32(0.5) * f * f
        log = exponent[w] * np.float32(LN2) + (f - (half - s * (half + odd + even)))
        totals[w] += np.float32(0.5) * log
