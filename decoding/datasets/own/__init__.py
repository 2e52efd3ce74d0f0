"""What visitors bring: received by content, laid out under names of ours, read by the readers."""
