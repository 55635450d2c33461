"""The pages of files and customers."""
