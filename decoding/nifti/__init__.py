"""NIfTI files: headers checked before data, and volumes read front to back."""
