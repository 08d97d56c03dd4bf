"""What people read: the summary of a run, the failed-rows workbook, tables of runs and failures."""
