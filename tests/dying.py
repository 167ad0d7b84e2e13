"""Work that ends the process that does it, in a module that costs a worker nothing to import."""

import os


def die(cells):
    os._exit(1)
