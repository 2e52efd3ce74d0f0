"""Commands as a terminal runs them, in this process."""

from decoding.cli.main import main


def run(capfd, *arguments):
    """Run a command in this process; return status, standard output and standard error."""
    capfd.readouterr()
    try:
        status = main([str(argument) for argument in arguments])
    except SystemExit as stop:
        status = stop.code
    out, err = capfd.readouterr()
    return status, out, err


def refuse(capfd, *arguments, says):
    """Assert exit status 2, one line on standard error that says it, and nothing on output."""
    status, out, err = run(capfd, *arguments)
    assert status == 2, (out, err)
    assert out == ""
    assert len(err.splitlines()) == 1, err
    assert err.endswith("\n")
    assert "Traceback" not in err
    for word in [says] if isinstance(says, str) else says:
        assert word in err, err
