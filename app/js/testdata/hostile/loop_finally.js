function f() { try { return f2() } finally { for (;;) {} } }
function f2() { return 1 }
return f()
