"""tmp"""
import json
class Teller:
    shows_bars=False
    def __init__(self, i): self.i=i
    def say(self, t): print(t)
    def tell(self, connection, run):
        print(run)
        return run.exit_code
