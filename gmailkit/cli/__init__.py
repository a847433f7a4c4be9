"""The command line: parse, one call, print. No mail logic lives here.

    app.py        runs a command line; alone prints errors and decides the exit code
    tree.py       the names of all commands and where each one lives, loaded on first touch
    command.py    what every command shares: the options, the shape of its help
    state.py      what was said on this command line, and the doors opened for it
    query_words.py  a search cut into words by the shell, answered with how to type it
    emit.py       stdout is data, stderr is talk
    screen.py     text that is safe and aligned on a terminal
    views.py      what our objects look like as JSON
    ask.py        questions to the person at the terminal
    rows.py       the row numbers of the last list, one list for each terminal
    signals.py    Ctrl-C and its relatives
    *_cmd.py      one command or group of commands each; settings/ has a file for each group

At module level these files import Typer and light things only, so that `--help` and local commands
start at once; a test holds that.
"""
