"""The processes of the selftest: none of them outlives the one that started it."""

import asyncio
import gc
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread

import uvloop

GARBAGE = (50_000, 20, 100)
"""Objects made, and collections, until the next collection: a run makes much, most of it is freed without one."""


def worker_pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=prepare_worker)


def prepare_worker() -> None:
    """Its event loops are uvloop's, a fifth less CPU, it seldom looks for garbage, and it ends with its parent."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    gc.set_threshold(*GARBAGE)
    end_with_parent()


def end_with_parent() -> None:
    """Ends this process as soon as the pipe to its parent closes, even if the parent was killed."""
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
