function f() { return [2, 1].sort(f) }
return f()
