"""One module per programme, one function per criterion; words and dated parameters are in ``expectations/``."""
