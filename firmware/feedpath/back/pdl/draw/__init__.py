"""The renderer: PDF, JPEG, PNG and text become sheets of pixels."""
