# Makes `tests` this directory, should some installed library bring a package of the same name.
