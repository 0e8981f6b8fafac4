function* g() { let i = 0; for (;;) yield i++ }
return new Set(g())
