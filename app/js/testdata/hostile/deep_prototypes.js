let o = {};
for (let i = 0; i < 3e6; i++) o = Object.create(o);
return o.x
