"""How rows are measured, printed and kept, and the recording that they are measured on."""
