"""Reading video files: their facts, their pictures."""
