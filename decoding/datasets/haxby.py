"""Haxby et al. 2001: six people looking at eight categories."""

import hashlib
import os
import shlex
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from decoding.datasets.archive import unpack
from decoding.datasets.base import Subject
from decoding.datasets.layout import (
    NEEDED_FILES,
    STUDY,
    SUBJECT_FILES,
    StudyFolder,
    find_study,
    not_on_disk,
    read_subject,
)
from decoding.errors import CannotWriteError, DataMissingError, FetchError, UnknownChoiceError
from decoding.files import cache_dir, clear_left, one_at_a_time
from decoding.limits import check_fetch
from decoding.progress import Progress, report
from decoding.spec import AS_RECORDED, Reading

SUBJECTS = ("1", "2", "3", "4", "5", "6")

# nilearn's default server; each tarball lies there beside a file MD5SUMS.
URL = "http://data.pymvpa.org/datasets/haxby2001/"
ABOUT_BYTES = 300_000_000
SERVER = "VOXELSCOPE_SERVER"
"""Names another server with the same folder of tarballs, in the environment."""

# What MD5SUMS on that server says, for the day on which only the tarballs can be had.
PUBLISHED_MD5 = {
    "1": "03e6865ec33bd5ebccdad3f13ef1d77f",
    "2": "56902b0583c0329b8364cadc1abb3ed5",
    "3": "fa6e21e52d161f108e5b45f9b6571d76",
    "4": "5c0a0e45b562112ed4f15da9f27c7176",
    "5": "2b983a6f4d16bad9053654e57c00483a",
    "6": "2fecf6b76e781b349e616c594a74064e",
}


@dataclass(frozen=True, kw_only=True)
class Haxby:
    """The recordings of Haxby et al. (2001), wherever nilearn keeps them."""

    name: str = "haxby"
    label: str = "Haxby et al. 2001"
    help: str = "Six people looked at pictures of faces, animals and things, 12 runs each."
    absent: str = "Fetch a subject at the end of the page Data."
    published: tuple[str, ...] = SUBJECTS
    citation: str = (
        "Haxby, J. V., Gobbini, M. I., Furey, M. L., Ishai, A., Schouten, J. L., & Pietrini, P. "
        "(2001). Distributed and overlapping representations of faces and objects in ventral "
        "temporal cortex. Science, 293, 2425-2430."
    )
    licence: str = "CC BY-SA 3.0"

    def credits_of(self, subject: Subject) -> "Haxby":
        """Return this: all subjects have the same credits."""
        return self

    def subjects(self, data_dir: Path | None = None) -> tuple[str, ...]:
        """Return the subjects on disk, unpacked or as a tarball."""
        names: set[str] = set()
        for root in data_dirs(data_dir):
            names.update(find_study(root).subjects())
            names.update(subject for subject in SUBJECTS if _tarball(root, subject))
        return tuple(sorted(names, key=int))

    def load(
        self, subject: str, data_dir: Path | None = None, reading: Reading = AS_RECORDED
    ) -> Subject:
        """Return a subject from disk, its tarball unpacked first; see `Dataset.load`.

        Raises
        ------
        UnknownChoiceError
            If the study has no such subject.
        DataMissingError
            If the subject is not on disk; `remedy` says how to get it.
        """
        if found := _find(subject, data_dir):
            study, folder = found
            _clear_killed_fetch(study, subject)
            return read_subject(study, subject, dataset=self.name, folder=folder)
        if subject not in SUBJECTS:
            raise UnknownChoiceError("subject", subject, SUBJECTS)
        raise DataMissingError(
            not_on_disk(f"Subject {subject} of {self.label}", self.subjects(data_dir), data_dir),
            remedy=_how_to_get(subject, data_dir),
        )


def _how_to_get(subject: str, data_dir: Path | None) -> str:
    there = "" if data_dir is None else f" --data-dir {shlex.quote(str(data_dir))}"
    return (
        f"Fetch it (about {ABOUT_BYTES / 1e6:.0f} MB) with 'python -m decoding fetch haxby "
        f"--subject {subject}{there}', name the folder that holds {STUDY}/subj{subject} with "
        "--data-dir, or take '--dataset simulated --subject 1', which needs no download."
    )


def data_dirs(data_dir: Path | None = None) -> tuple[Path, ...]:
    """Return the folders to look in: the one given, or those nilearn looks in, in its order."""
    if data_dir is not None:
        return (data_dir,)
    shared = os.environ.get("NILEARN_SHARED_DATA", "")
    own = os.environ.get("NILEARN_DATA", "")
    listed = [Path(path) for value in (shared, own) for path in value.split(os.pathsep) if path]
    return (*listed, Path.home() / "nilearn_data")


def tarball_name(subject: str) -> str:
    """Return the name of a subject's tarball on the server and in a data folder."""
    return f"subj{subject}-2010.01.14.tar.gz"


def server() -> str:
    """Return the address of the tarballs: the operator's, by default the one that nilearn uses."""
    return os.environ.get(SERVER, "").strip() or URL


def fetch_haxby_subject(
    subject: str,
    *,
    data_dir: Path | None = None,
    url: str | None = None,
    on_progress: Progress | None = None,
) -> Path:
    """Download a subject into nilearn's data folder, unless it is on disk; return its folder.

    Neither the whole-brain mask nor its server is needed: the mask is computed from the recording
    where ``mask.nii.gz`` is not there.

    Parameters
    ----------
    data_dir : Path or None
        None for the first of nilearn's folders that can be written.
    url : str or None
        The folder of the tarballs on a server; None for that of `server`.
    on_progress : callable or None
        Called with (bytes there are, bytes in all). It may raise `Cancelled`; what has arrived
        is kept, and the next call goes on from there.

    Raises
    ------
    UnknownChoiceError
        If the study has no such subject.
    FetchError
        If it cannot be had, or the operator does not allow it; the message says what to do.
    """
    from decoding.datasets import fetch  # brings requests, which few need

    if subject not in SUBJECTS:
        raise UnknownChoiceError("subject", subject, SUBJECTS)
    if found := _find(subject, data_dir):
        _clear_killed_fetch(found[0], subject)
        return found[1]
    study = _study_to_write(data_dir)
    target = study.root / tarball_name(subject)
    address = (url or server()).rstrip("/") + "/"
    check_fetch(address)
    part = fetch.part_of(target)
    try:
        with one_at_a_time(target, lambda: report(on_progress, fetch.size_of(part), ABOUT_BYTES)):
            if not (found := _find(subject, data_dir)):
                md5 = fetch.remote_md5(address + "MD5SUMS", target.name) or PUBLISHED_MD5[subject]
                fetch.fetch_file(address + target.name, target, md5=md5, on_progress=on_progress)
                found = study, _unpacked(target, study, subject)
    except FetchError as error:
        raise FetchError(
            f"{error} Try again later.",
            remedy=f"Or name another server with --url, or put {target.name} from elsewhere into "
            f"{target.parent}.",
        ) from error
    if found[1].parent == study.root:
        target.unlink(missing_ok=True)  # all of it that we read is unpacked
    return found[1]


def _clear_killed_fetch(study: StudyFolder, subject: str) -> None:
    """Remove what a fetch has left that was killed when all was there: its lock and its tarball."""
    tarball = study.root / tarball_name(subject)
    lock = tarball.with_name(f".{tarball.name}.lock")
    if subject in study.subjects() and lock.exists():
        with suppress(OSError):  # whoever may not write there has left nothing
            clear_left(lock, tarball)


def _find(subject: str, data_dir: Path | None) -> tuple[StudyFolder, Path] | None:
    """Return the study and the subject's folder, unpacking a tarball where only that is there."""
    for root in data_dirs(data_dir):
        study = find_study(root)
        if subject in study.subjects():
            return study, study.subject_dir(subject)
        tarball = _tarball(root, subject)
        if subject in SUBJECTS and tarball:
            return study, _unpacked(tarball, study, subject)
    return None


def _tarball(root: Path, subject: str) -> Path | None:
    places = (find_study(root).root, root)
    files = (place / tarball_name(subject) for place in places)
    return next((file for file in files if file.is_file()), None)


def _unpacked(tarball: Path, study: StudyFolder, subject: str) -> Path:
    """Unpack beside the other subjects or, where that cannot be written, in our cache."""
    state = tarball.stat()
    key = f"{tarball.resolve()} {state.st_size} {state.st_mtime_ns}"
    digest = hashlib.blake2b(key.encode(), digest_size=8).hexdigest()
    preferred = study.subject_dir(subject)
    cached = cache_dir() / "unpacked" / digest / preferred.name
    # A folder of the subject's name that lacks its files is somebody's: it stays as it is.
    free = not preferred.exists() or subject in study.subjects()
    if free and not cached.is_dir():
        with suppress(CannotWriteError):
            unpack(tarball, preferred, wanted=SUBJECT_FILES, needed=NEEDED_FILES)
            return preferred
    unpack(tarball, cached, wanted=SUBJECT_FILES, needed=NEEDED_FILES)
    return cached


def _study_to_write(data_dir: Path | None) -> StudyFolder:
    """Return the first study folder that can be written, preferring one that exists."""
    studies = [find_study(root) for root in data_dirs(data_dir)]
    for study in sorted(studies, key=lambda study: not study.root.is_dir()):
        try:
            study.root.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(study.root, os.W_OK):
            return study
    raise FetchError(
        f"No data folder can be written: {', '.join(str(study.root) for study in studies)}.",
        remedy="Choose another with --data-dir or NILEARN_DATA.",
    )
