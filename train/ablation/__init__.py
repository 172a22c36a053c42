"""What each part of the recipe gains: the recipe without it, trained and measured."""
