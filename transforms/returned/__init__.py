"""The failed-rows workbook read back."""
