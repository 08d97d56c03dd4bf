"""The failed-rows workbook."""
