"""The order of the steps of a run, written once: the command line and every Prefect flow go through it."""

from flows.delivering import deliver
from flows.runner import Runner, Told
from flows.settling import DELIVERING, Settled, settle
from flows.steps import begin_file, judge_part
from flows.work import Work


def import_history(work: Work, do: Runner) -> Settled:
    """Read and judge every file of the run, part by part; then decide, load or deliver, and report."""
    for number, (file_no, file) in enumerate(sorted(work.files.items()), 1):
        name = file.path.rsplit("/", 1)[-1]
        planned = do(Told("read", name, number, len(work.files)), begin_file, work, file_no)
        for count, part_id in enumerate(planned, 1):
            do(Told("judge", name, count, len(planned)), judge_part, work, part_id)
        work.release(file_no)
    settled = do(Told("decide and load"), settle, work)
    return do(Told("deliver"), deliver, work) if settled == DELIVERING else settled
