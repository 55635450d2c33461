"""Heavy or slow work of core, each in a child process of its own."""
