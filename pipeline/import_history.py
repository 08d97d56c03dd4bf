"""The order of the steps of a run, written once: the command line and every Prefect flow go through it."""

from ledger.runs import RunFile
from pipeline.delivery.deliver import deliver
from pipeline.delivery.session_days import find_session_days
from pipeline.load import DELIVERING, Settled, settle
from pipeline.open_files import OpenFiles
from pipeline.runner import Runner, StepLabel
from pipeline.steps import begin_file, judge_files, judge_part


def import_history(files: OpenFiles, do: Runner) -> Settled:
    """Read and judge every file of the run; then decide, load or deliver, and report."""
    if files.work.request.migrates:
        _judge_in_groups(files, do)
    else:
        _judge_by_parts(files, do)
    files.scheduler.close()  # what they hold in memory is needed no more
    find_session_days(files.work)
    settled = do(StepLabel("decide and load"), settle, files)
    return do(StepLabel("deliver"), deliver, files.work) if settled == DELIVERING else settled


def _judge_by_parts(files: OpenFiles, do: Runner) -> None:
    """Here, each file and each of its parts a step."""
    found = files.work.files
    for number, (file_no, file) in enumerate(sorted(found.items()), 1):
        name = _name(file)
        planned = do(StepLabel("read", name, number, len(found)), begin_file, files, file_no)
        for count, part_id in enumerate(planned, 1):
            do(StepLabel("judge", name, count, len(planned)), judge_part, files, part_id)
        files.release(file_no)


def _judge_in_groups(files: OpenFiles, do: Runner) -> None:
    """Beside, some files a step."""
    work = files.work
    numbers = sorted(work.files)
    groups = [numbers[first : first + work.files_a_step] for first in range(0, len(numbers), work.files_a_step)]
    for count, group in enumerate(groups, 1):
        names = list(dict.fromkeys(_name(work.files[number]) for number in (group[0], group[-1])))
        do(StepLabel("judge", " to ".join(names), count, len(groups)), judge_files, files, group)


def _name(file: RunFile) -> str:
    return file.path.rsplit("/", 1)[-1]
