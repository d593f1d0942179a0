"""From findings, directives and a policy to a decision. `evaluate.decide` is the whole of it; pure but for `load.load`."""
