let e = new Error('x');
for (let i = 0; i < 1e5; i++) e = new Error('x', { cause: e });
throw e
