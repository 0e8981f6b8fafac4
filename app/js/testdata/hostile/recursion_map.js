function f() { return [1].map(f) }
return f()
