"""Did the choice make the score? Every sound combination of some choices, under one joint null."""
