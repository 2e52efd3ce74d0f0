"""Logistic regression, fitted along scikit-learn's own path."""
