"""What a visitor may hand over."""

from __future__ import annotations

from dataclasses import dataclass, fields


@dataclass(frozen=True)
class Limits:
    """Sizes that one visitor's picture or video may have; what is larger is refused with a line that says so."""

    upload_mb: int = 100
    """Size of an upload, in MB."""
    megapixels: int = 50
    """Size of a picture, or of a frame of a video, in millions of pixels."""
    seconds: int = 60
    """Duration of a video."""
    waiting: int = 20
    """How many may wait for their turn at the networks."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) < 1:
                name = field.name.replace("_", "-")
                raise ValueError(f"{name}: expected 1 or more, got {getattr(self, field.name)}")

    @property
    def pixels(self) -> int:
        return self.megapixels * 1_000_000
