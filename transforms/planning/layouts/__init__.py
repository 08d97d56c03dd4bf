"""Layouts other than a record a row: sessions or courses across, registers, matrices."""
