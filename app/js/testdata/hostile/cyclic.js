const a = [];
a.push(a, a);
return [String(a), a]
