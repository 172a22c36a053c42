"""How far apart the network's answers lie, and how much each sees, without importing Keras."""

STEP_FRAMES = 2
"""Frames for each answer."""
STEM_SIZE = (5, 8)
"""What the first convolution sees (frames, bands)."""
DILATIONS = (1, 2, 3, 4, 6)
"""How far apart the steps are that each of the convolutions behind it sees."""
REACH_STEPS = sum(DILATIONS) + STEM_SIZE[0] // 2
"""So many answers at each end of a window see less than the others of what surrounds them."""
