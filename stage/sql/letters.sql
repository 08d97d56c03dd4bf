-- The letter of a wide sheet's column; NULL for the rows of other sheets, whose column is 0.
CREATE MACRO letter_of(col) AS CASE
    WHEN col = 0 THEN NULL
    WHEN col <= 26 THEN chr((64 + col)::INTEGER)
    WHEN col <= 702 THEN chr((64 + (col - 1) // 26)::INTEGER) || chr((65 + (col - 1) % 26)::INTEGER)
    ELSE chr((65 + (col - 703) // 676)::INTEGER) || chr((65 + (col - 703) % 676 // 26)::INTEGER)
        || chr((65 + (col - 703) % 26)::INTEGER)
END;
