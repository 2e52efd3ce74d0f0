"""Response maps: nilearn's effects averaged, and higher where responses were planted."""

import nibabel as nib
import numpy as np
import pytest
from makers import resident_kb
from oracles.betas_reference import beta_samples

from decoding.analyses import response_maps
from decoding.datasets import load_subject
from decoding.errors import UnknownChoiceError
from decoding.recording.voxels import open_voxels
from decoding.samples.beta_table import open_betas
from decoding.samples.glm import GlmModel
from decoding.spec import DecodingSpec

pytestmark = pytest.mark.filterwarnings("ignore:.*Generation of a mask has been requested")


@pytest.mark.recordings
def test_maps_are_the_mean_of_nilearns_run_betas(recordings):
    """On the slice each category's map is the mean of FirstLevelModel's twelve effects."""
    subject = load_subject("haxby", "1", recordings / "slice")
    maps = response_maps.run(subject, DecodingSpec(mask="vt"), GlmModel())
    betas, y, _ = beta_samples(subject.bold[0].parent, "mask4_vt.nii.gz", "run_beta")
    assert maps.conditions == subject.conditions
    for condition, response in zip(maps.conditions, maps.responses, strict=True):
        np.testing.assert_allclose(response, betas[y == condition].mean(axis=0), atol=1e-6)
    mean = open_voxels(subject).mean_image().get_fdata().ravel()[maps.grid.voxels]
    assert maps.tissue.tolist() == (mean >= np.median(mean) / 2).tolist()
    assert (maps.in_tissue("face") == np.where(maps.tissue, maps.values("face"), 0)).all()
    image = maps.image("face", minus="house")
    vt = nib.load(subject.masks["vt"].files[0])
    assert image.shape == (40, 20, 1) and np.allclose(image.affine, vt.affine)
    difference = betas[y == "face"].mean(axis=0) - betas[y == "house"].mean(axis=0)
    inside = np.asarray(vt.dataobj) > 0
    np.testing.assert_allclose(image.get_fdata()[inside], difference, atol=1e-6)
    assert (image.get_fdata()[~inside] == 0).all()
    assert b"face minus house" in image.header["descrip"].tobytes()


def test_faces_are_responded_to_where_they_were_planted():
    """In a simulated face mask faces exceed houses, in the house mask houses exceed faces."""
    subject = load_subject("simulated", "1")
    means = {}
    for mask in ("face", "house"):
        maps = response_maps.run(subject, DecodingSpec(mask=mask), GlmModel(hrf_model="spm"))
        means[mask] = dict(zip(maps.conditions, maps.responses.mean(axis=1), strict=True))
    assert means["face"]["face"] > means["face"]["house"]
    assert means["house"]["house"] > means["house"]["face"]
    with pytest.raises(UnknownChoiceError, match="brain"):
        response_maps.run(subject, DecodingSpec(mask="vt2"), GlmModel())


def test_a_few_voxels_at_once_give_what_all_do(monkeypatch):
    """However many betas are held at once, the maps are the same, and the file is handed back."""
    subject, spec = load_subject("simulated", "1"), DecodingSpec(mask="vt")
    whole = response_maps.run(subject, spec, GlmModel())
    monkeypatch.setattr(response_maps, "AT_ONCE", 50)
    assert len(whole.grid.voxels) > 150
    cut = response_maps.run(subject, spec, GlmModel())
    assert cut.conditions == whole.conditions
    assert np.array_equal(cut.responses, whole.responses)
    betas = open_betas(subject, "run_beta")
    betas.read(betas.voxels.mask_rows("vt"))
    assert resident_kb("betas.npy") == 0
