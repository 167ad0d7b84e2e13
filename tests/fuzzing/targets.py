"""Every way in."""

from fuzzing import commands, files, folders, replies, rooms

TARGETS = (*files.TARGETS, *folders.TARGETS, *commands.TARGETS, *replies.TARGETS, *rooms.TARGETS)
