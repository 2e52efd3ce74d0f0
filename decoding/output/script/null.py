"""The permutation test as lines of the exported program."""

from textwrap import dedent, indent


def null_code(n_relabellings: int | None, seed: int) -> str:
    """Return the lines that redo the null and print it with the fold scores.

    So many relabellings are drawn with the seed; all distinct ones are taken where it is None.
    """
    draw = _ENUMERATED if n_relabellings is None else _drawn(n_relabellings, seed)
    extra = 0 if n_relabellings is None else 1  # the identity is among all of them
    return "\n".join(
        [
            _BLOCKS.strip(),
            draw,
            indent(_SCORE.strip(), "    "),
            dedent(f"""
            as_high = sum(score >= np.mean(scores) - 1e-9 for score in null)
            print(json.dumps({{
                "fold_scores": scores,
                "null_mean": float(np.mean(null)),
                "p_value": (as_high + {extra}) / (len(null) + {extra}),
            }}))
            """).strip(),
        ]
    )


_BLOCKS = """
# The null: whole blocks relabelled within runs, the complete cross-validation redone
names, first = np.unique(blocks, return_index=True)
names = names[np.argsort(first)]
block_y = np.array([y[blocks == name][0] for name in names])
block_runs = np.array([runs[blocks == name][0] for name in names])
of_runs = [np.flatnonzero(block_runs == number) for number in np.unique(block_runs)]
null = []
"""

_ENUMERATED = """orders = [sorted(set(permutations(block_y[members]))) for members in of_runs]
for chosen in product(*orders):
    drawn = block_y.copy()
    for members, order in zip(of_runs, chosen):
        drawn[members] = order"""


def _drawn(n_relabellings: int, seed: int) -> str:
    return f"""rng = np.random.default_rng({seed})
for _ in range({n_relabellings}):
    drawn = block_y.copy()
    for members in of_runs:
        drawn[members] = rng.permutation(block_y[members])"""


_SCORE = """
relabelled = dict(zip(names, drawn))
null.append(np.mean(fold_scores(np.array([relabelled[name] for name in blocks]))))
"""
