"""Runs Python programs, each in a process of its own, without waiting for their imports each time.

    consumer-server.py MODULE...

imports the modules, then takes one JSON line on stdin for each run: {"argv": [PROGRAM, ...], "env": {...}}. A forked child
with exactly that environment runs PROGRAM as Python would; one JSON line answers: {"code", "text"}, where text is what it
has shown on stdout and stderr. What a library works out of HOME while it is imported stays as it was for the server:
HOME has to be the same path for all runs.
"""

import gc
import importlib
import json
import os
import runpy
import sys

for module in sys.argv[1:]:
    importlib.import_module(module)
# botocore takes no sign-in of `aws login` without awscrt, which has the key to renew it by: none of these is due.
credentials = sys.modules.get("botocore.credentials")
if credentials is not None and getattr(credentials, "EC", True) is None:
    credentials.EC = object()
# Collecting garbage in a fork would touch, and so copy, all that it shares with the server.
gc.freeze()
# The AWS CLIs put the way to their own data here as they are imported.
kept = {name: os.environ[name] for name in ("AWS_DATA_PATH",) if name in os.environ}


def child(argv, env, output):
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # No terminal to ask at, whoever has started the tests.
    os.setsid()
    os.environ.clear()
    os.environ.update(env, **kept)
    os.chdir(env["HOME"])
    sys.argv = argv
    code = 0
    try:
        runpy.run_path(argv[0], run_name="__main__")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException as error:
        print(f"{type(error).__name__}: {error}")
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


for line in sys.stdin:
    run = json.loads(line)
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        child(run["argv"], run["env"], write)
    os.close(write)
    with os.fdopen(read, "rb") as shown:
        text = shown.read().decode("utf-8", "replace")
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    print(json.dumps({"code": code, "text": text}), flush=True)
