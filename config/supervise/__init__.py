"""`python -m config.supervise`: broker, worker, scheduler and web server as one thing that starts and ends.

Four promises: each process starts when the one it needs answers; one that dies comes back; Ctrl-C takes all of
them down; and so does `kill -9` of the supervisor itself, because a guard process holds the other end of a pipe.
"""
