"""The one Flask room both sites rest on: application factory, headers, errors, forms, template kit and static files."""
