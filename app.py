"""Home: one live result, the steps of the introduction, and where to go next."""

from pages.components.page import start_page

with start_page("Home") as (spec, subject):
    pass
