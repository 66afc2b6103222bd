"""Takes apart a file that a stranger sent and puts a harmless one together.

Imports nothing of what stands around it: the process that opens such files loads this folder as a
package of its own, no application, no keys and no settings (docs/decisions/0013). It runs as
`cleaning.__main__.main` with limits on memory, time and output; the application itself uses `kinds`
alone.
"""


class Refusal(Exception):
    """The file is not taken.

    code: unknown-type, archive, damaged, locked, too-many-pages, too-many-pixels, too-heavy, video.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
