"""Compiled and closed-form solvers on plain arrays, each held to an oracle."""
