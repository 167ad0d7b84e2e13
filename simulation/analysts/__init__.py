"""Who can take a seat: each module here is an engine, and its file name is the engine's name."""
