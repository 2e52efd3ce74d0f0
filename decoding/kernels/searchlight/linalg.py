"""Small matrices, features by samples, in compiled loops.

Spheres hold tens of voxels: a call of BLAS costs as much as the product, and its threads would
compete with ours. Loops take several rows at once, so that what they share is loaded once.

`x` is (n_features, n_samples) throughout, `gram` (n_features, n_features).
"""

import numpy as np
from numba import njit

from decoding.kernels.vectorization import UNORDERED


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def dot(a: np.ndarray, b: np.ndarray) -> float:
    """Return the inner product of two vectors."""
    total = 0.0
    for place in range(len(a)):
        total += a[place] * b[place]
    return total


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def _four_dots(x: np.ndarray, first: int, samples: np.ndarray, out: np.ndarray) -> None:
    """Fill four products at once, which loads the common factor once."""
    a, b, c, d = x[first], x[first + 1], x[first + 2], x[first + 3]
    sum_a, sum_b, sum_c, sum_d = 0.0, 0.0, 0.0, 0.0
    for place in range(len(samples)):
        sample = samples[place]
        sum_a += sample * a[place]
        sum_b += sample * b[place]
        sum_c += sample * c[place]
        sum_d += sample * d[place]
    out[first], out[first + 1], out[first + 2], out[first + 3] = sum_a, sum_b, sum_c, sum_d


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def _eight_dots(
    x: np.ndarray, first: int, one: np.ndarray, two: np.ndarray, gram: np.ndarray, row: int
) -> None:
    """Fill the products of two rows with four voxels."""
    a, b, c, d = x[first], x[first + 1], x[first + 2], x[first + 3]
    one_a, one_b, one_c, one_d = 0.0, 0.0, 0.0, 0.0
    two_a, two_b, two_c, two_d = 0.0, 0.0, 0.0, 0.0
    for place in range(len(one)):
        p, q = one[place], two[place]
        one_a += p * a[place]
        one_b += p * b[place]
        one_c += p * c[place]
        one_d += p * d[place]
        two_a += q * a[place]
        two_b += q * b[place]
        two_c += q * c[place]
        two_d += q * d[place]
    out = gram[row]
    out[first], out[first + 1], out[first + 2], out[first + 3] = one_a, one_b, one_c, one_d
    out = gram[row + 1]
    out[first], out[first + 1], out[first + 2], out[first + 3] = two_a, two_b, two_c, two_d


@njit(cache=True, nogil=True)
def fill_gram(x: np.ndarray, scale: np.ndarray, gram: np.ndarray) -> None:
    """Fill the upper triangle of x diag(scale) x'; `scale` is (n_samples,)."""
    n = len(x)
    one, two = np.empty(len(scale)), np.empty(len(scale))
    for row in range(0, n - 1, 2):
        for place in range(len(scale)):
            one[place] = scale[place] * x[row, place]
        for place in range(len(scale)):
            two[place] = scale[place] * x[row + 1, place]
        whole = row + (n - row) // 4 * 4
        for column in range(row, whole, 4):
            _eight_dots(x, column, one, two, gram, row)
        for column in range(whole, n):
            gram[row, column] = dot(one, x[column])
            gram[row + 1, column] = dot(two, x[column])
    if n % 2:
        gram[n - 1, n - 1] = dot(scale * x[n - 1], x[n - 1])


@njit(cache=True, nogil=True, fastmath=UNORDERED)
def project_into(x: np.ndarray, samples: np.ndarray, out: np.ndarray) -> None:
    """Fill ``x @ samples``, (n_features,), for a value a sample."""
    whole = len(x) // 4 * 4
    for voxel in range(0, whole, 4):
        _four_dots(x, voxel, samples, out)
    for voxel in range(whole, len(x)):
        out[voxel] = dot(x[voxel], samples)


@njit(cache=True, nogil=True)
def project(x: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Return ``x @ samples``, (n_features,), for a value a sample."""
    out = np.empty(len(x))
    project_into(x, samples, out)
    return out


@njit(cache=True, nogil=True)
def combine_into(x: np.ndarray, weights: np.ndarray, out: np.ndarray) -> None:
    """Fill ``weights @ x``, (n_samples,), for a weight a feature."""
    out[:] = 0.0
    whole = len(x) // 4 * 4
    for voxel in range(0, whole, 4):
        a, b, c, d = x[voxel], x[voxel + 1], x[voxel + 2], x[voxel + 3]
        p, q = weights[voxel], weights[voxel + 1]
        r, s = weights[voxel + 2], weights[voxel + 3]
        for place in range(len(out)):
            out[place] += (p * a[place] + q * b[place]) + (r * c[place] + s * d[place])
    for voxel in range(whole, len(x)):
        a, p = x[voxel], weights[voxel]
        for place in range(len(out)):
            out[place] += p * a[place]


@njit(cache=True, nogil=True)
def combine(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return ``weights @ x``, (n_samples,), for a weight a feature."""
    out = np.empty(x.shape[1])
    combine_into(x, weights, out)
    return out


@njit(cache=True, nogil=True)
def sum_rows(table: np.ndarray, rows: np.ndarray, total: np.ndarray) -> None:
    """Sum some rows of a table, four at a time so that the running total is loaded less often."""
    width = len(total)
    total[:] = 0.0
    whole = len(rows) // 4 * 4
    for j in range(0, whole, 4):
        a, b, c, d = table[rows[j]], table[rows[j + 1]], table[rows[j + 2]], table[rows[j + 3]]
        for place in range(width):
            total[place] += (a[place] + b[place]) + (c[place] + d[place])
    for j in range(whole, len(rows)):
        a = table[rows[j]]
        for place in range(width):
            total[place] += a[place]


@njit(cache=True, nogil=True, error_model="numpy")
def factor(gram: np.ndarray) -> None:
    """Replace an upper triangle by its Cholesky factor, with inverse roots on the diagonal."""
    n = len(gram)
    for i in range(n):
        row = gram[i]
        root = 1.0 / np.sqrt(row[i])
        for j in range(i, n):
            row[j] *= root
        for k in range(i + 1, n):
            below, share = gram[k], row[k]
            for j in range(k, n):
                below[j] -= share * row[j]
        row[i] = root


@njit(cache=True, nogil=True)
def solve(factored: np.ndarray, right: np.ndarray) -> None:
    """Solve for a right side, (n_features,), with a factor of `factor`, in place."""
    for i in range(len(right)):
        right[i] *= factored[i, i]
        for j in range(i + 1, len(right)):
            right[j] -= factored[i, j] * right[i]
    for i in range(len(right) - 1, -1, -1):
        for j in range(i + 1, len(right)):
            right[i] -= factored[i, j] * right[j]
        right[i] *= factored[i, i]


@njit(cache=True, nogil=True)
def in_sample_span(x: np.ndarray) -> np.ndarray:
    """Return features with the same inner products between samples, never more than samples."""
    return x if len(x) <= x.shape[1] else np.ascontiguousarray(np.linalg.qr(x)[1])


@njit(cache=True, nogil=True)
def with_ones(x: np.ndarray) -> np.ndarray:
    """Return `x` with a last feature of ones, whose weight is the intercept."""
    extended = np.ones((len(x) + 1, x.shape[1]))
    extended[:-1] = x
    return extended
