"""The HTML report, part by part: words, charts, sections, style and script."""
