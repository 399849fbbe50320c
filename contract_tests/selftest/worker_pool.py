"""The processes of the selftest: none of them outlives the one that started it."""

import asyncio
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from threading import Thread

import uvloop

from contract_tests.garbage import collect_seldom


def worker_pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn"), initializer=prepare_worker)


def prepare_worker() -> None:
    """Its event loops are uvloop's, a fifth less CPU, it seldom looks for garbage, and it ends with its parent."""
    asyncio.set_event_loop_policy(uvloop.EventLoopPolicy())
    collect_seldom()
    end_with_parent()


def end_with_parent() -> None:
    """Ends this process as soon as the pipe to its parent closes, even if the parent was killed."""
    parent = parent_process()
    if parent is not None:
        Thread(target=_end_after, args=(parent.sentinel,), daemon=True).start()


def _end_after(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
