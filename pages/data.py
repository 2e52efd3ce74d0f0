"""Data: what was measured."""

from pages.components.page import start_page

with start_page("Data") as (spec, subject):
    pass
