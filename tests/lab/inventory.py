def text(keys, inband): return ""
