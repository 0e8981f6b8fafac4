// says The script ran longer than
const o = Object.assign({}, Array(1e4).fill(1));
return Object.assign({}, ...Array(1e5).fill(o))
