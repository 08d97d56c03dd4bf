"""Bare requests to Moon ERP, side by side: `python -m tests.bench.bare_requests REQUESTS AT_ONCE` prints seconds."""

import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import httpx


def main() -> None:
    """Read one enrollment after the other."""
    requests, at_once = map(int, sys.argv[1:])
    headers = {"Authorization": f"Bearer {os.environ['ROLLBOOK_MOON_TOKEN']}", "Accept": "application/json"}
    base = os.environ["ROLLBOOK_MOON_URL"]
    limits = httpx.Limits(max_connections=at_once)
    with httpx.Client(headers=headers, limits=limits, trust_env=False, timeout=30) as client:

        def read(number: int) -> None:
            query = {"training_session_id": 302, "employee_id": 1000 + number}
            client.get(f"{base}/hr/training-enrollments", params=query).raise_for_status().json()

        began = time.perf_counter()
        with ThreadPoolExecutor(at_once) as pool:
            list(pool.map(read, range(1, requests + 1)))
        print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
