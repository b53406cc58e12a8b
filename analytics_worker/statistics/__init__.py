"""Pure statistics of the worker: numbers in, arrays and named tuples out, each function naming its source."""
