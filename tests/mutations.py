"""Files that are not what they say they are: sound ones changed by chance, and bombs."""

import gzip
import re
from pathlib import Path

import nibabel as nib
import numpy as np


def cut(rng, data, other):
    """Take a piece out, or all that follows."""
    first, last = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    return data[:first] + (data[last:] if rng.random() < 0.5 else b"")


def flip(rng, data, other):
    """Set a few bytes to anything, half of the time where a file says what it is."""
    changed = bytearray(data)
    reach = len(data) if rng.random() < 0.5 else min(len(data), 352)
    for place in rng.integers(0, max(1, reach), rng.integers(1, 6)) if changed else ():
        changed[place] = rng.choice([0, 1, 0x7F, 0x80, 0xFF, *b'\t\n-9e."[{', rng.integers(256)])
    return bytes(changed)


def join(rng, data, other):
    """Put another file behind it or into it."""
    place = int(rng.integers(0, len(data) + 1)) if rng.random() < 0.5 else len(data)
    return data[:place] + other + data[place:]


def nest(rng, data, other):
    """Put it into many of what may enclose it."""
    n = int(10 ** rng.uniform(0, 5))
    pairs = [(b"[", b"]"), (b'{"a":', b"}"), (b'"', b'"'), (b"\xef\xbb\xbf", b"")]
    begin, end = pairs[rng.integers(len(pairs))]
    return begin * n + data + end * (n if rng.random() < 0.8 else 0)


def repeat(rng, data, other):
    """Repeat a piece of it, up to some megabytes."""
    first, last = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    times = min(int(10 ** rng.uniform(0, 6)), (6 << 20) // (last - first + 1))
    return data[:first] + data[first:last] * times + data[last:]


WORDS = (
    b"1e309", b"-1e300", b"1e-320", b"nan", b"-inf", b"9" * 4301, b"9" * 19, b"2147483648", b"\0",
    b"..", b"/../../../etc/passwd", b"/dev/zero", b"~", b"\t", b",", b"\n", b"\r", b"\x85",
    b"\xff\xfe", b"\xe2\x80\xa8", b"rest", b"null", b"true", b"{}", b"=1+1", b"-1", b"0", b"1",
    b"1.5", b" ", b"n/a", b"A" * 30_000,
)  # fmt: skip
"""What texts have that are not what they say they are."""


def put(rng, data, other):
    """Put such a word in, or in place of one that stands there."""
    found = list(re.finditer(rb"[^\s,:\[\]{}\"]+", data[:20_000]))
    for _ in range(rng.integers(1, 3)):
        word = WORDS[rng.integers(len(WORDS))]
        if found and rng.random() < 0.8:
            first, last = found[rng.integers(len(found))].span()
        else:
            first = last = int(rng.integers(0, len(data) + 1))
        data = data[:first] + word + data[last:]
    return data


def inside(change):
    """Return the change of what a gzip file holds."""

    def changed(rng, data, other):
        plain = change(rng, gzip.decompress(data), gzip.decompress(other))
        return gzip.compress(plain, compresslevel=1)

    return changed


def digit(rng, data, other):
    """Write another digit for one that stands in a text."""
    places = [match.start() for match in re.finditer(rb"[0-9]", data[:20_000])]
    if not places:
        return data
    place = places[rng.integers(len(places))]
    return data[:place] + b"%d" % rng.integers(10) + data[place + 1 :]


FIELDS = {
    "i2": (40, 42, 44, 46, 48, 50, 70, 72, 252, 254),  # shape, type, codes of the affines
    "f4": (76, 80, 84, 88, 92, 108, 112, 116, *range(280, 328, 4)),  # sizes, scale, affine
    "i4": (0, 344),  # length of the header, magic
}
"""Where a NIfTI header has numbers of each type."""
ODD = {
    "i2": (-1, 0, 1, 2, 3, 5, 7, 8, 16, 32, 64, 128, 256, 511, 512, 768, 1792, 2304, 32767),
    "f4": (0, 1, -1, 2.5, 351, 1e-30, 1e30, np.nan, np.inf),
    "i4": (0, 348, 540, -1, 1 << 30, 0x2B316E, 0x31696E),
}


def field(rng, data, other):
    """Set fields of a NIfTI header to what they can hardly be."""
    changed = bytearray(data)
    for _ in range(rng.integers(1, 3)):
        kind = str(rng.choice([*FIELDS], p=[0.55, 0.4, 0.05]))
        place, value = rng.choice(FIELDS[kind]), rng.choice(ODD[kind])
        written = np.array(value, dtype=f"<{kind}").tobytes()
        changed[place : place + len(written)] = written
    return bytes(changed)


CHANGES = (cut, flip, join, nest, repeat, put, digit)


def changes_of(path):
    """Return the changes that are tried on a file, by its kind."""
    changes = (*CHANGES, field) if ".nii" in path.suffixes else CHANGES
    return (*CHANGES, *map(inside, changes)) if path.suffix == ".gz" else changes


def write_gzip_bomb(path, start=b"", n_megabytes=300):
    """Write a file of a third of a megabyte that unpacks to some hundreds, all 0 after a start."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        file.write(start)
        for _ in range(n_megabytes):
            file.write(bytes(1 << 20))
    return path


def huge_header(shape=(2048, 2048, 2048, 100), dtype=np.uint8):
    """Return the header of a NIfTI image that claims 859 GB, with nothing behind it."""
    header = nib.Nifti1Header()
    header.set_data_shape(shape)
    header.set_data_dtype(dtype)
    header.set_sform(np.diag([2.0, 2, 2, 1]), 1)
    header["pixdim"][4], header["xyzt_units"] = 2.5, 10
    header["vox_offset"], header["magic"] = 352, b"n+1"
    return header.binaryblock + bytes(4)


def peak_since(reset=False):
    """Return the most memory that this process has had at once, counted anew if asked for."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return 1024 * int(found[1])
