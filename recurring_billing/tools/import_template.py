"""Files that are offered as examples of an import, in the language of whoever asks."""

OWN = ("fr",)  # languages with files of their own


def in_language(path: str, lang: str | None) -> str:
    """The file ``path`` in the language ``lang``, such as "fr_BE": "values_fr.csv" for "values.csv"; else ``path``."""
    language = (lang or "").partition("_")[0]
    stem, dot, ending = path.rpartition(".")
    return f"{stem}_{language}{dot}{ending}" if language in OWN else path
