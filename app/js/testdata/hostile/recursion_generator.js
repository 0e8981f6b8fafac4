function* g() { yield* g() }
return [...g()]
