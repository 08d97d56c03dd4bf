"""The order of the steps of a run, written once: the command line and every Prefect flow go through it."""

from ledger.runs import RunFile
from pipeline.delivery.deliver import deliver
from pipeline.load import DELIVERING, Settled, settle
from pipeline.run_context import Work
from pipeline.runner import Runner, Told
from pipeline.steps import begin_file, judge_files, judge_part


def import_history(work: Work, do: Runner) -> Settled:
    """Read and judge every file of the run; then decide, load or deliver, and report."""
    if work.request.migrates:
        _judge_in_groups(work, do)
    else:
        _judge_by_parts(work, do)
    work.ahead.close()  # what they hold in memory is needed no more
    settled = do(Told("decide and load"), settle, work)
    return do(Told("deliver"), deliver, work) if settled == DELIVERING else settled


def _judge_by_parts(work: Work, do: Runner) -> None:
    """Here, each file and each of its parts a step."""
    for number, (file_no, file) in enumerate(sorted(work.files.items()), 1):
        name = _name(file)
        planned = do(Told("read", name, number, len(work.files)), begin_file, work, file_no)
        for count, part_id in enumerate(planned, 1):
            do(Told("judge", name, count, len(planned)), judge_part, work, part_id)
        work.release(file_no)


def _judge_in_groups(work: Work, do: Runner) -> None:
    """Beside, some files a step."""
    numbers = sorted(work.files)
    groups = [numbers[first : first + work.files_a_step] for first in range(0, len(numbers), work.files_a_step)]
    for count, group in enumerate(groups, 1):
        names = list(dict.fromkeys(_name(work.files[number]) for number in (group[0], group[-1])))
        do(Told("judge", " to ".join(names), count, len(groups)), judge_files, work, group)


def _name(file: RunFile) -> str:
    return file.path.rsplit("/", 1)[-1]
