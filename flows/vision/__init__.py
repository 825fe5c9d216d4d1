"""What is to be seen in footage: motion, objects, and the events they add up to."""
