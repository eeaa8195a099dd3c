# SPDX-License-Identifier: MIT
"""The machine under a benchmark: which core is whose, and how its processes are started."""
import os
import resource
import shutil

SERVER_CORE, LOAD_CORE = 0, 1


def settle_on(core, real_time=False):
    """In a new process: runs on that core, before other work where that is allowed."""
    os.sched_setaffinity(0, {core})
    try:
        if real_time:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        else:
            os.setpriority(os.PRIO_PROCESS, 0, -15)
    except PermissionError:
        pass


def find_generator(build, name, bench):
    """The load generator `name`, of bench/`bench`."""
    found = shutil.which(name, path=os.path.join(build, "bench", bench))
    if not found:
        raise SystemExit(f"no {name} in {build}: configure with -DDUET_BUILD_BENCH=ON")
    return found


def require(open_files):
    """Two cores and so many open files, for this process and those it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < open_files:
        raise SystemExit(f"{open_files} open files are needed, {hard} are allowed")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two cores are needed, one for the server and one for the load")
