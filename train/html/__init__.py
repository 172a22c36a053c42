"""The page that a browser shows of an evaluation: one file without anything from elsewhere."""
