"""The fault campaign: runs of the built program that are killed, refused by the system or fed with damaged files."""
