"""Every chart has a module: a plotly figure of a result, its reading and its table.

A chart carries words that stand for it, see `alt_text`; a table is made where no result has one.
"""
