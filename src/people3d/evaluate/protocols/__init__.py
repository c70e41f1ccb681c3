"""One protocol a file: what is compared with what, over whom the mean is taken."""
