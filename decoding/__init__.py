"""Voxelscope's core: decode what a person saw from fMRI. Pure Python, without the dashboard."""

from decoding.files import configure_libraries

__version__ = "0.1.0"

configure_libraries()
