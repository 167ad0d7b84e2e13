"""A lesson on one laptop: students take the seats in the browser, the teacher leads, nothing leaves the machine."""
