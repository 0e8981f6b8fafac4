const u = new URL('http://x.test/');
for (;;) u.searchParams.append('a', 'b'.repeat(1e6))
