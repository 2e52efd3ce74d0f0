"""Folders in the Brain Imaging Data Structure (BIDS)."""
