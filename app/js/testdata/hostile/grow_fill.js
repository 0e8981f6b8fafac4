return new Array(2e8).fill(0)
