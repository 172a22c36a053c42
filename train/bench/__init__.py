"""The accuracy bench: more streams, what int8 costs, where the model fails, what it is to reach."""
