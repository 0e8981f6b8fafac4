function f() { return 'a'.replace(/a/, f) }
return f()
