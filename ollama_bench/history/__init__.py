"""Every saved run of a folder: the documents are the truth, an index beside them makes listing them fast."""
