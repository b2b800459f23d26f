"""The scenarios in force: what the files say, and the uploads over them."""
