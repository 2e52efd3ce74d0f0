"""One file, one analysis: a subject, a spec and options in, a result out."""
