"""The words for rows: fields, statuses, outcomes, problems and what helps against them."""
