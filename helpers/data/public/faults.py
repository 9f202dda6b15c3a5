"""What can go wrong with a data set, in words that say what to do."""


class DataError(RuntimeError):
    """A public data set could not be had, or is not what its manifest says; the message says what to do."""


class OfflineError(DataError):
    """The data set is not in the cache, and there is no network to fetch it over."""


class ContradictionError(DataError):
    """The files of a data set contradict one another; the message says which. `fetch` adds what was expected."""
