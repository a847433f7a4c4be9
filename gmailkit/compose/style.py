"""How mail made from Markdown looks: good on a phone, on a desk, by day and by night.

Rules go into `style` attributes, since many mail programs drop everything else. So there are no
media queries; instead nothing has a fixed width, text has no colour of its own, and what is grey
is so on white and on black. The fonts are those of the reader's machine.
"""

from __future__ import annotations

_TEXT = "-apple-system, BlinkMacSystemFont, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_CODE = "ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"

STYLE = f"""
div.mail {{ max-width: 44em; font-family: {_TEXT}; font-size: 16px; line-height: 1.5;
  overflow-wrap: break-word; word-wrap: break-word; }}
p, ul, ol, pre, blockquote, table {{ margin: 0 0 1em; }}
h1, h2, h3, h4, h5, h6 {{ margin: 1.4em 0 0.5em; line-height: 1.25; font-weight: 600; }}
h1 {{ font-size: 26px; margin-top: 0; }}
h2 {{ font-size: 21px; }}
h3 {{ font-size: 18px; }}
h4, h5, h6 {{ font-size: 16px; }}
ul, ol {{ padding-left: 1.6em; }}
li {{ margin: 0.25em 0; }}
li > ul, li > ol, li > p {{ margin-bottom: 0.25em; }}
blockquote {{ padding: 0 0 0 1em; border-left: 3px solid #8a8f98; }}
blockquote > p {{ margin: 0 0 0.5em; }}
code {{ font-family: {_CODE}; font-size: 14px;
  background-color: rgba(128, 128, 128, 0.16); border-radius: 4px; padding: 2px 4px; }}
pre {{ background-color: rgba(128, 128, 128, 0.12); border-radius: 6px; padding: 12px 14px;
  white-space: pre-wrap; overflow-wrap: anywhere; word-wrap: break-word; line-height: 1.4; }}
pre > code {{ background-color: transparent; padding: 0; }}
div.table {{ overflow-x: auto; max-width: 100%; margin: 0 0 1em; }}
table {{ border-collapse: collapse; font-size: 15px; margin: 0; overflow-wrap: normal; }}
th, td {{ border: 1px solid #8a8f98; padding: 6px 10px; text-align: left; vertical-align: top; }}
th {{ background-color: rgba(128, 128, 128, 0.12); font-weight: 600; }}
img {{ max-width: 100%; height: auto; border: 0; }}
hr {{ border: 0; border-top: 1px solid #8a8f98; margin: 1.5em 0; }}
"""
