"""What passes for an e-mail address: the syntax that the e-mail standards allow, judged without the network."""

from functools import lru_cache

import email_validator
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from transforms.values.cleaner import texts

# Addresses inside a company end in .local, those of trials in .test: they are as good as others for telling people
# apart. The list is a setting of the library's.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()

# What nearly all addresses are; one is short enough that none of its parts can be too long.
_PART = r"[a-z0-9_+'-]+"
_LABEL = r"[a-z0-9]+(?:-+[a-z0-9]+)*"
_ORDINARY = rf"^{_PART}(?:\.{_PART})*@(?:{_LABEL}\.)+[a-z]{{2,}}$"
_SHORT = 64


def has_form_of_email(cells: pd.Series) -> pd.Series:
    """Whether each text (no missing ones, in lower case) is an e-mail address by the rules of its syntax."""
    array = texts(cells)
    # Arrow's own matching: pandas falls back to Python's, which takes fifteen times as long.
    good = pc.and_(pc.match_substring_regex(array, _ORDINARY), pc.less_equal(pc.binary_length(array), _SHORT))
    good = np.array(good, dtype=bool)
    odd = pc.dictionary_encode(array.filter(pa.array(~good)))
    verdicts = np.array([_is_address(text) for text in odd.dictionary.to_pylist()], dtype=bool)
    good[~good] = verdicts[odd.indices.to_numpy(zero_copy_only=False)]
    return pd.Series(good, index=cells.index)


@lru_cache(maxsize=1 << 14)
def _is_address(text: str) -> bool:
    try:
        found = email_validator.validate_email(text, check_deliverability=False, test_environment=True)
    except email_validator.EmailNotValidError:
        return False
    return len(found.domain.rpartition(".")[2]) > 1
