"""What the pages share; the only modules beside them that import streamlit."""
