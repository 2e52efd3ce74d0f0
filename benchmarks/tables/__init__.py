"""The tables of docs/performance.md and docs/scaling.md."""
