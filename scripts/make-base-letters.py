#!/usr/bin/env python3
"""Writes src/SimSearch/Text/BaseLetters.Table.cs: every character whose canonical decomposition, without its non-spacing marks, is something else. From Python's Unicode data."""
import sys
import unicodedata

entries = []
for point in range(0x80, 0x110000):
    if 0xAC00 <= point <= 0xD7A3 or 0xD800 <= point <= 0xDFFF:  # Hangul syllables are computed
        continue
    letter = chr(point)
    base = "".join(c for c in unicodedata.normalize("NFD", letter) if unicodedata.category(c) != "Mn")
    if base and base != letter:
        entries.append(letter + base)
units = " ".join(entries).encode("utf-16-be")
text = "".join(chr(u) if 0x20 <= (u := units[i] << 8 | units[i + 1]) < 0x7F and chr(u) not in '"\\' else f"\\u{u:04X}" for i in range(0, len(units), 2))
lines, at = [], 0
while at < len(text):
    end = min(at + 180, len(text))
    while end < len(text) and "\\" in text[max(at, end - 5):end]:
        end -= 1
    lines.append(f'        "{text[at:end]}"')
    at = end
print("namespace SimSearch.Text;\n\ninternal static partial class BaseLetters\n{")
print(f"    /// <summary>Unicode {unicodedata.unidata_version}: a character and what is left of it, then a space; made by scripts/make-base-letters.py.</summary>")
print("    private const string Table =\n" + " +\n".join(lines) + ";\n}")
