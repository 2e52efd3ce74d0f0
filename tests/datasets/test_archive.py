"""Tarballs: a good one is unpacked whole, a bad one leaves nothing."""

import gzip
import io
import tarfile

import pytest
from makers import add_file, two_runs, write_subject, write_tarball

from decoding.datasets import archive
from decoding.datasets.archive import unpack
from decoding.datasets.layout import NEEDED_FILES, SUBJECT_FILES
from decoding.errors import DataError


@pytest.fixture
def good(tmp_path):
    """Return a subject's folder to pack."""
    return write_subject(tmp_path / "made" / "subj2", two_runs())


def unpack_subject(tarball, target):
    """Unpack as the Haxby dataset does."""
    unpack(tarball, target, wanted=SUBJECT_FILES, needed=NEEDED_FILES)


def contents(folder):
    """Return names and bytes of a folder's files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_good_tarball_gives_the_same_files(tmp_path, good):
    """Every known file comes out byte for byte; unknown ones stay in the tarball."""
    tarball = write_tarball(tmp_path / "subj2.tar.gz", good, padding=1000)
    before = tarball.read_bytes()
    unpack_subject(tarball, tmp_path / "data" / "subj2")
    assert contents(tmp_path / "data" / "subj2") == contents(good)
    assert tarball.read_bytes() == before


def test_names_may_begin_with_a_dot_slash(tmp_path, good):
    """`tar czf x.tar.gz ./subj2` gives the same folder."""
    path = tmp_path / "subj2.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        archive.add(good, arcname="./subj2")
    unpack_subject(path, tmp_path / "data" / "subj2")
    assert contents(tmp_path / "data" / "subj2") == contents(good)


HOSTILE = {
    "parent": ({"name": "subj2/../../evil"}, "leads out of its folder"),
    "absolute": ({"name": "/tmp/evil"}, "leads out of its folder"),
    "backslash": ({"name": "subj2\\..\\evil"}, "leads out of its folder"),
    "symlink": (
        {"name": "subj2/labels.txt", "type": tarfile.SYMTYPE, "linkname": "/etc/passwd"},
        "is a link or a device",
    ),
    "hardlink": (
        {"name": "subj2/labels.txt", "type": tarfile.LNKTYPE, "linkname": "/etc/passwd"},
        "is a link or a device",
    ),
    "folder link": (
        {"name": "subj2", "type": tarfile.SYMTYPE, "linkname": "/tmp"},
        "is a link or a device",
    ),
    "device": ({"name": "subj2/bold.nii.gz", "type": tarfile.CHRTYPE}, "is a link or a device"),
    "pipe": ({"name": "subj2/bold.nii.gz", "type": tarfile.FIFOTYPE}, "is a link or a device"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_member_is_refused_and_leaves_nothing(tmp_path, good, kind):
    """A member that leads elsewhere refuses the whole tarball, named in the message."""
    fields, reason = HOSTILE[kind]
    path = tmp_path / "in" / "subj2.tar.gz"
    path.parent.mkdir()
    with tarfile.open(path, "w:gz") as archive:
        archive.add(good, arcname="subj2")
        add_file(archive, content=b"", **fields)
    with pytest.raises(DataError, match=reason):
        unpack_subject(path, tmp_path / "data" / "subj2")
    assert list((tmp_path / "data").iterdir()) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["data", "in", "made"]


def test_tarball_of_more_than_the_limit_is_refused(tmp_path, good, monkeypatch):
    """Sizes are added up before anything is written."""
    tarball = write_tarball(tmp_path / "subj2.tar.gz", good)
    size = sum(len(content) for content in contents(good).values())
    monkeypatch.setattr(archive, "MAX_BYTES", size)
    unpack_subject(tarball, tmp_path / "fits" / "subj2")
    monkeypatch.setattr(archive, "MAX_BYTES", size - 1)
    with pytest.raises(DataError, match="refused: it holds more than"):
        unpack_subject(tarball, tmp_path / "data" / "subj2")
    assert list((tmp_path / "data").iterdir()) == []


def test_small_tarball_that_claims_to_be_huge_costs_nothing(tmp_path):
    """A member of 1 TB in a header of 512 bytes is refused by the header alone."""
    path = tmp_path / "subj2.tar.gz"
    member = tarfile.TarInfo("subj2/bold.nii.gz")
    member.size = 10**12
    path.write_bytes(gzip.compress(member.tobuf(tarfile.GNU_FORMAT) + bytes(10_000)))
    with pytest.raises(DataError, match=r"refused: it holds more than 10.5 MB"):
        unpack_subject(path, tmp_path / "data" / "subj2")


def test_long_name_record_of_many_megabytes_is_not_read(tmp_path):
    """Tar keeps long names in memory at once; one of 64 MB in 64 kB of gzip is refused."""
    path = tmp_path / "subj2.tar.gz"
    record = tarfile.TarInfo("././@LongLink")
    record.type, record.size = tarfile.GNUTYPE_LONGNAME, 64 << 20
    path.write_bytes(gzip.compress(record.tobuf(tarfile.GNU_FORMAT) + bytes(64 << 20)))
    with pytest.raises(DataError, match="a record that claims to be huge"):
        unpack_subject(path, tmp_path / "data" / "subj2")


def test_too_many_members_are_refused(tmp_path):
    """A tarball of a thousand empty files is no subject."""
    path = tmp_path / "subj2.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for number in range(1000):
            add_file(archive, f"subj2/{number}", b"")
    with pytest.raises(DataError, match="200 files"):
        unpack_subject(path, tmp_path / "data" / "subj2")


@pytest.mark.parametrize("keep", [0, 10, 0.3, 0.95])
def test_truncated_tarball_is_damaged(tmp_path, good, keep):
    """A tarball cut anywhere leaves no folder behind."""
    tarball = write_tarball(tmp_path / "in" / "subj2.tar.gz", good, padding=50_000)
    whole = tarball.read_bytes()
    tarball.write_bytes(whole[: keep if keep >= 1 else int(keep * len(whole))])
    with pytest.raises(DataError, match=r"subj2.tar.gz (is damaged|holds no)"):
        unpack_subject(tarball, tmp_path / "data" / "subj2")
    assert list((tmp_path / "data").iterdir()) == []


def test_file_that_is_no_tarball_is_told(tmp_path):
    """A web page saved under the tarball's name is named as what it is not."""
    path = tmp_path / "subj2.tar.gz"
    path.write_text("<html>Please log in</html>")
    with pytest.raises(DataError, match=r"is a web page, not a .tar.gz file"):
        unpack_subject(path, tmp_path / "data" / "subj2")


def test_tarball_without_the_recording_is_refused(tmp_path, good):
    """Without recording or labels a subject is of no use; the missing file is named."""
    (good / "bold.nii.gz").unlink()
    tarball = write_tarball(tmp_path / "subj2.tar.gz", good)
    with pytest.raises(DataError, match=r"holds no subj2/bold.nii.gz"):
        unpack_subject(tarball, tmp_path / "data" / "subj2")


def test_other_subjects_folder_is_not_taken(tmp_path, good):
    """Only the folder of the subject asked for counts."""
    tarball = write_tarball(tmp_path / "subj3.tar.gz", good)
    with pytest.raises(DataError, match="holds no subj3/"):
        unpack_subject(tarball, tmp_path / "data" / "subj3")


def test_killed_unpacking_leaves_no_subject(tmp_path, good, monkeypatch):
    """What stops the work half-way, even a kill, leaves no folder of the subject's name."""
    tarball = write_tarball(tmp_path / "subj2.tar.gz", good)
    monkeypatch.setattr(tarfile.ExFileObject, "read", _stop)
    with pytest.raises(KeyboardInterrupt):
        unpack_subject(tarball, tmp_path / "data" / "subj2")
    assert not (tmp_path / "data" / "subj2").exists()


def _stop(self, size=-1):
    raise KeyboardInterrupt


def test_sparse_member_is_refused(tmp_path):
    """A GNU sparse file, whose size is not what is stored, is no file of a recording."""
    path = tmp_path / "subj2.tar.gz"
    header = tarfile.TarInfo("subj2/bold.nii.gz")
    header.type = tarfile.GNUTYPE_SPARSE
    buffer = io.BytesIO(header.tobuf(tarfile.GNU_FORMAT) + bytes(10_240))
    path.write_bytes(gzip.compress(buffer.getvalue()))
    with pytest.raises(DataError, match="is a link or a device"):
        unpack_subject(path, tmp_path / "data" / "subj2")
