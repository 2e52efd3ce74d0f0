"""The voxel table: a recording streamed once to disk and mapped from then on."""
