"""The desktop window: PySide6 and pyqtgraph, on the recognizer as it is."""
