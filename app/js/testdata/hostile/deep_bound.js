let f = () => 1;
for (let i = 0; i < 9e4; i++) f = f.bind(null);
return f()
