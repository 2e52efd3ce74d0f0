"""An exported program as others run it: where nothing of ours can be imported."""

import os
import subprocess
import sys


class Program:
    """An exported program, running in a folder where ours cannot be imported."""

    def __init__(self, folder, source, *arguments):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        (folder / "program.py").write_text(source)
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(folder / "program.py"), *map(str, arguments)],
            cwd=folder,
            env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "DECODING_CACHE")},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def last_line(self):
        """Wait for the end and return what stands on the last line of standard output."""
        out, err = self.process.communicate(timeout=500)
        assert self.process.returncode == 0, err
        return out.splitlines()[-1]
