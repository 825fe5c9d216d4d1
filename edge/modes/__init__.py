"""When a camera is recorded: by its plan, by pauses, and by what moves before it."""
